//! Generates the C header and holds it against the committed one.
//!
//! The header is made anew in OUT_DIR at every build. Where it differs from
//! include/kpclient.h the build fails; `KPC_HEADER=write` rewrites the committed one
//! instead (`make header`), `KPC_HEADER=skip` does not look. Nothing else ever writes
//! into the source tree.

#![allow(clippy::print_stdout, reason = "how a build script speaks with cargo")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[path = "abi/comment.rs"]
#[allow(dead_code, reason = "made for the manual pages, too")]
mod comment;
#[path = "abi/status_groups.rs"]
#[allow(dead_code, reason = "made for the manual pages, too")]
mod status_groups;
#[path = "abi/three_forms.rs"]
mod three_forms;

use comment::Comment;

include!("abi/nullability.rs");
include!("abi/sections.rs");

/// Nothing in the header is wider.
const WIDTH: usize = 100;

const COMMITTED: &str = "include/kpclient.h";

fn main() {
    if let Err(error) = run() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn run() -> Result<()> {
    for path in [
        "build.rs",
        "cbindgen.toml",
        "abi",
        "src/ffi",
        "src/status_table.rs",
        COMMITTED,
    ] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=KPC_HEADER");

    let header = generate()?;
    let made = PathBuf::from(env::var("OUT_DIR")?).join("kpclient.h");
    fs::write(&made, &header)?;
    settle(&header, &made)
}

/// Holds the new header against the committed one.
fn settle(header: &str, made: &Path) -> Result<()> {
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    match env::var("KPC_HEADER").as_deref() {
        Ok("skip") => return Ok(()),
        Ok("write") if committed != header => return Ok(fs::write(COMMITTED, header)?),
        _ => {}
    }
    if committed == header {
        return Ok(());
    }
    let line = 1 + committed
        .lines()
        .zip(header.lines())
        .take_while(|(old, new)| old == new)
        .count();
    Err(format!(
        "{COMMITTED} is not what src/ffi gives; the first difference is in line {line}.\n\
         Run `make header` (or build with KPC_HEADER=write) and commit the result.\n\
         The new header is {}.",
        made.display()
    )
    .into())
}

fn generate() -> Result<String> {
    let mut objects = String::new();
    let mut sections = String::new();
    for (title, _, files) in SECTIONS {
        sections.push_str(&heading(title));
        if files.contains(&"boundary/status") {
            sections.push_str(&statuses()?);
        }
        let (mut constants, mut rest) = (String::new(), String::new());
        for file in *files {
            sort(&section(file)?, &mut objects, &mut constants, &mut rest);
        }
        sections.push_str(&constants);
        sections.push_str(rest.trim_end());
        sections.push('\n');
    }
    let mut header = preamble()?;
    header.push_str(&heading("Objects"));
    header.push_str(objects.trim_end());
    header.push('\n');
    header.push_str(&sections);
    header.push_str(&fs::read_to_string("abi/end.h.in")?);
    Ok(header)
}

fn heading(title: &str) -> String {
    let rule = "-".repeat(WIDTH - title.len() - "/* ----   */".len());
    format!("\n/* ---- {title} {rule} */\n\n")
}

/// Takes a file apart. The opaque types, with their comments, mention each other, so all of them
/// come before everything else; the constants of a section come before the functions that take or
/// return them.
fn sort(section: &str, objects: &mut String, constants: &mut String, rest: &mut String) {
    for block in section.trim().split("\n\n") {
        let last = block.trim_end().lines().last().unwrap_or_default();
        let is_opaque = last.starts_with("typedef struct ") && last.ends_with(';');
        let target = match () {
            () if is_opaque => &mut *objects,
            () if last.starts_with("#define ") => &mut *constants,
            () => &mut *rest,
        };
        target.push_str(block.trim());
        target.push_str("\n\n");
    }
}

fn preamble() -> Result<String> {
    let mut text = fs::read_to_string("abi/preamble.h.in")?;
    for (mark, name) in [
        ("@VERSION@", "CARGO_PKG_VERSION"),
        ("@MAJOR@", "CARGO_PKG_VERSION_MAJOR"),
        ("@MINOR@", "CARGO_PKG_VERSION_MINOR"),
        ("@PATCH@", "CARGO_PKG_VERSION_PATCH"),
    ] {
        text = text.replace(mark, &env::var(name)?);
    }
    let text = text.replace(" * @GROUPS@\n", &groups()?);
    Ok(text.replace("@NUMBER@", &version_number()?.to_string()))
}

/// What each group of statuses stands for, as lines of the comment at the head.
fn groups() -> Result<String> {
    let mut text = String::new();
    for (name, members) in status_groups::GROUPS {
        let (last, others) = members.split_last().ok_or("a group without statuses")?;
        let sentence = format!("\"any {name}\" is {} or {last}.", others.join(", "));
        wrapped(&mut text, &sentence)?;
    }
    Ok(text)
}

/// The version as one plain number: not every language's importer computes expressions.
fn version_number() -> Result<u32> {
    let part = |name| -> Result<u32> { Ok(env::var(name)?.parse()?) };
    Ok(part("CARGO_PKG_VERSION_MAJOR")? * 65536
        + part("CARGO_PKG_VERSION_MINOR")? * 256
        + part("CARGO_PKG_VERSION_PATCH")?)
}

/// What cbindgen makes of one file of src/ffi.
fn section(file: &str) -> Result<String> {
    let path = format!("src/ffi/{file}.rs");
    let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
    let source = fs::read_to_string(&path)?;
    config.export.include = exported_types(&source);
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_src(alone(&source)?)
        .generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(tidy(&with_nullability(&String::from_utf8(text)?)?))
}

/// The file without the files below it, which have their own places in the header: cbindgen would
/// follow it to them.
fn alone(source: &str) -> Result<PathBuf> {
    let is_module = |line: &&str| line.starts_with("pub mod ") && line.ends_with(';');
    let lines = source.lines().filter(|line| !is_module(line));
    let path = PathBuf::from(env::var("OUT_DIR")?).join("section.rs");
    fs::write(&path, lines.collect::<Vec<_>>().join("\n"))?;
    Ok(path)
}

/// Lays cbindgen's text out as a reader likes it: comments of one line take one line,
/// constants stand together, and long declarations are filled up to the width.
fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        // Every struct has a typedef of its name.
        let line = &match line.starts_with("typedef struct") {
            true => line.to_owned(),
            false => in_parentheses(line.replace("struct kpc_", "kpc_")),
        };
        match lines.as_slice() {
            [.., before, last] if line.trim() == "*/" && before.trim() == "/**" => {
                let indent = &before[..before.len() - "/**".len()];
                let sentence = last.trim_start().trim_start_matches("* ");
                let one_line = format!("{indent}/** {sentence} */");
                if one_line.len() <= WIDTH {
                    lines.truncate(lines.len() - 2);
                    lines.push(one_line);
                    continue;
                }
                lines.push(line.clone());
            }
            _ if line.ends_with(");") && line.len() > WIDTH => lines.extend(filled(line)),
            _ => lines.push(line.clone()),
        }
    }
    close_up(&lines)
}

/// A negative constant stands in parentheses, so that it is one operand wherever it is used.
fn in_parentheses(line: String) -> String {
    match line.rsplit_once(' ') {
        Some((define, value)) if define.starts_with("#define ") && value.starts_with('-') => {
            format!("{define} ({value})")
        }
        _ => line,
    }
}

/// A long declaration in several lines: attributes first, then as many parameters in a line
/// as there is room for, below each other.
fn filled(declaration: &str) -> Vec<String> {
    let words = declaration
        .split(' ')
        .take_while(|word| word.starts_with("KPC_"));
    let attributes = words.collect::<Vec<_>>().join(" ");
    let rest = declaration[attributes.len()..].trim_start();
    let open = rest.rfind('(').map_or(rest.len(), |at| at + 1);
    let (head, parameters) = rest.split_at(open);
    let widest = parameters.split(", ").map(str::len).max().unwrap_or(0);
    let indent = " ".repeat(match head.len() + widest < WIDTH {
        true => head.len(),
        false => 8,
    });
    let mut lines = Vec::new();
    if !attributes.is_empty() {
        lines.push(attributes);
    }
    let mut line = head.to_owned();
    for parameter in parameters.split_inclusive(", ") {
        if line.len() + parameter.trim_end().len() > WIDTH {
            lines.push(line.trim_end().to_owned());
            line.clone_from(&indent);
        }
        line.push_str(parameter);
    }
    lines.push(line);
    lines
}

/// Takes out the empty lines between constants that have comments of one line, and between the
/// three forms of a call, which have one comment.
fn close_up(lines: &[String]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1);
        let forms = at > 0
            && lines[at - 1].ends_with(");")
            && next.is_some_and(|next| next.starts_with("KPC_API"));
        let constants = at > 1
            && lines[at - 1].starts_with("#define ")
            && lines[at - 2].ends_with(" */")
            && next.is_some_and(|next| next.starts_with("/** "))
            && lines
                .get(at + 2)
                .is_some_and(|next| next.starts_with("#define "));
        if !(line.is_empty() && (forms || constants)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Types are exported also where no function of the same file mentions them.
fn exported_types(source: &str) -> Vec<String> {
    source
        .lines()
        .filter_map(|line| {
            let rest = ["pub struct ", "pub type "]
                .iter()
                .find_map(|start| line.strip_prefix(start))?;
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            Some(rest[..end].to_owned())
        })
        .collect()
}

struct Row {
    code: i32,
    name: &'static str,
    text: &'static str,
}

macro_rules! statuses {
    ($($code:literal, $name:ident, $category:ident, $text:literal;)*) => {
        const STATUSES: &[Row] = &[
            $(Row { code: $code, name: stringify!($name), text: $text },)*
        ];
    };
}

include!("src/status_table.rs");

/// Writes a sentence as a comment, in as many lines as it takes.
fn comment(text: &mut String, sentence: &str) -> Result<()> {
    if sentence.len() + "/**  */".len() <= WIDTH {
        return Ok(writeln!(text, "/** {sentence} */")?);
    }
    text.push_str("/**\n");
    wrapped(text, sentence)?;
    text.push_str(" */\n");
    Ok(())
}

/// Writes a sentence as lines of a comment.
fn wrapped(text: &mut String, sentence: &str) -> Result<()> {
    text.push_str(" *");
    let mut column = 2;
    for word in sentence.split(' ') {
        if column + 1 + word.len() > WIDTH {
            text.push_str("\n *");
            column = 2;
        }
        write!(text, " {word}")?;
        column += 1 + word.len();
    }
    text.push('\n');
    Ok(())
}

/// The constants of all statuses, with their sentences.
fn statuses() -> Result<String> {
    let mut text = String::new();
    for row in STATUSES {
        comment(&mut text, row.text)?;
        match row.name {
            "OK" => writeln!(text, "#define KPC_OK 0")?,
            name => writeln!(text, "#define KPC_ERR_{name} ({})", row.code)?,
        }
    }
    text.push('\n');
    Ok(text)
}
