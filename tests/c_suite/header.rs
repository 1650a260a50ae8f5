//! The functions of the header, taken apart.

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
    /// Its comment, in one line.
    pub comment: String,
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
    blocks
        .windows(2)
        .map(|pair| {
            let comment = pair[0].rfind("/**").map_or("", |at| &pair[0][at..]);
            let end = pair[1].find(';').unwrap_or(pair[1].len());
            function(&words(comment), &words(&pair[1][..end]))
        })
        .collect()
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

/// One line, one space between words, no stars of a comment.
fn words(text: &str) -> String {
    text.lines()
        .map(|line| {
            line.trim()
                .trim_start_matches("* ")
                .trim_start_matches("/**")
        })
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn function(comment: &str, prototype: &str) -> Function {
    let prototype = prototype.trim_start_matches("KPC_MUST_USE ");
    let (head, parameters) = prototype.split_once('(').unwrap_or((prototype, ""));
    let (result, name) = split_name(head);
    let parameters = parameters
        .trim_end_matches(')')
        .split(", ")
        .filter(|parameter| *parameter != "void")
        .map(|parameter| {
            let nullable = match () {
                () if parameter.contains("KPC_NULLABLE ") => Some(true),
                () if parameter.contains("KPC_NONNULL ") => Some(false),
                () => None,
            };
            let parameter = parameter.replace("KPC_NULLABLE ", "");
            let (kind, name) = split_name(&parameter.replace("KPC_NONNULL ", ""));
            let told = comment
                .split("@param ")
                .find_map(|part| part.strip_prefix(&format!("{name} ")))
                .and_then(|part| part.split("@return").next())
                .unwrap_or_default();
            Parameter {
                told: told.to_owned(),
                kind,
                name,
                nullable,
            }
        })
        .collect();
    Function {
        name,
        result,
        parameters,
        comment: comment.to_owned(),
    }
}

fn split_name(declaration: &str) -> (String, String) {
    let at = declaration.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (kind, name) = declaration.split_at(at);
    (kind.trim().to_owned(), name.to_owned())
}
