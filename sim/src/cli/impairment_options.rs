//! What may happen to frames on the way to a real device, as `check --link` and `journey --link` take it.

use std::time::Duration;

use clap::Args;

use super::{Usage, seed};
use crate::frame_link::{FrameLink, Impairments, LinkSpec};

/// Impairments of a link.
#[derive(Debug, Args)]
pub(super) struct ImpairmentOptions {
    /// Lose this share of the frames on the link, each way: 5% say.
    #[arg(long, value_name = "PERCENT", requires = "link", value_parser = share)]
    loss: Option<f64>,
    /// Let each frame on the link come later by this time, each way: 50ms say.
    #[arg(long, value_name = "TIME", requires = "link", value_parser = crate::text::time::parse, allow_hyphen_values = true)]
    delay: Option<Duration>,
    /// Let this share of the frames on the link come twice.
    #[arg(long, value_name = "PERCENT", requires = "link", value_parser = share)]
    duplication: Option<f64>,
    /// Which frames are lost and doubled: the same number, the same draws.
    #[arg(long, value_name = "NUMBER", requires = "link", default_value_t = 1, value_parser = seed::parse, allow_hyphen_values = true)]
    seed: u64,
}

impl ImpairmentOptions {
    /// Opens a link, and impairs it.
    pub(super) async fn open(&self, spec: &LinkSpec) -> Result<FrameLink, Usage> {
        let link = FrameLink::open(spec).await.map_err(|error| Usage(format!("--link: {error}")))?;
        let impairments = Impairments {
            loss: self.loss.unwrap_or_default(),
            duplication: self.duplication.unwrap_or_default(),
            delay: self.delay.unwrap_or_default(),
            seed: self.seed,
        };
        Ok(link.impaired(impairments))
    }
}

/// A share, as a number of percent with or without its sign.
fn share(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("expected 0% to 100%".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_percent() {
        assert_eq!((share("5%"), share("5"), share("0.5 %")), (Ok(0.05), Ok(0.05), Ok(0.005)));
        assert!(share("101%").is_err() && share("-1").is_err() && share("NaN").is_err());
    }
}
