//! One method of a class.

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Method;
use kpclient_bindings::{structs, Api, Form, Function, Returns, Role};

use crate::docs::Docs;
use crate::outputs::{output, returned, Output};
use crate::types;

/// A method in Kotlin.
pub struct Written {
    /// Its text, indented by four columns.
    pub text: String,
    /// Whether it is called without an object.
    pub is_static: bool,
    /// The class of what it gives, where that is several things.
    pub result: Option<String>,
}

/// None where another method does the same: functions that wait, and of which there is no other
/// form.
pub fn method(api: &Api, docs: &Docs, method: &Method<'_>) -> Result<Option<Written>, String> {
    let function = method.function;
    if function.form == Form::Single && function.waits {
        return Ok(None);
    }
    let names = Names::new(method);
    let outputs: Vec<Output> = method
        .outputs()
        .iter()
        .map(|p| output(api, p, &names.owner))
        .collect();
    let (r#type, result) = given(function, &outputs, docs);
    let text = match method.forms {
        Some(forms) => call(api, docs, method, &names, &outputs, &r#type, forms),
        None => single(api, docs, method, &names, &outputs, &r#type)?,
    };
    Ok(Some(Written {
        text,
        is_static: method.itself().is_none(),
        result,
    }))
}

/// Who is who in a method.
struct Names {
    name: String,
    /// The client of what it starts and makes.
    owner: String,
}

impl Names {
    fn new(method: &Method<'_>) -> Self {
        let function = method.function;
        let client = function.parameters.iter().find(|p| p.of == "kpc_client");
        let owner = match client {
            Some(p) if p.role == Role::Itself => "this".to_owned(),
            Some(p) => types::camel(&p.name),
            None => "owner".to_owned(),
        };
        let name = types::method(function);
        // `close` never waits.
        let name = if name == "close" {
            "closeAndWait".to_owned()
        } else {
            name
        };
        Self { name, owner }
    }

    fn future(&self) -> String {
        match self.name.as_str() {
            "closeAndWait" => "closeAsync".to_owned(),
            name => format!("{name}Async"),
        }
    }
}

/// The type of what a method gives, and the class of that if it must be made.
fn given(function: &Function, outputs: &[Output], docs: &Docs) -> (String, Option<String>) {
    match outputs {
        [] => ("Unit".to_owned(), None),
        [one] => (one.r#type.clone(), None),
        _ => {
            let short = function.name.strip_prefix("kpc_").unwrap_or(&function.name);
            let name = format!("{}Result", types::pascal(short));
            let mut text = format!(
                "\n/** What {} gives. */\ndata class {name}(\n",
                docs.told(&function.name)
            );
            for output in outputs {
                let what = of_argument(&output.documentation);
                text += &docs.comment(&[capital(&what)], &[], "    ");
                text += &format!("    val {}: {},\n", output.name, output.r#type);
            }
            (name, Some(text + ")\n"))
        }
    }
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn value(outputs: &[Output], r#type: &str) -> String {
    match outputs {
        [] => String::new(),
        [one] => one.value.clone(),
        _ => {
            let values: Vec<&str> = outputs.iter().map(|o| o.value.as_str()).collect();
            format!("{type}({})", values.join(", "))
        }
    }
}

fn comment(docs: &Docs, method: &Method<'_>) -> String {
    let mut tags = Vec::new();
    for p in method.passed() {
        let name = types::camel(&p.name);
        let said = of_argument(&p.documentation);
        tags.push(format!("@param {name} {said}"));
    }
    docs.comment(&method.function.documentation, &tags, "    ")
}

/// The parameters as they are declared.
fn declared(api: &Api, method: &Method<'_>) -> String {
    let mut all = Vec::new();
    for p in method.passed() {
        let is_optional = Method::is_optional(p);
        let default = match p.role {
            Role::Flags => " = 0",
            _ if is_optional => " = null",
            _ => "",
        };
        let name = types::camel(&p.name);
        all.push(format!(
            "{name}: {}{default}",
            types::input(api, p, is_optional)
        ));
    }
    if method.has_timeout() {
        all.push("timeoutMs: Int = -1".to_owned());
    }
    all.join(", ")
}

/// A property tells; what makes an object that is to be closed is called.
fn is_property(method: &Method<'_>) -> bool {
    let makes = method.outputs().iter().any(|p| p.role == Role::HandleOut);
    method.is_property() && !makes
}

/// What is passed to a function of C.
fn arguments(api: &Api, method: &Method<'_>, function: &Function) -> String {
    let itself = method.itself().map(|p| p.name.as_str());
    let all = function.parameters.iter().map(|p| {
        let name = match Some(p.name.as_str()) == itself {
            true => "this".to_owned(),
            false => types::camel(&p.name),
        };
        match p.role {
            Role::Itself | Role::HandleIn => format!("memory.of({name})"),
            Role::StructIn if structs::is_bytes(api, &p.of) => format!("memory.bytes({name})"),
            Role::StructIn => format!("memory.struct({name})"),
            Role::ArrayIn => format!("memory.structs({name})"),
            Role::BytesIn => format!("memory.bytes({name})"),
            Role::TextIn if p.length.is_some() => format!("memory.content({name})"),
            Role::TextIn => format!("memory.text({name})"),
            Role::Length => format!(
                "length({})",
                types::camel(p.length_of.as_deref().unwrap_or_default())
            ),
            Role::Value if p.r#type == "bool" => format!("bit({name})"),
            Role::Value if p.r#type == "uint8_t" => format!("octet({name})"),
            Role::Value if p.r#type == "size_t" => format!("{name}.toLong()"),
            Role::Value if types::enumeration(api, p.values.as_deref(), &p.r#type).is_some() => {
                format!("{name}.value")
            }
            Role::StructSize => {
                let filled = function
                    .parameters
                    .iter()
                    .find(|p| p.role == Role::StructOut);
                format!("{}L", filled.map_or(0, |p| structs::size(api, &p.of)))
            }
            Role::Completion => "done".to_owned(),
            Role::OperationOut => "op".to_owned(),
            Role::ErrorOut => "memory.error".to_owned(),
            _ => name,
        }
    });
    all.collect::<Vec<String>>().join(", ")
}

fn single(
    api: &Api,
    docs: &Docs,
    method: &Method<'_>,
    names: &Names,
    outputs: &[Output],
    r#type: &str,
) -> Result<String, String> {
    let function = method.function;
    let called = format!(
        "{}({})",
        types::raw(function),
        arguments(api, method, function)
    );
    let mut lines: Vec<String> = outputs.iter().map(|o| o.room.clone()).collect();
    let mut r#type = r#type.to_owned();
    if function.returns.role == Returns::Status {
        lines.push(format!("memory.check({called})"));
        lines.extend(Some(value(outputs, &r#type)).filter(|v| !v.is_empty()));
    } else {
        let (own, value) = returned(api, function, &called)?;
        r#type = own;
        lines.push(value);
    }
    let indent = if is_property(method) {
        "\n        "
    } else {
        "\n    "
    };
    let body = match lines.as_slice() {
        [line] => format!("call {{ memory -> {line} }}"),
        _ => format!(
            "call {{ memory ->{indent}    {}{indent}}}",
            lines.join(&format!("{indent}    "))
        ),
    };
    let text = comment(docs, method);
    let name = &names.name;
    if is_property(method) {
        return Ok(format!(
            "{text}    val {name}: {type}\n        get() = {body}\n"
        ));
    }
    let mut marks = String::new();
    if method.itself().is_none() {
        marks += "    @JvmStatic\n";
    }
    let declared = declared(api, method);
    if declared.contains(" = ") {
        marks += "    @JvmOverloads\n";
    }
    Ok(format!(
        "{text}{marks}    fun {name}({declared}): {type} = {body}\n"
    ))
}

fn call(
    api: &Api,
    docs: &Docs,
    method: &Method<'_>,
    names: &Names,
    outputs: &[Output],
    r#type: &str,
    (start, result): (&Function, &Function),
) -> String {
    let text = comment(docs, method);
    let declared = declared(api, method);
    let mut passed: Vec<String> = method
        .passed()
        .iter()
        .map(|p| types::camel(&p.name))
        .collect();
    passed.push("timeoutMs".to_owned());
    let (name, future, owner) = (&names.name, names.future(), &names.owner);
    let rooms: String = outputs
        .iter()
        .map(|o| format!("\n            {}", o.room))
        .collect();
    let value = Some(value(outputs, r#type)).filter(|v| !v.is_empty());
    let value = value
        .map(|v| format!("\n            {v}"))
        .unwrap_or_default();
    format!(
        "{text}    @JvmSynthetic\n    \
         suspend fun {name}({declared}): {type} =\n        {future}({}).await()\n\n    \
         /** As [{name}], with a future; cancelling that cancels the operation. */\n    @JvmOverloads\n    \
         fun {future}({declared}): CompletableFuture<{type}> =\n        \
         Operations.start({owner}, {{ memory, done, op ->\n            {}({})\n        }}) {{ memory, result ->{rooms}\n            \
         memory.check({}({})){value}\n        }}\n",
        passed.join(", "),
        types::raw(start),
        arguments(api, method, start),
        types::raw(result),
        arguments(api, method, result),
    )
}
