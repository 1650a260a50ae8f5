//! How far a file is: a bar on a terminal, lines of JSON for programs, nothing elsewhere.

use std::cell::RefCell;

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use kpclient::client::FileProgress;
use serde_json::json;

use crate::failure::Result;
use crate::output::Output;

const BAR: &str = "{msg} [{wide_bar}] {bytes}/{total_bytes} {pace}";

/// Shows how far a file is.
pub struct Progress<'a> {
    output: &'a Output,
    channel: &'a str,
    bar: RefCell<Option<ProgressBar>>,
    last: RefCell<Option<FileProgress>>,
}

impl<'a> Progress<'a> {
    /// Of a file on a channel; nothing is shown before its size is known.
    pub fn new(output: &'a Output, channel: &'a str) -> Self {
        Progress {
            output,
            channel,
            bar: RefCell::default(),
            last: RefCell::default(),
        }
    }

    /// It has come so far. The name is shown in front of the bar.
    pub fn show(&self, name: &str, progress: FileProgress) -> Result<()> {
        if self.last.replace(Some(progress)) == Some(progress) {
            return Ok(());
        }
        if self.output.is_json() {
            let value = json!({
                "event": "progress",
                "channel": self.channel,
                "file": name,
                "done": progress.done,
                "size": progress.size,
            });
            return self.output.line(&value.to_string());
        }
        if !self.output.has_bars() {
            return Ok(());
        }
        let mut bar = self.bar.borrow_mut();
        // What was done by an earlier command says nothing of the rate of this one.
        let bar = bar.get_or_insert_with(|| begin(name, progress));
        bar.set_position(progress.done);
        Ok(())
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// How much of it is done, as people say it.
    pub fn text(&self) -> Option<String> {
        let progress = (*self.last.borrow())?;
        let percent = match progress.size {
            0 => 100,
            size => u128::from(progress.done) * 100 / u128::from(size),
        };
        Some(format!("{percent}% of {} bytes", progress.size))
    }
}

fn begin(name: &str, progress: FileProgress) -> ProgressBar {
    let bar = ProgressBar::new(progress.size)
        .with_message(name.to_owned())
        .with_position(progress.done);
    bar.reset_eta();
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        let pace = |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&pace(state.per_sec(), state.eta()));
        };
        bar.set_style(style.progress_chars("=> ").with_key("pace", pace));
    }
    bar
}

/// The rate and the time that is left; neither is known before something has moved.
fn pace(bytes_per_second: f64, left: Duration) -> String {
    // Never negative, and a number of bytes fits.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of floating point saturates"
    )]
    let rate = bytes_per_second as u64;
    match rate {
        0 => "waiting".to_owned(),
        _ => format!("{}/s, {:#} left", HumanBytes(rate), HumanDuration(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_the_rest_before_something_has_moved() {
        assert_eq!(pace(0.0, Duration::ZERO), "waiting");
        assert_eq!(pace(2048.0, Duration::from_secs(90)), "2.00 KiB/s, 2m left");
        assert_eq!(pace(f64::NAN, Duration::ZERO), "waiting");
    }
}
