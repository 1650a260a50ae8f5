//! A library in C that has the listed interface and does nothing: for compilers and libabigail,
//! which look at the interface with eyes of their own.

use std::fmt::Write as _;

/// The text of the library. With its own declarations, made from the list alone; or for the header,
/// which must then agree with every line of the list, or a C compiler refuses it.
#[must_use]
pub fn stub(list: &str, own_declarations: bool) -> String {
    let mut text = "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n".to_owned();
    if own_declarations {
        declare(list, &mut text);
    } else {
        text += "#include <kpclient.h>\n";
        claim(list, &mut text);
    }
    for (name, signature) in of(list, "function ") {
        let signature = signature.trim_end_matches(" (store)").replace('?', "");
        let (returns, types) = signature.split_once(" (").unwrap_or((&signature, ")"));
        let types = types.trim_end_matches(')');
        let parameters = match types {
            "" => "void".to_owned(),
            types => types
                .split(", ")
                .enumerate()
                .map(|(number, of)| format!("{of} p{number}"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let body = match returns {
            "void" => "",
            returns => &format!(" static {returns} none; return none; "),
        };
        let _ = writeln!(text, "{returns} {name}({parameters}) {{{body}}}");
    }
    text
}

fn of<'a>(list: &'a str, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let lines = list.lines().filter_map(|line| line.split_once(": "));
    lines.filter_map(move |(key, value)| Some((key.strip_prefix(kind)?, value)))
}

/// The type and the length of a member, which may be an array.
fn member(value: &str) -> (&str, &str) {
    let kind = value.split_once(" at ").map_or(value, |(kind, _)| kind);
    kind.split_at(kind.find('[').unwrap_or(kind.len()))
}

fn declare(list: &str, text: &mut String) {
    for (name, _) in of(list, "object ") {
        let _ = writeln!(text, "typedef struct {name} {name};");
    }
    for (name, kind) in of(list, "type ") {
        let _ = writeln!(text, "typedef {kind} {name};");
    }
    let structs: Vec<&str> = of(list, "struct ").map(|(name, _)| name).collect();
    // Callbacks may take pointers to structs, and structs have callbacks for members.
    for name in &structs {
        let _ = writeln!(text, "typedef struct {name} {name};");
    }
    for (name, signature) in of(list, "callback ") {
        let (returns, types) = signature.split_once(" (").unwrap_or((signature, ")"));
        let _ = writeln!(text, "typedef {returns} (*{name})({types};");
    }
    for name in structs {
        let _ = writeln!(text, "struct {name} {{");
        for (full, value) in of(list, "member ") {
            if let Some((_, field)) = full.split_once('.').filter(|(of, _)| *of == name) {
                let (kind, count) = member(value);
                let _ = writeln!(text, "    {kind} {field}{count};");
            }
        }
        *text += "};\n";
    }
}

/// Claims about the header, one for each number of the list.
fn claim(list: &str, text: &mut String) {
    let mut claim = |claim: String| {
        let _ = writeln!(
            text,
            "_Static_assert({claim}, \"{}\");",
            claim.replace('"', "")
        );
    };
    for (name, kind) in of(list, "type ") {
        claim(format!("_Generic(({name})0, {kind}: 1, default: 0)"));
    }
    for (name, signature) in of(list, "callback ") {
        let pointer = signature.replacen(" (", " (*)(", 1);
        claim(format!("_Generic(({name})0, {pointer}: 1, default: 0)"));
    }
    for (name, value) in of(list, "struct ") {
        let mut words = value.split([' ', ',']);
        if let (Some(size), Some(align)) = (words.nth(1), words.nth(1)) {
            claim(format!("sizeof({name}) == {size}"));
            claim(format!("_Alignof({name}) == {align}"));
        }
    }
    for (full, value) in of(list, "member ") {
        let mut words = value.rsplit(' ');
        let (size, offset) = (words.next(), words.nth(1));
        if let (Some((name, field)), Some(size), Some(offset)) =
            (full.split_once('.'), size, offset)
        {
            claim(format!("offsetof({name}, {field}) == {offset}"));
            claim(format!("sizeof((({name} *)0)->{field}) == {size}"));
        }
    }
    for (name, value) in of(list, "constant ") {
        claim(format!("{name} == {value}"));
    }
}
