//! The header lines of a reply, as clients take them: which are refused, joined, dropped or not found. Where a head ends is not
//! decided here.

use super::super::reader_rules::Interim;
use super::{BadReply, Reader};

impl Reader {
    /// Whether the reply whose head is whole is an interim one that does not count.
    pub(super) fn is_passed_over(&self) -> bool {
        match self.rules.passes_over {
            Interim::None => false,
            Interim::Continue => self.reply.status == 100,
            Interim::All => (100..=199).contains(&self.reply.status),
        }
    }

    pub(super) fn add_header(&mut self, line: &[u8]) -> Result<(), BadReply> {
        if self.rules.refuses_zero_bytes && line.contains(&0) {
            return Err(BadReply::BadHeader);
        }
        let text = String::from_utf8_lossy(line);
        if self.rules.joins_folded_lines && text.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.reply.headers.last_mut() {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(text.trim());
            }
        } else if let Some((name, value)) = text.split_once(':') {
            let (name, value) = (name.trim(), value.trim());
            self.check_header(name, value)?;
            self.reply.headers.push((name.to_owned(), value.to_owned()));
        } else if self.rules.wants_colons {
            return Err(BadReply::BadHeader);
        }
        Ok(())
    }

    /// Takes a line of a head in which every line may be anything.
    pub(super) fn add_any_line(&mut self, line: &[u8]) {
        if self.reply.status == 0 {
            self.reply.status = self.rules.status(line).unwrap_or_default();
        }
        let text = String::from_utf8_lossy(line);
        if text.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.reply.headers.last_mut() {
                let joined = format!("{value} {}", text.trim());
                joined.trim_start().clone_into(value);
            }
        } else if let Some((name, value)) = text.split_once(':') {
            self.header_lines += 1;
            match self.reply.headers.iter_mut().find(|(earlier, _)| earlier == name) {
                Some((_, earlier)) => *earlier = format!("{earlier} ;{}", value.trim()),
                None => self.reply.headers.push((name.to_owned(), value.trim().to_owned())),
            }
        }
    }

    /// Whether this client minds a header line, beside those that came before it.
    pub(super) fn check_header(&self, name: &str, value: &str) -> Result<(), BadReply> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let must_agree = self.rules.must_agree.iter().any(|other| is(other));
        if must_agree && self.reply.header(name).is_some_and(|before| before != value) {
            return Err(BadReply::Contradiction);
        }
        let is_length = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if self.rules.wants_readable_length
            && is("content-length")
            && !value.split(',').all(|part| is_length(part.trim()))
        {
            return Err(BadReply::BadHeader);
        }
        let known = ["chunked", "identity"];
        if self.rules.wants_known_transfer
            && is("transfer-encoding")
            && !known.iter().any(|coding| value.eq_ignore_ascii_case(coding))
        {
            return Err(BadReply::BadHeader);
        }
        Ok(())
    }

    /// Leaves the last header line of each name.
    pub(super) fn drop_earlier_lines(&mut self) {
        let lines = std::mem::take(&mut self.reply.headers);
        for (name, value) in lines {
            self.reply.headers.retain(|(earlier, _)| !earlier.eq_ignore_ascii_case(&name));
            self.reply.headers.push((name, value));
        }
    }

    /// Drops the header lines that this client does not find.
    pub(super) fn drop_misspelled_lines(&mut self) {
        let spelled = self.rules.spelled;
        let is_misspelled =
            |name: &str| spelled.iter().any(|other| name.eq_ignore_ascii_case(other) && name != *other);
        self.reply.headers.retain(|(name, _)| !is_misspelled(name));
    }
}
