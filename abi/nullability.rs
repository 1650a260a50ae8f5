// What stands before a pointer that must not be NULL, and before one that may be. The mark in the
// sources is the word NULL in the text of @param: whoever may be NULL is told there what that means.
// The header then says it to compilers and to importers of other languages, too. Included by
// build.rs.

/// What stands before the name of a pointer that must not be NULL.
const NONNULL: &str = "KPC_NONNULL";
/// What stands before the name of a pointer that may be NULL.
const NULLABLE: &str = "KPC_NULLABLE";

/// Marks every pointer among the parameters of the functions in what cbindgen wrote, which has
/// each function in one line, below its comment.
fn with_nullability(text: &str) -> Result<String> {
    let mut marked = String::new();
    let mut comment = String::new();
    let mut call = (String::new(), Comment::default());
    for line in text.lines() {
        let is_function = line.starts_with("KPC_API ") && line.ends_with(");");
        if is_function {
            let function = Declared::of(line)?;
            let own = Comment::parse(&std::mem::take(&mut comment));
            let told = function.told(&mut call, own)?;
            marked.push_str(&function.marked(&told)?);
        } else {
            match line.trim() {
                "/**" => comment.clear(),
                "*/" => {}
                part => comment.extend([part, "\n"]),
            }
            marked.push_str(line);
        }
        marked.push('\n');
    }
    Ok(marked)
}

/// A function in one line.
struct Declared<'a> {
    head: &'a str,
    name: &'a str,
    parameters: Vec<&'a str>,
}

impl<'a> Declared<'a> {
    fn of(line: &'a str) -> Result<Self> {
        let (head, parameters) = line.split_once('(').ok_or("a function without parameters")?;
        Ok(Declared {
            head,
            name: split_name(head).1,
            parameters: parameters.trim_end_matches(");").split(", ").collect(),
        })
    }

    /// What is said of it: its comment, or what follows from that of the call whose form it is.
    fn told(&self, call: &mut (String, Comment), own: Comment) -> Result<Comment> {
        if let Some(group) = own.returns.as_deref().and_then(status_groups::unknown) {
            return Err(format!("{}: no group is called \"{group}\"", self.name).into());
        }
        if three_forms::call_of(self.name) == Some(&call.0) {
            let names: Vec<&str> = self.parameters.iter().map(|p| split_name(p).1).collect();
            let call = Some((call.0.as_str(), &call.1));
            return Ok(three_forms::in_full(self.name, &names, call, own));
        }
        if own == Comment::default() {
            return Err(format!("{} has no comment", self.name).into());
        }
        *call = (self.name.to_owned(), own.clone());
        Ok(own)
    }

    fn marked(&self, told: &Comment) -> Result<String> {
        let parameters = self.parameters.iter();
        let marked: Result<Vec<String>> = parameters.map(|p| marked_parameter(p, told)).collect();
        Ok(format!("{}({});", self.head, marked?.join(", ")))
    }
}

fn marked_parameter(parameter: &str, told: &Comment) -> Result<String> {
    let (kind, name) = split_name(parameter);
    if !kind.contains('*') && !kind.ends_with("_fn ") {
        return Ok(parameter.to_owned());
    }
    let told = told
        .parameter(name)
        .ok_or_else(|| format!("{parameter}: no @param says whether it may be NULL"))?;
    let mark = if told.contains("NULL") { NULLABLE } else { NONNULL };
    Ok(format!("{kind}{mark} {name}"))
}

fn split_name(declaration: &str) -> (&str, &str) {
    declaration.split_at(declaration.rfind([' ', '*']).map_or(0, |at| at + 1))
}
