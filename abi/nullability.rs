// Which parameters may be NULL. The mark in the sources is the word NULL in the text of @param:
// whoever may be NULL is told there what that means. The header then says it to compilers and to
// importers of other languages, too. Included by build.rs.

/// What stands before the name of a pointer that must not be NULL.
const NONNULL: &str = "KPC_NONNULL";
/// What stands before the name of a pointer that may be NULL.
const NULLABLE: &str = "KPC_NULLABLE";

/// Marks every pointer among the parameters of the functions in what cbindgen wrote, which has
/// each function in one line, below its comment.
fn with_nullability(text: &str) -> Result<String> {
    let mut marked = String::new();
    let mut comment = String::new();
    for line in text.lines() {
        match line.trim() {
            "/**" => comment.clear(),
            part => {
                comment.push(' ');
                comment.push_str(part.trim_start_matches("* "));
            }
        }
        let is_function = line.starts_with("KPC_API ") && line.ends_with(");");
        marked.push_str(&match is_function {
            true => marked_function(line, &comment)?,
            false => line.to_owned(),
        });
        marked.push('\n');
    }
    Ok(marked)
}

fn marked_function(line: &str, comment: &str) -> Result<String> {
    let (head, parameters) = line.split_once('(').ok_or("a function without parameters")?;
    let marked: Result<Vec<String>> = parameters
        .trim_end_matches(");")
        .split(", ")
        .map(|parameter| marked_parameter(parameter, comment))
        .collect();
    Ok(format!("{head}({});", marked?.join(", ")))
}

fn marked_parameter(parameter: &str, comment: &str) -> Result<String> {
    let at = parameter.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (kind, name) = parameter.split_at(at);
    if !kind.contains('*') && !kind.ends_with("_fn ") {
        return Ok(parameter.to_owned());
    }
    let told = comment
        .split("@param ")
        .find_map(|part| part.strip_prefix(name)?.strip_prefix(' '))
        .and_then(|part| part.split("@return").next())
        .ok_or_else(|| format!("{parameter}: no @param says whether it may be NULL"))?;
    let mark = if told.contains("NULL") { NULLABLE } else { NONNULL };
    Ok(format!("{kind}{mark} {name}"))
}
