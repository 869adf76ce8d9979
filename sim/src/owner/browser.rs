//! What an owner's browser allows a page, whichever driver loads it.

use std::time::Duration;

/// Redirects that a browser follows: 20 in Chromium (net/url_request) and in WebKit.
pub(crate) const REDIRECTS: usize = 20;

/// How long a page may take. Chosen; browsers wait longer than owners.
pub(crate) const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
