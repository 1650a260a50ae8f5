//! The functions of the header, taken apart.

#[path = "../../abi/comment.rs"]
mod comment;
#[path = "../../abi/status_groups.rs"]
#[allow(dead_code, reason = "made for the build of the header")]
pub mod status_groups;
#[path = "../../abi/three_forms.rs"]
mod three_forms;

pub use comment::Comment;

/// A parameter of a function.
pub struct Parameter {
    /// As C writes it, without the name.
    pub kind: String,
    pub name: String,
    /// What the comment says of it.
    pub told: String,
    /// Whether it is marked as one that may be NULL; neither where it is no pointer.
    pub nullable: Option<bool>,
}

/// A function of the header.
pub struct Function {
    pub name: String,
    pub result: String,
    pub parameters: Vec<Parameter>,
    /// What is said of it, each status by its name. Of kpc_x_async and kpc_x_result that follows
    /// from the comment of kpc_x.
    pub comment: Comment,
    /// What stands behind `@return` in the header.
    pub returns: String,
}

impl Function {
    /// Whether it takes something of this name.
    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|p| p.name == name)
    }
}

/// Every function of the header's text.
pub fn functions(text: &str) -> Vec<Function> {
    let blocks: Vec<&str> = text.split("\nKPC_API").collect();
    let mut functions: Vec<Function> = Vec::new();
    for pair in blocks.windows(2) {
        // Nothing but the comment stands between a declaration and the function.
        let before = pair[0].trim_end().strip_suffix("*/").unwrap_or_default();
        let comment = before.rfind("/**").map_or("", |at| &before[at + 3..]);
        let end = pair[1].find(';').unwrap_or(pair[1].len());
        let function = function(Comment::parse(comment), &words(&pair[1][..end]), &functions);
        functions.push(function);
    }
    functions
}

/// The opaque types of the header's text.
pub fn objects(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("typedef struct ")?.strip_suffix(';'))
        .filter_map(|pair| pair.split_once(' '))
        .filter(|(tag, name)| tag == name)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// One line, one space between words.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn function(own: Comment, prototype: &str, before: &[Function]) -> Function {
    let prototype = prototype.trim_start_matches("KPC_MUST_USE ");
    let (head, parameters) = prototype.split_once('(').unwrap_or((prototype, ""));
    let (result, name) = split_name(head);
    let parameters: Vec<&str> = parameters
        .trim_end_matches(')')
        .split(", ")
        .filter(|parameter| *parameter != "void")
        .collect();
    let returns = own.returns.clone().unwrap_or_default();
    let comment = documented(&name, &parameters, own, before);
    let parameters = parameters.iter().map(|p| parameter(p, &comment)).collect();
    Function {
        name,
        result,
        parameters,
        comment,
        returns,
    }
}

/// What is said of a function: in its own comment, or in that of the call that it is a form of.
fn documented(name: &str, parameters: &[&str], own: Comment, before: &[Function]) -> Comment {
    let call = three_forms::call_of(name).and_then(|call| before.iter().find(|f| f.name == call));
    let names: Vec<String> = parameters.iter().map(|p| split_name(p).1).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let call = call.map(|f| (f.name.as_str(), &f.comment));
    three_forms::in_full(name, &names, call, own)
}

fn parameter(declaration: &str, comment: &Comment) -> Parameter {
    let nullable = match () {
        () if declaration.contains("KPC_NULLABLE ") => Some(true),
        () if declaration.contains("KPC_NONNULL ") => Some(false),
        () => None,
    };
    let declaration = declaration.replace("KPC_NULLABLE ", "");
    let (kind, name) = split_name(&declaration.replace("KPC_NONNULL ", ""));
    let told = comment.parameter(&name).unwrap_or_default();
    Parameter {
        told: told.to_owned(),
        kind,
        name,
        nullable,
    }
}

fn split_name(declaration: &str) -> (String, String) {
    let at = declaration.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (kind, name) = declaration.split_at(at);
    (kind.trim().to_owned(), name.to_owned())
}
