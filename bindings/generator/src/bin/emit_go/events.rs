//! Events: a type for each kind.

use kpclient_bindings::{Api, Constant, Function, Returns, Role};

use crate::docs::Docs;
use crate::methods::indented;
use crate::names;
use crate::shims;
use crate::types::Scalar;

/// All types of events, and what makes them.
pub(crate) fn events(api: &Api, docs: &Docs) -> Result<String, String> {
    let kinds = api.group("event").ok_or("there are no events")?;
    let kinds = kinds
        .constants
        .iter()
        .filter(|c| c.name != "KPC_EVENT_NONE" && c.name != "KPC_EVENT_OPERATION");
    let mut text = String::new();
    let mut cases = vec![
        "// eventOf reads an event.".to_owned(),
        "func eventOf(event C.uint64_t) Event {".to_owned(),
        "said := description{describe(event)}".to_owned(),
        "switch kind := EventKind(C.kpcgo_event_kind(event)); kind {".to_owned(),
    ];
    for kind in kinds {
        let event = event(api, docs, kind)?;
        text.push_str(&event.text);
        text.push('\n');
        cases.push(format!("case {}:", names::constant(&kind.name)));
        cases.extend(event.made);
    }
    cases.push("default:".to_owned());
    cases.push("return &UnknownEvent{said, kind}".to_owned());
    cases.push("}".to_owned());
    cases.push("}".to_owned());
    text.push_str(&indented(&cases));
    text.push_str(DESCRIBE);
    Ok(text)
}

const DESCRIBE: &str = "
func describe(event C.uint64_t) string {
\tvar text, failure C.uint64_t
\tif C.kpcgo_event_describe(event, &text, &failure) != C.KPC_OK {
\t\tC.kpcgo_error_free(failure)
\t\treturn \"\"
\t}
\treturn textOf(text)
}
";

/// A type of events.
struct Made {
    text: String,
    made: Vec<String>,
}

fn event(api: &Api, docs: &Docs, kind: &Constant) -> Result<Made, String> {
    let constant = names::constant(&kind.name);
    let name = format!("{}Event", constant.trim_start_matches("Event"));
    let mut lines = vec![format!("type {name} struct {{"), "description".to_owned()];
    let mut made = vec![format!("e := &{name}{{description: said}}")];
    for property in kind.properties.iter().flatten() {
        let getter = api
            .function(property)
            .ok_or(format!("there is no {property}"))?;
        let (field, go, read) = field(api, getter)?;
        lines.push(String::new());
        let text = getter.documentation.first().cloned().unwrap_or_default();
        lines.extend(docs.named(&field, &text).lines().map(str::to_owned));
        lines.push(format!("{field} {go}"));
        made.extend(read);
    }
    lines.push("}".to_owned());
    lines.push(String::new());
    lines.push(format!("// Kind returns [{constant}]."));
    lines.push(format!(
        "func (e *{name}) Kind() EventKind {{ return {constant} }}"
    ));
    made.push("return e".to_owned());
    let text = format!(
        "{}{}",
        docs.named(&name, &kind.documentation),
        indented(&lines)
    );
    Ok(Made { text, made })
}

/// A field: its name, its type, and how it is read.
fn field(api: &Api, getter: &Function) -> Result<(String, String, Vec<String>), String> {
    let short = getter.name.trim_start_matches("kpc_event_");
    let call = format!("C.{}", shims::name(&getter.name));
    let returned = &getter.returns;
    if returned.role == Returns::Handle {
        let read = format!("e.Err = errorOf({call}(event))");
        return Ok(("Err".to_owned(), "error".to_owned(), vec![read]));
    }
    let field = names::camel(crate::types::without_unit(short));
    if returned.role == Returns::Value {
        let of = returned.r#type.trim();
        let scalar = Scalar::new(api, of, returned.values.as_deref(), &getter.name);
        let read = format!("e.{field} = {}", scalar.to_go(&format!("{call}(event)")));
        return Ok((field, scalar.go, vec![read]));
    }
    let out = getter.parameters.iter().find(|p| p.role.is_output());
    let out = out.ok_or(format!("{} gives nothing", getter.name))?;
    let variable = names::variable(short);
    let (go, declared, passed, made) = match out.role {
        Role::BytesOut => (
            "[]byte".to_owned(),
            "C.uint64_t",
            format!("&{variable}"),
            format!("bytesOf({variable})"),
        ),
        Role::TextOut => (
            "string".to_owned(),
            "C.uint64_t",
            format!("&{variable}"),
            format!("textOf({variable})"),
        ),
        Role::HandleOut => {
            let go = names::kind(&out.of);
            (
                format!("*{go}"),
                "C.uint64_t",
                format!("&{variable}"),
                format!("new{go}({variable})"),
            )
        }
        Role::StructOut => {
            let passed = format!("(*C.{})(unsafe.Pointer(&e.{field}))", out.of);
            (names::kind(&out.of), "", passed, String::new())
        }
        _ => return Err(format!("{}: no field", getter.name)),
    };
    let failure = format!("{variable}Failure");
    let mut read = Vec::new();
    if !declared.is_empty() {
        read.push(format!("var {variable} {declared}"));
    }
    read.push(format!("var {failure} C.uint64_t"));
    let call = format!("{call}(event, {passed}, &{failure})");
    read.push(format!("if {call} != C.KPC_OK {{"));
    read.push(format!("C.kpcgo_error_free({failure})"));
    read.push("}".to_owned());
    if !made.is_empty() {
        read.push(format!("e.{field} = {made}"));
    }
    Ok((field, go, read))
}
