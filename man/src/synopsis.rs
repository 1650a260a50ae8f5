//! Prototypes as a synopsis shows them.

use crate::header::Function;
use crate::roff;

/// Columns that a page of 80 has for text.
const WIDTH: usize = 72;

/// A block with the prototypes of some functions.
pub fn prototypes<'a>(functions: impl IntoIterator<Item = &'a Function>) -> String {
    let mut text = ".nf\n.B #include <kpclient.h>\n".to_owned();
    for function in functions {
        text.push_str(".PP\n");
        for line in prototype(function) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text.push_str(".fi\n");
    text
}

/// One prototype, in as many lines as it takes: names of parameters in italics, all else bold.
fn prototype(function: &Function) -> Vec<String> {
    let head = format!("{}{}(", function.result, function.name);
    let widest = function.parameters.iter().map(|p| p.len() + 2).max();
    // Below each other where there is room, else a little to the right.
    let indent = match head.len() + widest.unwrap_or(0) <= WIDTH {
        true => head.len(),
        false => 8,
    };
    let mut lines = vec![roff::bold(&head)];
    let mut column = head.len();
    let last = function.parameters.len().saturating_sub(1);
    if function.parameters.is_empty() {
        add(&mut lines, &roff::bold("void);"));
    }
    for (at, parameter) in function.parameters.iter().enumerate() {
        let (kind, name) = Function::split_parameter(parameter);
        let end = if at == last { ");" } else { "," };
        let begins = at == 0 && column == indent;
        if column + parameter.len() + end.len() + 1 > WIDTH && !begins {
            lines.push(" ".repeat(indent));
            column = indent;
        } else if at > 0 {
            add(&mut lines, " ");
            column += 1;
        }
        add(&mut lines, &roff::bold(kind));
        add(&mut lines, &roff::italic(name));
        add(&mut lines, &roff::bold(end));
        column += parameter.len() + end.len();
    }
    lines
}

fn add(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}
