//! Console sessions: commands behind `$ `, each followed by what it prints.

/// One command and what it is to print; `...` stands for anything within a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub line: String,
    pub output: Vec<String>,
}

/// The session in the first comment of a C program: the lines that are set in by three blanks.
pub fn of_source(source: &str) -> Vec<Command> {
    let comment = source.split("*/").next().unwrap_or_default();
    let lines = comment
        .lines()
        .filter_map(|line| line.strip_prefix(" *   "));
    let mut session: Vec<Command> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), session.last_mut()) {
            (Some(command), _) => session.push(Command {
                line: command.to_owned(),
                output: Vec::new(),
            }),
            (None, Some(command)) => command.output.push(line.to_owned()),
            (None, None) => {}
        }
    }
    session
}

/// Whether a line is what was promised.
pub fn matches(promised: &str, found: &str) -> bool {
    let mut parts = promised.split("...");
    let Some(mut rest) = parts.next().and_then(|head| found.strip_prefix(head)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((tail, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(tail)
}

/// How the output of a command differs from what was promised.
pub fn compare(command: &Command, found: &[&str]) -> Result<(), String> {
    let same = command.output.len() == found.len()
        && command
            .output
            .iter()
            .zip(found)
            .all(|(promised, found)| matches(promised, found));
    if same {
        return Ok(());
    }
    Err(format!(
        "$ {}\npromised:\n  {}\nfound:\n  {}",
        command.line,
        command.output.join("\n  "),
        found.join("\n  ")
    ))
}

#[test]
fn a_session_is_what_is_set_in_after_its_first_command() {
    let source = "/* About.\n *\n *   no command\n *   $ one a b\n *   out ...\n *\n * text\n *   $ two\n */\n *   $ three\n";
    let session = of_source(source);
    let command = |line: &str, output: &[&str]| Command {
        line: line.to_owned(),
        output: output.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(
        session,
        [command("one a b", &["out ..."]), command("two", &[])]
    );
}

#[test]
fn dots_stand_for_anything_and_the_rest_for_itself() {
    for (promised, found) in [
        ("", ""),
        ("abc", "abc"),
        ("a...c", "ac"),
        ("a...c", "abcbc"),
        ("...", ""),
        ("box ...: x ...", "box 7: x "),
        ("...b...d", "abcd"),
    ] {
        assert!(matches(promised, found), "{promised:?} {found:?}");
    }
    for (promised, found) in [
        ("", "a"),
        ("abc", "abcd"),
        ("abc", "ab"),
        ("a...c", "ab"),
        ("a...c", "bc"),
        ("a...bb...b", "abb"),
        ("...b...d", "acd"),
    ] {
        assert!(!matches(promised, found), "{promised:?} {found:?}");
    }
}

#[test]
fn a_missing_line_and_one_too_many_are_differences() {
    let command = Command {
        line: "x".to_owned(),
        output: vec!["one".to_owned(), "two".to_owned()],
    };
    assert!(compare(&command, &["one", "two"]).is_ok());
    assert!(compare(&command, &["one"]).is_err());
    assert!(compare(&command, &["one", "two", "three"]).is_err());
    assert!(compare(&command, &["two", "one"]).is_err());
}
