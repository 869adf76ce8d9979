//! Known bugs: what portals are known to get wrong (`docs/field-failures.md`). A scenario names those with which it
//! must fail, or it proves nothing; the simulated device is given one on purpose, as a mutant.
//!
//! Only their names are here; the world carries them out.

use schemars::JsonSchema;
use serde::Deserialize;

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mutant {
    /// Every check is answered as the Internet would: no portal pops up.
    SaysOnline,
    /// The page has nothing in it.
    BlankPage,
    /// The page is compressed by Brotli, which browsers take over HTTPS alone.
    AnswersBrotli,
    /// The form is sent by GET, with what was typed in its address.
    FormByGet,
    /// The page does not say what to seal its form for.
    AsksInClear,
    /// The page has no field for the code on the label.
    AsksForNoCode,
    /// The page lists networks and lets no name be typed.
    ListOnly,
    /// A form is taken whoever sends it.
    TakesEveryForm,
    /// What others chose goes into pages as it is.
    Unescaped,
    /// Phones are never told that they may let go.
    NeverLetsGo,
    /// The access point goes with the join, and the result with it.
    ClosesAtOnce,
    /// Stored networks are retried beside the portal without a pause.
    TriesWithoutPause,
    /// After a join that failed no other is made.
    OneTry,
    /// Every failure is told with the same reason, that something went wrong.
    NoReasons,
    /// Every failure is told as that of a wrong passphrase.
    BlamesThePassphrase,
    /// A network that has refused a passphrase is joined without one.
    FallsBackToOpen,
    /// What was typed is stored before it has worked.
    CommitsEarly,
    /// What is stored is in clear, although the chip has a key.
    StoresInClear,
    /// What is stored is forgotten as soon as it fails once.
    ForgetsOnFailure,
    /// What is stored is tried at the beginning, and not again.
    GivesUp,
    /// The portal opens for whoever makes the join fail.
    AlwaysOpens,
    /// The portal of a device that knows a network opens for nobody, unplugged or not.
    NeverOpens,
    /// A plus in a passphrase becomes a space.
    PlusIsSpace,
    /// Bytes of a name that are no text are replaced.
    LossyNames,
    /// No page says what was wrong with what was typed.
    SilentAlerts,
    /// Every unit of the make has one name, without what tells it from others.
    NamedByMake,
    /// Blanks at the ends of a name are cut off.
    TrimsNames,
    /// Names end after 31 bytes.
    ShortNames,
    /// Passphrases end after 32 bytes.
    ShortPassphrases,
    /// Names are asked for in vain, but for those of the first second.
    DnsStops,
    /// There is an address for the first phone, and no other.
    OneLease,
    /// The access point keeps its subnet whatever the home network has.
    KeepsItsSubnet,
    /// Every connection makes the device scan.
    ScansAllTheTime,
    /// A network is its first access point, and no other of that name.
    LocksTheAccessPoint,
    /// The portal closes after so short a time that a person is still typing.
    ClosesOnUsers,
    /// The radio is taken for one that can be access point and station at once.
    TakesRadioForConcurrent,
    /// The radio is taken for one that may use every channel.
    TakesEveryChannel,
    /// The radio listens on channels 1 to 11 alone.
    HearsUpToElevenChannels,
    /// The access point stays for ever.
    AccessPointStays,
    /// The access point is open, whatever was chosen.
    OpenAccessPoint,
    /// The access point has a private address, 192.168.4.1, whatever was chosen.
    PrivateAddress,
    /// One connection is served at a time, and waited for until its request is whole.
    OneSocket,
    /// A request is what the first read brings of it.
    FirstReadIsAll,
    /// Every request is answered with the page.
    PageForEverything,
    /// Who asks for HTTPS hears nothing.
    SilentHttps,
    /// The label's code has a name or passphrase as it is, whatever signs are in it.
    UnescapedLabel,
    /// The label does not say what to do when no page opens.
    SilentLabel,
}

impl Mutant {
    /// Whether the bug is in what its device answers.
    pub(crate) fn spoils_answers(self) -> bool {
        matches!(
            self,
            Self::SaysOnline
                | Self::BlankPage
                | Self::AnswersBrotli
                | Self::FormByGet
                | Self::AsksInClear
                | Self::AsksForNoCode
                | Self::ListOnly
                | Self::TakesEveryForm
                | Self::Unescaped
                | Self::SilentAlerts
        )
    }
}
