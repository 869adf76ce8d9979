//! No secret leaves the device in clear outside the owner's own submission: no passphrase is in a
//! frame that the device sends, nor in the trace.

use memchr::memmem::Finder;
use url::form_urlencoded;

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct NoSecretLeaves {
    /// The world's passphrases and how they look in forms and pages.
    patterns: Vec<Finder<'static>>,
    secrets: usize,
}

impl NoSecretLeaves {
    fn learn(&mut self, secrets: &[Vec<u8>]) {
        if secrets.len() == self.secrets {
            return;
        }
        self.secrets = secrets.len();
        let mut patterns = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let form: String = form_urlencoded::byte_serialize(secret).collect();
            let page = String::from_utf8_lossy(secret).replace('&', "&amp;").replace('<', "&lt;");
            patterns.extend([secret.clone(), form.into_bytes(), page.into_bytes()]);
        }
        patterns.sort();
        patterns.dedup();
        self.patterns = patterns.iter().map(|pattern| Finder::new(pattern).into_owned()).collect();
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| pattern.find(bytes).is_some())
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
        let frames = view.observations.iter().filter_map(|observation| match observation {
            Observation::Frame(bytes) => Some(bytes),
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
