//! No secret leaves the device in clear outside the owner's own submission: no passphrase is in a
//! frame that the device sends, nor in the trace.

use url::form_urlencoded;

use super::{Invariant, Seen, View};

/// See the module.
#[derive(Default)]
pub(super) struct NoSecretLeaves {
    /// The world's passphrases and how they look in forms and pages.
    patterns: Vec<Vec<u8>>,
    secrets: usize,
}

impl NoSecretLeaves {
    fn learn(&mut self, secrets: &[Vec<u8>]) {
        if secrets.len() == self.secrets {
            return;
        }
        self.secrets = secrets.len();
        self.patterns.clear();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let form: String = form_urlencoded::byte_serialize(secret).collect();
            let page = String::from_utf8_lossy(secret).replace('&', "&amp;").replace('<', "&lt;");
            self.patterns.extend([secret.clone(), form.into_bytes(), page.into_bytes()]);
        }
        self.patterns.sort();
        self.patterns.dedup();
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| {
            let first = pattern.first();
            bytes.windows(pattern.len()).any(|window| window.first() == first && window == pattern)
        })
    }
}

impl Invariant for NoSecretLeaves {
    fn name(&self) -> &'static str {
        "no-secret-leaves"
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        self.learn(view.secrets);
        if view.lines.iter().any(|line| self.is_in(line.as_bytes())) {
            return Err("a passphrase is in the trace".into());
        }
        let frames = view.seen.iter().filter_map(|seen| match seen {
            Seen::Frame(bytes) => Some(bytes),
            _ => None,
        });
        for frame in frames {
            if self.is_in(frame) {
                return Err("a passphrase is in a frame that the device sends".into());
            }
        }
        Ok(())
    }
}
