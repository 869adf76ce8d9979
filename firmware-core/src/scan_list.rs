//! What the last scan found, as the owner is to see it: one row a name, the strongest first.
//!
//! The list that pages are written from changes only when a scan is over and no page is on its
//! way, so that an answer which goes out in pieces is one text.

use heapless::Vec;

use crate::limits::{HIGHEST_CHANNEL, SCAN_RECORDS, WITHOUT_RADAR};
use crate::radio_capabilities::RadioCapabilities;
use crate::scan_record::{ScanRecord, Security};
use crate::ssid::Ssid;

/// Whether an access point takes a channel by itself, as far as that does not depend on the radio.
fn may_choose(channel: u8) -> bool {
    channel <= HIGHEST_CHANNEL || WITHOUT_RADAR.iter().any(|range| range.contains(&channel))
}

/// The networks of the last scan, and those of the one under way.
#[derive(Debug, Default)]
pub(crate) struct ScanList {
    shown: Vec<ScanRecord, SCAN_RECORDS>,
    found: Vec<ScanRecord, SCAN_RECORDS>,
    /// How many access points the list has no room for.
    shown_left_out: u16,
    found_left_out: u16,
    scanning: bool,
    /// Whether pages say that a scan is under way. Like the list, it does not change while a page goes out.
    shown_scanning: bool,
    fresh: bool,
}

impl ScanList {
    pub(crate) const fn new() -> Self {
        Self {
            shown: Vec::new(),
            found: Vec::new(),
            shown_left_out: 0,
            found_left_out: 0,
            scanning: false,
            shown_scanning: false,
            fresh: false,
        }
    }

    /// A scan begins.
    pub(crate) fn begin(&mut self) {
        self.found.clear();
        self.found_left_out = 0;
        self.scanning = true;
        self.fresh = false;
    }

    /// A scan for one name begins: what it hears comes to what the one before it has heard.
    pub(crate) fn begin_for_name(&mut self) {
        if !self.fresh {
            self.found.clear();
            // It has as many places.
            let _ = self.found.extend_from_slice(&self.shown);
            self.found_left_out = self.shown_left_out;
        }
        self.scanning = true;
        self.fresh = false;
    }

    /// The scan found a network. Hidden ones cannot be listed; of one name and security the
    /// strongest is kept. When the list is full, one makes room that is stored no more than asked for (`is_wanted`)
    /// and cannot be joined, or else the weakest of those that can.
    pub(crate) fn add(&mut self, record: ScanRecord, is_wanted: impl Fn(&Ssid) -> bool) {
        if record.ssid.is_empty() {
            return;
        }
        let is_same = |other: &ScanRecord| other.ssid == record.ssid && other.security == record.security;
        let same = self.found.iter().position(is_same);
        // What stays in a full list, the best last.
        let worth = |kept: &ScanRecord| (is_wanted(&kept.ssid), kept.can_be_joined(), kept.signal);
        let least = || (0..self.found.len()).min_by_key(|place| self.found.get(*place).map(worth));
        let replaced = same.or_else(|| least().filter(|_| self.found.is_full()));
        if replaced != same {
            self.found_left_out = self.found_left_out.saturating_add(1);
        }
        let mut place = match replaced {
            Some(replaced) if worth(&self.found[replaced]) >= worth(&record) => return,
            Some(replaced) => {
                self.found.remove(replaced);
                self.found.len()
            }
            None => self.found.len(),
        };
        // There is room.
        let _ = self.found.push(record);
        // Up to its place, past those that are weaker.
        while place > 0 && self.found[place - 1].signal < self.found[place].signal {
            self.found.swap(place - 1, place);
            place -= 1;
        }
    }

    /// The scan is over; its result waits until it may be shown.
    pub(crate) fn finish(&mut self) {
        self.scanning = false;
        self.fresh = true;
    }

    /// Whether pages would say something else once they may.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.fresh || self.shown_scanning != self.scanning
    }

    /// No page is being sent: a finished scan may replace what is shown, and one that has begun be
    /// told of.
    pub(crate) fn show_fresh(&mut self) {
        self.shown_scanning = self.scanning;
        if self.fresh {
            self.fresh = false;
            core::mem::swap(&mut self.shown, &mut self.found);
            self.shown_left_out = self.found_left_out;
        }
    }

    /// The networks that pages list.
    pub(crate) fn shown(&self) -> &[ScanRecord] {
        &self.shown
    }

    /// How many access points they leave out.
    pub(crate) const fn left_out(&self) -> u16 {
        self.shown_left_out
    }

    /// Whether a scan is under way.
    pub(crate) const fn scanning(&self) -> bool {
        self.scanning
    }

    /// Whether pages say that one is.
    pub(crate) const fn shown_scanning(&self) -> bool {
        self.shown_scanning
    }

    /// The channel of the strongest network, of that name if one is given, on which an access point may be: the
    /// strongest stands first.
    #[inline(never)]
    pub(crate) fn channel(&self, ssid: Option<&Ssid>, radio: &RadioCapabilities) -> Option<u8> {
        let named = self.shown.iter().filter(|record| ssid.is_none_or(|ssid| record.ssid == *ssid));
        named.map(|record| record.channel).find(|channel| may_choose(*channel) && radio.may_use(*channel))
    }

    /// How strongly the network of that name was found, in dBm.
    pub(crate) fn signal(&self, ssid: &Ssid) -> Option<i8> {
        self.shown.iter().find(|record| record.ssid == *ssid).map(|record| record.signal)
    }

    /// The strongest network whose name is nearly that one, where none has the very name.
    #[inline(never)]
    pub(crate) fn alike(&self, ssid: &Ssid) -> Option<Ssid> {
        let mut names = self.shown.iter().map(|record| record.ssid);
        let found = names.clone().find(|name| name.is_alike(ssid))?;
        (!names.any(|name| name == *ssid)).then_some(found)
    }

    /// How the network of that name is protected, if one is listed: the best protected of those that can be joined,
    /// whatever else bears its name. That none can be joined is told if there are others alone. A page under way does not
    /// keep the newest list from counting.
    pub(crate) fn security(&self, ssid: &Ssid) -> Option<Security> {
        let newest = if self.fresh { &self.found } else { &self.shown };
        let named = newest.iter().filter(|record| record.ssid == *ssid);
        named.max_by_key(|record| (record.can_be_joined(), record.security)).map(|record| record.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac_address::MacAddress;

    fn record(name: &[u8], signal: i8) -> ScanRecord {
        ScanRecord {
            ssid: Ssid::new(name).unwrap(),
            bssid: MacAddress([2, 0, 0, 0, 0, 1]),
            channel: 1,
            signal,
            security: Security::Wpa2,
        }
    }

    #[test]
    fn names_are_grouped_and_the_strongest_stands_first() {
        let mut list = ScanList::new();
        list.begin();
        for (name, signal) in
            [("Mesh", -80), ("Far", -90), ("Mesh", -40), ("Near", -50), ("Mesh", -60), ("", -20)]
        {
            list.add(record(name.as_bytes(), signal), |_| false);
        }
        assert!(list.scanning() && list.shown().is_empty());
        list.finish();
        assert!(list.shown().is_empty(), "a page may be on its way");
        list.show_fresh();
        let shown: std::vec::Vec<_> = list.shown().iter().map(|r| (r.ssid, r.signal)).collect();
        let expected = [("Mesh", -40), ("Near", -50), ("Far", -90)];
        assert_eq!(shown, expected.map(|(name, signal)| (Ssid::new(name.as_bytes()).unwrap(), signal)));
        assert_eq!(list.left_out(), 0, "all that are hidden, or others of one name");
    }

    #[test]
    fn eighty_neighbours_leave_the_strongest() {
        let mut list = ScanList::new();
        list.begin();
        for i in 0..80u8 {
            list.add(record(&[b'n', i], -20 - (u32::from(i) * 37 % 80) as i8), |_| false);
        }
        list.finish();
        list.show_fresh();
        let signals: std::vec::Vec<_> = list.shown().iter().map(|r| r.signal).collect();
        assert_eq!((signals.len(), usize::from(list.left_out())), (SCAN_RECORDS, 80 - SCAN_RECORDS));
        assert!(signals.windows(2).all(|pair| pair[0] >= pair[1]));
        assert_eq!(signals[SCAN_RECORDS - 1], -20 - (SCAN_RECORDS as i8 - 1));
    }

    #[test]
    fn a_full_list_keeps_what_can_be_joined_and_what_is_known() {
        let mut list = ScanList::new();
        list.begin();
        for number in 0..SCAN_RECORDS as u8 {
            let security = if number < 9 { Security::Enterprise } else { Security::Wpa2 };
            list.add(ScanRecord { security, ..record(&[b'n', number], -40) }, |_| false);
        }
        list.add(record(b"Home", -70), |_| false);
        let known = |ssid: &Ssid| ssid.as_bytes() == b"Known";
        list.add(record(b"Known", -90), known);
        (0..100).for_each(|number| list.add(record(&[b'm', number], -41), known));
        list.add(ScanRecord { security: Security::Enterprise, ..record(b"Office", -20) }, known);
        list.finish();
        list.show_fresh();
        let name = |name: &[u8]| list.signal(&Ssid::new(name).unwrap());
        assert_eq!((name(b"Known"), name(b"Home"), name(b"Office")), (Some(-90), None, None));
        assert!(list.shown().windows(2).all(|pair| pair[0].signal >= pair[1].signal));
        assert!(list.shown().iter().all(ScanRecord::can_be_joined));
        assert_eq!(list.left_out(), 103, "each of those that came last displaced another or found no place");
    }

    #[test]
    fn a_twin_of_another_protection_changes_nothing() {
        let mut list = ScanList::new();
        list.begin();
        for security in [Security::Open, Security::Wpa2, Security::Enterprise] {
            list.add(ScanRecord { security, ..record(b"Home", -50) }, |_| false);
        }
        list.add(ScanRecord { security: Security::Enterprise, ..record(b"Office", -50) }, |_| false);
        list.finish();
        list.show_fresh();
        let security = |name: &[u8]| list.security(&Ssid::new(name).unwrap());
        assert_eq!(security(b"Home"), Some(Security::Wpa2));
        assert_eq!((security(b"Office"), security(b"Cafe")), (Some(Security::Enterprise), None));
    }

    /// A list that shows these.
    fn shown(records: &[ScanRecord]) -> ScanList {
        let mut list = ScanList::new();
        list.begin();
        records.iter().for_each(|record| list.add(*record, |_| false));
        list.finish();
        list.show_fresh();
        list
    }

    fn names(list: &ScanList) -> std::vec::Vec<&[u8]> {
        list.shown().iter().map(|record| record.ssid.as_bytes()).collect()
    }

    #[test]
    fn of_equally_strong_ones_the_first_heard_stays_where_it_is() {
        let list = shown(&[record(b"First", -50), record(b"Second", -50), record(b"First", -50)]);
        assert_eq!(names(&list), [b"First".as_slice(), b"Second"]);
        let mut many: std::vec::Vec<_> =
            (0..SCAN_RECORDS as u8).map(|number| record(&[b'n', number], -40)).collect();
        many.push(record(b"Late", -40));
        let list = shown(&many);
        assert_eq!((list.signal(&Ssid::new(b"Late").unwrap()), list.left_out()), (None, 1));
    }

    #[test]
    fn a_scan_for_a_name_adds_to_the_one_before_whether_that_is_shown_or_waits() {
        for is_shown in [true, false] {
            let mut list = shown(&[record(b"Earlier", -60)]);
            list.begin();
            for number in 0..40 {
                list.add(record(&[b'n', number], -40), |_| false);
            }
            list.finish();
            if is_shown {
                list.show_fresh();
            }
            list.begin_for_name();
            list.show_fresh();
            assert!(list.scanning() && list.shown_scanning());
            list.add(record(b"Asked for", -30), |_| false);
            list.finish();
            assert!(!list.scanning() && list.shown_scanning(), "pages say so until they may change");
            list.show_fresh();
            assert!(!list.shown_scanning());
            assert_eq!(
                (names(&list)[0], names(&list).len()),
                (&b"Asked for"[..], SCAN_RECORDS),
                "{is_shown}"
            );
            assert_eq!(usize::from(list.left_out()), 40 - SCAN_RECORDS + 1);
        }
    }

    #[test]
    fn a_scan_for_a_name_in_place_of_another_scan_leaves_out_as_many_as_what_is_shown() {
        let mut list = ScanList::new();
        list.begin();
        (0..40).for_each(|number| list.add(record(&[b'n', number], -40), |_| false));
        list.finish();
        list.show_fresh();
        list.begin();
        list.begin_for_name();
        list.finish();
        list.show_fresh();
        assert_eq!(usize::from(list.left_out()), 40 - SCAN_RECORDS);
    }

    #[test]
    fn a_new_scan_forgets_what_the_one_before_it_left_out() {
        let mut list = ScanList::new();
        for heard in [40, 3] {
            list.begin();
            (0..heard).for_each(|number| list.add(record(&[b'n', number], -40), |_| false));
            list.finish();
            list.show_fresh();
            assert_eq!(list.left_out(), u16::from(heard.saturating_sub(SCAN_RECORDS as u8)));
            assert_eq!(list.shown().len(), usize::from(heard).min(SCAN_RECORDS));
        }
    }

    #[test]
    fn an_access_point_goes_where_the_strongest_is_that_it_may_follow() {
        let on = |name: &[u8], channel, signal| ScanRecord { channel, ..record(name, signal) };
        let five = RadioCapabilities {
            channels: crate::Channels::of(&[1, 3, 11, 13, 36, 48, 52, 149]),
            ..RadioCapabilities::DEFAULT
        };
        for (heard, wanted) in [
            (&[13, 11, 3][..], Some(11)),
            (&[12, 6, 3], Some(3)),
            (&[52, 48, 1], Some(48)),
            (&[149], Some(149)),
            (&[13, 52], None),
            (&[], None),
        ] {
            let records: std::vec::Vec<_> = heard
                .iter()
                .zip(0..)
                .map(|(channel, place)| on(&[b'n', place], *channel, -40 - place as i8))
                .collect();
            assert_eq!(shown(&records).channel(None, &five), wanted, "{heard:?}");
        }
        let list = shown(&[on(b"Near", 3, -30), on(b"Home", 11, -70)]);
        let home = Ssid::new(b"Home").unwrap();
        assert_eq!((list.channel(Some(&home), &five), list.signal(&home)), (Some(11), Some(-70)));
        let away = Ssid::new(b"Away").unwrap();
        assert_eq!((list.channel(Some(&away), &five), list.signal(&away)), (None, None));
    }

    #[test]
    fn a_name_is_nearly_another_only_where_nobody_has_the_very_name() {
        let home = Ssid::new(b"Home").unwrap();
        let alike = |names: &[&[u8]]| {
            let records: std::vec::Vec<_> = names.iter().map(|name| record(name, -50)).collect();
            shown(&records)
                .alike(&home)
                .map(|ssid| std::string::String::from_utf8(ssid.as_bytes().to_vec()).unwrap())
        };
        assert_eq!(alike(&[b"Cafe", b" home"]).as_deref(), Some(" home"));
        assert_eq!(alike(&[b" home", b"Home"]), None);
        assert_eq!(alike(&[b"Home"]), None);
        assert_eq!(alike(&[b"Cafe"]), None);
    }

    #[test]
    fn a_page_under_way_does_not_keep_the_newest_list_from_counting() {
        let mut list = shown(&[record(b"Home", -50)]);
        list.begin();
        list.add(ScanRecord { security: Security::Wpa3, ..record(b"Home", -50) }, |_| false);
        let security = |list: &ScanList| list.security(&Ssid::new(b"Home").unwrap());
        assert_eq!(security(&list), Some(Security::Wpa2), "the scan goes on");
        list.finish();
        assert_eq!(security(&list), Some(Security::Wpa3));
    }
}
