//! Where random bytes come from: a board's hardware, or a seed. What they are for is decided elsewhere.

/// Random bytes. On a chip, its hardware source; in the simulator, a seeded stream.
///
/// ```
/// use vestibule_core::Entropy;
///
/// /// A test's: the same each time. On a chip, its hardware source.
/// struct Fixed;
///
/// impl Entropy for Fixed {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.fill(4);
///     }
/// }
///
/// let mut token = [0; 2];
/// Fixed.fill(&mut token);
/// assert_eq!(token, [4, 4]);
/// ```
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}
