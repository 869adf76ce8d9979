//! What sources say of Apple's check in contradiction to each other.

use super::rules;
use crate::phone::dispute::{Applies, Dispute};
use crate::phone::judge::apple::UNFOLLOWABLE;

pub(in crate::phone) static DISPUTES: &[Dispute] = &[
    Dispute::new(
        "Does a port 443 that refuses connections keep the sheet of iOS 26 away?",
        &[&rules::PORT_443_IGNORED, &rules::PORT_443_REFUSED],
        Applies::Deciding(&[&rules::PORT_443_REFUSED]),
        "two recordings of an iPhone of iOS 26 that joins the same portal, once with resets from port 443 and once with \
         silence there",
        "drop packets to TCP port 443 of {portal} and do not reset them, though the project that reports it later saw no \
         sheet with silence there either (kapoorankush/litclock @291a0d6a, iOS 26.5.2)",
    )
    .at_the_price(
        "an Android whose check on port 80 finds no portal waits 10 s for port 443, and a browser that tries https first \
         waits 3 s",
    ),
    Dispute::new(
        "Does a redirect without an absolute address bring Apple's sheet?",
        &[&UNFOLLOWABLE, &rules::UNFOLLOWABLE_NO_SHEET],
        Applies::Deciding(&[&UNFOLLOWABLE]),
        "a recording of an iPhone that joins a portal which answers its check with 302, a relative Location and no body",
        "answer the check on TCP port 80 of {portal} with status 302, \"Location: http://{portal}/\", a Content-Length \
         and a short body",
    ),
];
