//! Every limit of the core, in one place. Nothing grows beyond these numbers.

use core::net::Ipv4Addr;
use core::ops::RangeInclusive;
use core::time::Duration;

/// Connections that the portal serves at once. A phone opens up to six to one host; two phones
/// and a reserve that new ones always find (see [`crate::Portal::handle_open`]).
pub const CONNECTIONS: usize = 8;

/// While more connections than these are open, no request is held back until there is an event.
pub const EVENT_WAITERS: usize = CONNECTIONS / 2;

/// Longest request line, its line end included. A longer one is answered 414.
pub const REQUEST_LINE_BYTES: usize = 512;

/// Longest head: request line, header lines and the empty line. A longer one is answered 431.
/// A browser's head is some 500 bytes; ESP-IDF's default of 512 fails on several phones
/// (docs/clients.md#requests-too-big-for-a-portal), so there is ample room.
pub const HEAD_BYTES: usize = 1536;

/// Most bytes of cookies in a head, which are dropped as they come: they are those of other devices that had the same
/// address, 192.168.4.1 say, and a browser keeps them by address. More are answered 431. Chosen: a browser keeps 4,096
/// bytes a cookie (RFC 6265 section 6.1), and two large ones are more than anybody has reported.
pub const DROPPED_HEAD_BYTES: u16 = 8192;

/// Most header lines in a head. More are answered 431.
pub const HEADERS: usize = 32;

/// Room for one request: its head and, after chunks are joined, its body. A body that does not fit
/// behind its head is answered 413. A browser's head leaves 1500 bytes: the longest setup form is a
/// network picked and one typed, 32 bytes each, and a passphrase of 64, two or three characters a
/// byte, and the names of its fields, under 400; the rest is for the application's own fields.
pub const REQUEST_BYTES: usize = 2032;

/// Most bytes of chunk extensions and trailer fields in one body, together. Both are read and
/// dropped; more are refused (RFC 9112 section 7.1.1 asks for a limit).
pub const CHUNK_EXTRA_BYTES: usize = 512;

/// A connection on which no complete head has arrived is closed after this long, answered 408
/// if it had begun. Browsers open sockets that they never use.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// A body must be complete this long after its head.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be silent while all connections are in use, a request may take to arrive, and a client may
/// wait for an event: the one that has been at it for longest is closed then. Browsers open connections in advance and
/// ask on them some hundred milliseconds later, once they know what a page needs; and a lost segment of a request comes
/// again within half a second. Chosen: `portal/tests/crowd.rs` and `cargo bench --bench crowds` say what comes of it.
pub const CONTENDED_TIMEOUT: Duration = Duration::from_millis(500);

/// The same in a crowd, that is once as many as there are connections have been closed like that, one after another: who
/// has something to ask sends it with the last step of the handshake, a few milliseconds later. Chosen: two hundred that
/// hold their places are gone in two seconds.
pub const CROWDED_TIMEOUT: Duration = Duration::from_millis(30);

/// A crowd is over when no connection was needed for this long. Chosen.
pub const CROWD_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an answer may take while all connections are in use, beside what its bytes take at
/// [`CONTENDED_BYTES_PER_SECOND`]. Chosen.
pub const CONTENDED_ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// Who takes fewer bytes of an answer than these is slow, and makes room. A phone at the edge of the network takes a
/// page within two seconds, which is twice as many. Chosen.
pub const CONTENDED_BYTES_PER_SECOND: u32 = 2000;

/// A kept-alive connection without a further request is closed after this long.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that takes no byte of its answer for this long is cut off.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long after its beginning a page may still be on its way when there is a newer list of networks to show, or another
/// name of the device: until then it is shown to nobody. Chosen: longer than any page takes, and not so long that an owner who has
/// searched anew gives up.
pub const OLD_PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A whole answer must have been taken after this long, so that nobody holds a connection with a byte now and then.
/// Chosen: the largest page, at 2 KB a second.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that waits for an event waits no longer than this. Longer than a join takes ([`crate::Config::join_timeout`]);
/// a browser asks again by itself. Chosen.
pub const EVENT_TIMEOUT: Duration = Duration::from_secs(30);

/// After the last answer the device reads on and throws away for this long, so that the answer
/// is not lost to a reset while the client still sends (RFC 9112 section 9.6).
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Largest DNS answer (RFC 1035 section 4.2.1). A client that announces less means this much
/// (RFC 6891 section 6.2.3).
pub const DNS_REPLY_BYTES: usize = 512;

/// The join begins this long after the form was taken. While the radio looks for the network, phones on the
/// access point do not hear it, so the answer to the form and the page after it must have left before, with
/// one retransmission at most. Chosen; 10 frames take some 20 ms on a quiet channel.
pub const JOIN_DELAY: Duration = Duration::from_millis(250);

/// The access point of a radio that cannot be both closes this long after the form was taken: the page that
/// the owner reads meanwhile must have come by then, with a lost frame or two. Chosen.
pub const CLOSE_DELAY: Duration = Duration::from_secs(2);

/// With such a radio a join takes no longer than this, whatever is configured: the pages say that the access
/// point is back within a minute, or that the network is joined.
pub const ALONE_TIMEOUT: Duration = Duration::from_secs(40);

/// With such a radio the access point stays at least this long between two tries of what is stored, whatever is
/// configured: a phone needs some seconds to find it, to join it and to ask for an address. Chosen.
pub const ALONE_INTERVAL: Duration = Duration::from_secs(15);

/// With such a radio what is stored is not tried for this long after a phone was given an address: its owner is
/// about to use the portal. Shorter than phones renew their addresses, so that one that was forgotten there does not
/// keep the device from its network. Chosen.
pub const ARRIVAL_TIME: Duration = Duration::from_secs(60);

/// With such a radio what is stored is not tried for this long after the portal was used: its owner, who may
/// be typing, would lose the access point. Chosen.
pub const OWNER_TIME: Duration = Duration::from_secs(5 * 60);

/// Addresses of the access point that are promised or lent at once. Two phones and a laptop are
/// many for one setup; phones that change their hardware address at each try fill the rest. Of
/// more, the one that was not heard of for longest is forgotten.
pub const LEASES: usize = 12;

/// Addresses that are withheld at once because a client found somebody else on them. The first
/// of more goes back early, so that declining everything takes nothing from other clients.
pub const QUARANTINED: usize = 4;

/// An address that was offered is kept for the client for this long. A recorded iPhone asks for it
/// after a second; a lost datagram costs it about four (RFC 2131 section 4.1).
pub const OFFER_TIMEOUT: Duration = Duration::from_secs(30);

/// An address that a client found somebody else on is withheld for this long.
pub const QUARANTINE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Room for any DHCP answer: 576 bytes, which every client takes (RFC 2131 section 2), less the
/// headers of IP and UDP.
pub const DHCP_REPLY_BYTES: usize = 548;

/// The device's addresses on its access point where the home network has the configured one's subnet:
/// the first that it does not have. In blocks of private addresses (RFC 1918) apart from each other, so
/// that no home network has them all.
pub const SPARE_ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(172, 29, 4, 1), Ipv4Addr::new(10, 229, 4, 1)];

/// The access point's channel when nothing was heard that would speak for another.
pub const DEFAULT_CHANNEL: u8 = 1;

/// The highest channel that the access point takes by itself: higher ones are not allowed
/// everywhere, and some phones do not listen there.
pub const HIGHEST_CHANNEL: u8 = 11;

/// The channels of 5 GHz on which no radar has to be looked for first, which the portal cannot do: on those
/// between them an access point must.
pub const WITHOUT_RADAR: [RangeInclusive<u8>; 2] = [36..=48, 149..=177];

/// An access point that went down by itself is raised again after this long: at once, a radio that cannot would be asked
/// without end. Chosen.
pub const RAISE_INTERVAL: Duration = Duration::from_secs(2);

/// A scan for one name that the owner typed may take this long before the name is joined as it was typed. Chosen: all
/// channels of one band take some four seconds, and with a radio of one role the owner is told within a minute.
pub const NAME_SCAN_TIMEOUT: Duration = Duration::from_secs(6);

/// A name that nothing answered to is joined this long after the scan for it, which keeps the radio away from the phones
/// on the access point, as the join does. Chosen: a connection that a phone opens meanwhile is tried again after one and
/// three seconds (RFC 6298), and one of both meets the device.
pub const NAME_SCAN_PAUSE: Duration = Duration::from_secs(3);

/// A scan that a radio has not ended after this long counts as lost, and another may begin: all channels of both bands
/// take some seconds. Chosen.
pub const SCAN_TIMEOUT: Duration = Duration::from_secs(30);

/// Networks kept from one scan: the strongest ones.
pub const SCAN_RECORDS: usize = 32;

/// Room for what the owner entered into the application's fields: names and values together.
pub const VALUES_BYTES: usize = 512;

/// Networks that are remembered. A home, an office and a phone's hotspot, and one to spare.
pub const STORED_NETWORKS: usize = 4;

/// The longest time that a page which is looked at may ask for with one ping (`POST /api/alive`).
pub const LONGEST_ALIVE_TIMEOUT: Duration = Duration::from_secs(120);

/// The rate limit of submissions: how many are taken in a minute, and at once after a quiet one: networks to try, and orders
/// to forget them. A person makes a few.
pub const SUBMISSIONS_PER_MINUTE: u8 = 12;

/// Random bytes in the CSRF token of the portal's forms: nobody guesses 128 bits.
pub const CSRF_TOKEN_BYTES: usize = 16;

/// Random bytes by which a client is known. One that guesses a hundred a second needs more than a year, and they are
/// good for one opening of the portal.
pub const CLIENT_ID_BYTES: usize = 4;

/// Bytes of the token in a page: which opening, and which client.
pub const TOKEN_BYTES: usize = CSRF_TOKEN_BYTES + CLIENT_ID_BYTES;

/// Bytes of a key that forms are sealed with: X25519's (RFC 7748).
pub const SEALING_KEY_BYTES: usize = 32;

/// A sealed form has at least this many bytes before it is encrypted, zeros at its end included. The longest of the
/// portal's own, as [`REQUEST_BYTES`] counts them, is shorter, so that all of them are of one length.
pub const SEALED_FORM_BYTES: usize = 512;

/// Sealed forms that are remembered, so that none is taken twice. Chosen: more than an owner sends in one setup.
pub const SEALED_FORMS_REMEMBERED: usize = 8;

/// Events that wait for the driver. It drains them after every call; when it does not, the
/// oldest are dropped.
pub const EVENTS: usize = 12;

/// A page is never longer. Apple's checker takes a longer body for a captive portal's, whatever
/// it says (docs/clients.md#bodies-too-short), and some clients take one of fewer than 5 bytes for a failure.
pub const PAGE_BYTES: usize = 128 * 1024;

/// Fewest flash sectors that credentials need: one keeps the old while the other takes the new.
pub const CREDENTIAL_SECTORS: usize = 2;

/// Arrays and objects in one another in a JSON document that is read, the document itself included.
/// The documents that clients send are flat.
pub const JSON_DEPTH: usize = 8;

/// Most members of a JSON document that is read. Each name is compared with those before it.
pub const JSON_MEMBERS: usize = 24;

/// Longest message that a WebSocket client may send, its fragments together.
pub const WEBSOCKET_MESSAGE_BYTES: usize = 1024;

/// Frames that wait to be sent to one WebSocket client, together. Whole frames wait, so none that
/// the device sends is longer.
pub const WEBSOCKET_OUTBOX_BYTES: usize = 512;

/// A WebSocket client that has sent no complete frame for this long is asked for a sign of life.
pub const WEBSOCKET_PING_INTERVAL: Duration = Duration::from_secs(15);

/// It must send one within this time, or it is taken for gone. Bytes without a complete frame do not
/// count, so that a client that sends one a second does not hold its place.
pub const WEBSOCKET_PONG_TIMEOUT: Duration = Duration::from_secs(10);

/// A WebSocket that is closing is over after this long, whether the client has answered or not.
pub const WEBSOCKET_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest key of a webhook's signature: a block of the hash, beyond which more adds nothing.
pub const WEBHOOK_KEY_BYTES: usize = 64;

/// Answers that wait to be sent over a serial line with Improv: no further command is read while there is no room for three.
#[cfg(feature = "improv")]
pub const IMPROV_ANSWERS: usize = 8;

/// A search for networks that a client on a serial line asked for is answered with what there is after this long. Chosen: its
/// SDK waits for thirty seconds, its reader for less.
#[cfg(feature = "improv")]
pub const IMPROV_SCAN_TIMEOUT: Duration = Duration::from_secs(10);

/// The portal must have opened this long after a client on a serial line has sent a network, or it is told that it cannot
/// be joined. Chosen: a scan and a result that is still shown take less.
#[cfg(feature = "improv")]
pub const IMPROV_OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest host and port of a webhook: a host name has at most 253 bytes (RFC 1035 section 2.3.4,
/// without the wire's first and last length), a port five digits.
pub const WEBHOOK_AUTHORITY_BYTES: usize = 253 + 1 + 5;

/// Longest path of a webhook, its query included.
pub const WEBHOOK_PATH_BYTES: usize = 256;

/// Longest head of a webhook's request: path, authority, and under 300 bytes around them.
pub const WEBHOOK_HEAD_BYTES: usize = WEBHOOK_PATH_BYTES + WEBHOOK_AUTHORITY_BYTES + 300;

/// How often one webhook is tried. With the waits between: for 8 to 17 minutes.
pub const WEBHOOK_ATTEMPTS: u32 = 10;

/// The wait after the first attempt that failed; it doubles from there.
pub const WEBHOOK_FIRST_DELAY: Duration = Duration::from_secs(2);

/// The longest wait between two attempts, the receiver's own wish included.
pub const WEBHOOK_LONGEST_DELAY: Duration = Duration::from_secs(10 * 60);

/// A webhook's receiver must have answered after this long.
pub const WEBHOOK_ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Room for any mDNS message of the device: a response with every record that it has, the longest
/// names, and a question. Far below what an Ethernet frame carries.
pub const MDNS_MESSAGE_BYTES: usize = 1232;

/// Longest mDNS message that is read; longer ones are ignored. The hosts of a home network send no
/// more than fits an Ethernet frame.
pub const MDNS_RECEIVED_BYTES: usize = 1472;

/// Most bytes of the strings that describe the device's service over mDNS.
pub const MDNS_TEXT_BYTES: usize = 128;

/// Longest data of one of the device's mDNS records.
pub const MDNS_RDATA_BYTES: usize = 128;

/// Answers over mDNS to single hosts that wait to be sent.
pub const MDNS_UNICASTS: usize = 4;
