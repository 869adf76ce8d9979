use std::time::Duration;

use super::*;

#[test]
fn a_fault_is_over_when_what_it_delayed_has_come() {
    let by = Duration::from_secs(1);
    let fault = Timed { at: by, fault: Fault::Jitter { by, lasts: by } };
    assert_eq!(fault.ends(), 3 * by);
}
