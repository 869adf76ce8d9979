//! What sets one client's reading of HTTP replies apart from another's: a table over the one [`Reader`](super::Reader).
//! Where a client's own engine was not read, its table is the tolerant one.

/// How a client's HTTP engine reads the edges of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct ReaderRules {
    /// What a status line may begin with, the space before the status included; three digits follow. Nothing: any
    /// version, in any case.
    pub(super) status_lines: &'static [&'static str],
    /// Empty lines before the status line are passed over.
    pub(super) skips_empty_lines: bool,
    /// A 100 is passed over, and the reply behind it counts.
    pub(super) skips_continue: bool,
    /// Of several header lines of one name the last counts; otherwise the first.
    pub(super) last_line_counts: bool,
    /// A line that begins with a space goes on with the one before (RFC 9112 section 5.2); otherwise it is a line
    /// of its own.
    pub(super) joins_folded_lines: bool,
    /// A body in gzip is unpacked, and what was announced about its length and coding is forgotten.
    pub(super) unpacks_gzip: bool,
}

impl ReaderRules {
    /// Takes what any engine takes.
    pub const TOLERANT: Self = Self {
        status_lines: &[],
        skips_empty_lines: true,
        skips_continue: false,
        last_line_counts: false,
        joins_folded_lines: true,
        unpacks_gzip: false,
    };

    /// Whether `line` can become a status line.
    pub(super) fn can_begin(&self, line: &[u8]) -> bool {
        if self.status_lines.is_empty() {
            return begins_like_a_status_line(line);
        }
        let agrees = |begin: &&str| line.iter().zip(begin.as_bytes()).all(|(is, expected)| is == expected);
        self.status_lines.iter().any(agrees)
    }

    /// The status in a status line.
    pub(super) fn status(&self, line: &[u8]) -> Option<u16> {
        if self.status_lines.is_empty() {
            return status_of(line);
        }
        let rest = self.status_lines.iter().find_map(|begin| line.strip_prefix(begin.as_bytes()))?;
        let (digits, reason) = rest.split_at_checked(3)?;
        let is_end = matches!(reason.first(), None | Some(b' '));
        std::str::from_utf8(digits).ok().filter(|_| is_end)?.parse().ok()
    }
}

fn begins_like_a_status_line(line: &[u8]) -> bool {
    let line: Vec<u8> = line.iter().copied().skip_while(|byte| matches!(byte, b'\r' | b'\n')).collect();
    b"HTTP/".iter().zip(&line).all(|(expected, byte)| byte.eq_ignore_ascii_case(expected))
}

fn status_of(line: &[u8]) -> Option<u16> {
    if !begins_like_a_status_line(line) {
        return None;
    }
    let text = std::str::from_utf8(line.get(5..)?.split(|&byte| byte == b' ').nth(1)?).ok()?;
    let status: u16 = text.parse().ok()?;
    (100..=999).contains(&status).then_some(status)
}
