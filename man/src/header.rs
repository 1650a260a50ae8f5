//! The header, taken apart: sections, and in them constants, types and functions.

use std::collections::BTreeMap;

use crate::comment::Comment;
use crate::three_forms;

include!("../../abi/sections.rs");

/// The whole header.
#[derive(Debug)]
pub struct Header {
    /// The version of the library, as a text and as a number.
    pub version: (String, u32),
    /// The contract at its head: title and text of each paragraph.
    pub contract: Vec<(String, String)>,
    /// The sections in their order.
    pub sections: Vec<Section>,
}

/// One section of the header.
#[derive(Debug)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// The name of its page, without the number.
    pub page: String,
    /// Its constants.
    pub constants: Vec<Constant>,
    /// Its types.
    pub types: Vec<Type>,
    /// Its functions.
    pub functions: Vec<Function>,
}

/// A constant of the preprocessor.
#[derive(Debug)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its value, as it stands.
    pub value: String,
    /// What is said of it.
    pub comment: Comment,
}

/// A type.
#[derive(Debug)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// Its declaration, without comments.
    pub declaration: String,
    /// The members of a struct that programs see.
    pub members: Vec<(String, Comment)>,
    /// What is said of it.
    pub comment: Comment,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The type of its result, with a blank behind it unless it ends with an asterisk.
    pub result: String,
    /// Its parameters as they are declared, without marks; none for `void`.
    pub parameters: Vec<String>,
    /// Whether each parameter may be NULL; nothing where it is no pointer.
    pub nullable: Vec<Option<bool>>,
    /// What is said of it.
    pub comment: Comment,
}

impl Function {
    /// The name in a declaration of a parameter, and what stands before it.
    pub fn split_parameter(parameter: &str) -> (&str, &str) {
        let at = parameter.rfind([' ', '*']).map_or(0, |at| at + 1);
        parameter.split_at(at)
    }
}

impl Header {
    /// Takes the text of kpclient.h apart.
    ///
    /// # Errors
    /// A text that says what is not as the build of the header makes it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (head, body) = text
            .split_once("\n/* ---- Objects")
            .ok_or("the header has no objects")?;
        let mut chunks = body.split("\n/* ---- ");
        let objects = chunks.next().unwrap_or_default();
        let mut sections = chunks.map(section).collect::<Result<Vec<_>, _>>()?;
        let named: Vec<_> = sections.iter().map(|s| s.title.as_str()).collect();
        let wanted: Vec<_> = SECTIONS.iter().map(|(title, ..)| *title).collect();
        if named != wanted {
            return Err("the sections of the header are not those of abi/sections.rs".to_owned());
        }
        let objects = section_of("Objects", objects)?;
        for object in objects.types {
            house(object, &mut sections)?;
        }
        Ok(Header {
            version: version(head).ok_or("the header has no version")?,
            contract: contract(head),
            sections,
        })
    }

    /// All functions, with their sections.
    pub fn functions(&self) -> impl Iterator<Item = (&Section, &Function)> {
        self.sections
            .iter()
            .flat_map(|section| section.functions.iter().map(move |f| (section, f)))
    }

    /// All types with the pages that describe them.
    pub fn types(&self) -> BTreeMap<&str, &str> {
        self.sections
            .iter()
            .flat_map(|s| s.types.iter().map(|t| (t.name.as_str(), s.page.as_str())))
            .collect()
    }

    /// What is said of each status that is a failure.
    pub fn statuses(&self) -> BTreeMap<&str, &Constant> {
        self.sections
            .iter()
            .flat_map(|section| &section.constants)
            .filter(|constant| constant.name.starts_with("KPC_ERR_"))
            .map(|constant| (constant.name.as_str(), constant))
            .collect()
    }
}

/// Puts an object, which stands at the head of the header, into the section that ends it.
fn house(object: Type, sections: &mut [Section]) -> Result<(), String> {
    let ends = ["_free", "_close"].map(|end| format!("{}{end}", object.name));
    // What is only ever lent has no such function.
    let takes = format!("const {} *", object.name);
    let home = sections
        .iter()
        .position(|s| s.functions.iter().any(|f| ends.contains(&f.name)))
        .or_else(|| {
            sections.iter().position(|s| {
                let mut all = s.functions.iter().flat_map(|f| &f.parameters);
                all.any(|parameter| parameter.starts_with(&takes))
            })
        })
        .and_then(|at| sections.get_mut(at))
        .ok_or_else(|| format!("no section is about {}", object.name))?;
    home.types.insert(0, object);
    Ok(())
}

fn version(head: &str) -> Option<(String, u32)> {
    let defined = |name: &str| {
        let (_, rest) = head.split_once(&format!("#define {name} "))?;
        rest.lines().next()
    };
    let text = defined("KPC_VERSION")?.trim_matches('"');
    let number = defined("KPC_VERSION_NUMBER")?.parse().ok()?;
    Some((text.to_owned(), number))
}

fn contract(head: &str) -> Vec<(String, String)> {
    let comment = head.split("*/").next().unwrap_or_default();
    let text = comment.split("============\n").nth(1).unwrap_or_default();
    let paragraphs = Comment::parse(text).paragraphs;
    paragraphs
        .iter()
        .filter_map(|paragraph| paragraph.split_once(". "))
        .filter(|(title, _)| title.len() < 30)
        .map(|(title, text)| (title.to_owned(), text.to_owned()))
        .collect()
}

fn section(chunk: &str) -> Result<Section, String> {
    let (heading, body) = chunk.split_once('\n').unwrap_or((chunk, ""));
    let title = heading.trim_end_matches("*/").trim().trim_end_matches('-');
    section_of(title.trim(), body)
}

fn section_of(title: &str, body: &str) -> Result<Section, String> {
    let named = SECTIONS.iter().find(|(name, ..)| *name == title);
    let page = named.map_or("", |(_, page, _)| page);
    let mut section = Section {
        title: title.to_owned(),
        page: format!("kpclient_{page}"),
        constants: Vec::new(),
        types: Vec::new(),
        functions: Vec::new(),
    };
    let mut rest = body;
    while let Some(at) = ["/**", "KPC_API"].iter().filter_map(|m| rest.find(m)).min() {
        let begin = rest.get(at..).unwrap_or_default();
        let (comment, code) = match begin.strip_prefix("/**") {
            Some(after) => after.split_once("*/").ok_or("a comment has no end")?,
            None => ("", begin),
        };
        let (comment, code) = (Comment::parse(comment), code.trim_start());
        let end = end_of(code).ok_or_else(|| format!("no end: {comment:?}"))?;
        section.take(code.get(..end).unwrap_or_default(), comment)?;
        rest = code.get(end..).unwrap_or_default();
    }
    Ok(section)
}

/// Where a declaration ends.
fn end_of(code: &str) -> Option<usize> {
    if code.starts_with("#define ") {
        return code.find('\n');
    }
    let semicolon = code.find(';')?;
    match code.find('{') {
        Some(brace) if brace < semicolon => {
            let close = code.find("\n}")?;
            let rest = code.get(close..)?;
            Some(close + rest.find(';')? + 1)
        }
        _ => Some(semicolon + 1),
    }
}

impl Section {
    fn take(&mut self, code: &str, comment: Comment) -> Result<(), String> {
        if let Some(define) = code.strip_prefix("#define ") {
            let (name, value) = define.split_once(' ').unwrap_or((define, ""));
            self.constants.push(Constant {
                name: name.to_owned(),
                value: value.trim().to_owned(),
                comment,
            });
        } else if code.starts_with("typedef ") {
            self.types.push(declared_type(code, comment)?);
        } else if code.starts_with("KPC_API") {
            let function = self.documented(function(code, comment)?);
            self.functions.push(function);
        } else {
            return Err(format!("neither constant, type nor function: {code}"));
        }
        Ok(())
    }

    /// A function with all that is to be said of it: also where that follows from the comment of
    /// the call that it is a form of, and every status by its name.
    fn documented(&self, mut function: Function) -> Function {
        let call = three_forms::call_of(&function.name)
            .and_then(|call| self.functions.iter().find(|f| f.name == call));
        let call = call.map(|f| (f.name.as_str(), &f.comment));
        let parameters = function.parameters.iter();
        let names: Vec<_> = parameters.map(|p| Function::split_parameter(p).1).collect();
        let own = std::mem::take(&mut function.comment);
        function.comment = three_forms::in_full(&function.name, &names, call, own);
        function
    }
}

fn declared_type(code: &str, comment: Comment) -> Result<Type, String> {
    let name = match code.split_once("(*") {
        Some((_, rest)) => rest.split(')').next(),
        None => code.trim_end_matches(';').split([' ', '*']).next_back(),
    };
    let name = name.ok_or_else(|| format!("a type without a name: {code}"))?;
    let mut members = Vec::new();
    let mut declaration = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("/**") {
        declaration.push_str(before.trim_end_matches([' ', '\n']));
        let (text, after) = after.split_once("*/").ok_or("a comment has no end")?;
        let member = after.trim_start().split(';').next().unwrap_or_default();
        members.push((member.to_owned(), Comment::parse(text)));
        rest = after;
    }
    declaration.push_str(rest);
    Ok(Type {
        name: name.to_owned(),
        declaration,
        members,
        comment,
    })
}

fn function(code: &str, comment: Comment) -> Result<Function, String> {
    let words = code.trim_end_matches(';').split_whitespace();
    let words: Vec<_> = words
        .filter(|word| !word.starts_with("KPC_API") && !word.starts_with("KPC_MUST_USE"))
        .collect();
    let line = words.join(" ");
    let (head, tail) = line
        .split_once('(')
        .ok_or_else(|| format!("no function: {code}"))?;
    let at = head.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (result, name) = head.split_at(at);
    let declared = tail.trim_end_matches(')').split(", ");
    let declared: Vec<_> = declared.filter(|parameter| *parameter != "void").collect();
    Ok(Function {
        name: name.to_owned(),
        result: result.to_owned(),
        parameters: declared.iter().map(|p| without_marks(p)).collect(),
        nullable: declared.iter().map(|p| nullability(p)).collect(),
        comment,
    })
}

/// Before a parameter that may be NULL, and before one that must not.
const NULLABLE: &str = "KPC_NULLABLE ";
const NONNULL: &str = "KPC_NONNULL ";

fn without_marks(parameter: &str) -> String {
    parameter.replace(NONNULL, "").replace(NULLABLE, "")
}

fn nullability(parameter: &str) -> Option<bool> {
    match (parameter.contains(NULLABLE), parameter.contains(NONNULL)) {
        (false, false) => None,
        (is_nullable, _) => Some(is_nullable),
    }
}
