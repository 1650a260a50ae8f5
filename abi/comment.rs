//! A documentation comment of the header, taken apart. A module of build.rs, man/src and the tests.

/// What one comment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comment {
    /// Its text, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Parameters in their order: name and text.
    pub parameters: Vec<(String, String)>,
    /// What is returned.
    pub returns: Option<String>,
    /// Who owns what comes out.
    pub ownership: Option<String>,
    /// On which threads it may be called.
    pub threads: Option<String>,
}

impl Comment {
    /// Takes apart what stands between `/**` and `*/`.
    pub fn parse(text: &str) -> Self {
        let mut comment = Comment::default();
        let mut open = false; // the next line goes on where the last one was
        for line in text.lines() {
            let line = line.trim();
            let line = line.strip_prefix('*').unwrap_or(line).trim();
            if line.is_empty() {
                open = false;
            } else if !comment.begin(line) {
                comment.go_on(line, open);
                open = true;
            } else {
                open = true;
            }
        }
        comment
    }

    /// What is said of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map(|(_, text)| text.as_str())
    }

    /// Takes a line that begins a part of its own.
    fn begin(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("@param ") {
            let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
            self.parameters
                .push((name.to_owned(), text.trim().to_owned()));
        } else if let Some(rest) = line.strip_prefix("@return ") {
            self.returns = Some(rest.trim().to_owned());
        } else if let Some(rest) = line.strip_prefix("Ownership: ") {
            self.ownership = Some(rest.to_owned());
        } else if let Some(rest) = line.strip_prefix("Threads: ") {
            self.threads = Some(rest.to_owned());
        } else {
            return false;
        }
        true
    }

    /// Takes a line that goes on with the part begun last, or begins a paragraph.
    fn go_on(&mut self, line: &str, open: bool) {
        let last_parameter = self.parameters.last_mut().map(|(_, text)| text);
        let part = self
            .threads
            .as_mut()
            .or(self.ownership.as_mut())
            .or(self.returns.as_mut())
            .or(last_parameter)
            .or(self.paragraphs.last_mut());
        match part {
            Some(part) if open => {
                part.push(' ');
                part.push_str(line);
            }
            _ => self.paragraphs.push(line.to_owned()),
        }
    }
}
