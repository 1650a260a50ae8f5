//! What is printed: text for people or JSON for programs, on the standard output; notes on the standard error.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::table::Table;

/// Where a command prints.
#[derive(Clone, Copy)]
pub struct Output {
    json: bool,
    colour: bool,
    is_terminal: bool,
    bars: bool,
}

/// The colours that there are.
#[derive(Clone, Copy)]
pub enum Colour {
    /// Well.
    Green,
    /// Not well.
    Red,
    /// Perhaps not well.
    Yellow,
    /// Heads of tables.
    Bold,
    /// What is less important.
    Dim,
}

impl Output {
    /// For people or, if `json`, for programs.
    pub fn new(json: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Output {
            json,
            colour: is_terminal && !json && !is_set("NO_COLOR") && !is_dumb,
            is_terminal,
            bars: !json,
        }
    }

    /// The same without bars, for several that print at a time.
    #[must_use]
    pub fn without_bars(mut self) -> Self {
        self.bars = false;
        self
    }

    /// True if a bar may show how far something is.
    pub fn has_bars(&self) -> bool {
        self.bars
    }

    /// True if programs read it.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// True if a terminal shows it, and obeys what is in it.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints `value` for programs, or the line for people.
    pub fn show(&self, value: &Value, line: impl FnOnce() -> String) -> Result<()> {
        match self.json {
            true => self.bytes(format!("{value}\n").as_bytes()),
            false => self.line(&line()),
        }
    }

    /// Prints a line.
    pub fn line(&self, line: &str) -> Result<()> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// Prints bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        written.map_err(|error| Failure::io("the output cannot be written", &error))
    }

    /// Prints a table, no wider than the terminal.
    pub fn table(&self, table: &Table) -> Result<()> {
        for (at, line) in table.lines(self.width()).iter().enumerate() {
            match at {
                0 => self.line(&self.paint(Colour::Bold, line))?,
                _ => self.line(line)?,
            }
        }
        Ok(())
    }

    /// Says something to people who look on; not a result.
    pub fn note(&self, text: &str) {
        if !self.json {
            // Where nobody hears it, nothing is lost.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// The text in a colour, where there are colours.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        let code = match colour {
            _ if !self.colour => return text.to_owned(),
            Colour::Green => 32,
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Bold => 1,
            Colour::Dim => 2,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Columns of the terminal; none where there is no terminal.
    pub fn width(&self) -> Option<usize> {
        if !self.is_terminal {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 0).then(|| usize::from(size.ws_col))
    }
}

/// Prints how the program fails, in one line.
pub fn complain(failure: &Failure, json: bool) {
    let text = match json {
        true => failure.to_json().to_string(),
        false => format!("kpc: {failure}"),
    };
    let _ = writeln!(io::stderr(), "{text}");
}

/// A text of somebody else's, without what a terminal would obey.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time as people say it.
pub fn seconds(time: std::time::Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(
            harmless("a\x1b[2Jb\u{9b}c\r\n"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\n"
        );
    }

    #[test]
    fn times_are_short() {
        assert_eq!(seconds(Duration::from_millis(12)), "12 ms");
        assert_eq!(seconds(Duration::from_millis(2345)), "2.3 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
