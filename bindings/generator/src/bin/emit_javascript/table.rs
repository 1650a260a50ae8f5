//! The addon's table: what each function takes and gives, and how it is called.

use kpclient_bindings::methods::is_size_of_a_type;
use kpclient_bindings::{Api, Form, Function, Parameter, Returns, Role};

use crate::plan::{inputs, outputs, waits_only};
use crate::values::Kind;

/// Functions that the addon calls by name, or that have no use here.
const LEFT_OUT: &[&str] = &[
    "kpc_config_set_log",
    "kpc_event_result",
    "kpc_event_sink_on_event",
    "kpc_op_cancel",
    "kpc_op_wait",
    "kpc_wipe",
];

/// Types whose functions the addon calls by name.
const BY_NAME: &[&str] = &["kpc_buffer", "kpc_error", "kpc_result"];

const MAX_INPUTS: usize = 10;
const MAX_OUTPUTS: usize = 5;

/// The table of functions, and that of types.
pub fn file(api: &Api) -> Result<String, String> {
    let mut rows = String::new();
    for function in api.functions.iter().filter(|f| is_in_table(f)) {
        check(function)?;
        rows += &row(function, api, &forms(function, api)?)?;
    }
    Ok(format!(
        "/* Every function of the library that may be called from JavaScript. */\n\
         #include \"calls.h\"\n\n{}\
         const struct entry entries[] = {{\n{rows}}};\n\
         const size_t entry_count = sizeof entries / sizeof *entries;\n",
        types(api)
    ))
}

/// The functions that call those of the library.
pub fn calls(api: &Api) -> Result<String, String> {
    let mut text = "#include \"../addon.h\"\n\n".to_owned();
    for function in api.functions.iter().filter(|f| is_in_table(f)) {
        for (_, call) in forms(function, api)? {
            text += &format!("{call}\n");
        }
    }
    Ok(text)
}

fn is_in_table(function: &Function) -> bool {
    let name = function.name.as_str();
    matches!(function.form, Form::Single | Form::Waiting)
        && !LEFT_OUT.contains(&name)
        && !BY_NAME.contains(&function.of.as_deref().unwrap_or_default())
        && !name.ends_with("_free")
        && !is_size_of_a_type(function)
        // Taken without waiting.
        && (!waits_only(function) || name == "kpc_event_sink_next")
}

fn check(function: &Function) -> Result<(), String> {
    match inputs(function).count() <= MAX_INPUTS && outputs(function).count() <= MAX_OUTPUTS {
        true => Ok(()),
        false => Err(format!("{}: addon.h has too small a call", function.name)),
    }
}

fn types(api: &Api) -> String {
    let mut calls = String::new();
    let mut rows = String::new();
    for handle in &api.handles {
        let (name, free) = (&handle.name, &handle.free);
        calls += &format!("static void do_{free}(void *handle) {{ {free}(handle); }}\n");
        rows += &format!("    {{\"{name}\", do_{free}}},\n");
    }
    format!("{calls}\nconst struct type types[] = {{\n{rows}}};\n\n")
}

/// The functions of the addon that call one of the library, by their places in the entry.
fn forms(function: &Function, api: &Api) -> Result<Vec<(&'static str, String)>, String> {
    if function.form == Form::Single {
        return Ok(vec![("run", call(function, function, "struct call *c")?)]);
    }
    let call_of = api.calls.iter().find(|call| call.name == function.name);
    let call_of = call_of.ok_or_else(|| format!("{} is no call", function.name))?;
    let form = |name: &str| {
        api.function(name)
            .ok_or_else(|| format!("there is no {name}"))
    };
    let result = "const kpc_result *result, struct call *c";
    Ok(vec![
        (
            "start",
            call(form(&call_of.r#async)?, function, "struct call *c")?,
        ),
        ("take", call(form(&call_of.result)?, function, result)?),
    ])
}

/// One function of the addon. `whole` is the form of the call with all inputs and outputs.
fn call(function: &Function, whole: &Function, parameters: &str) -> Result<String, String> {
    let name = &function.name;
    let arguments = function.parameters.iter().map(|p| argument(p, whole));
    let arguments = arguments.collect::<Result<Vec<_>, String>>()?.join(", ");
    let body = match Kind::returned(function)? {
        Some(kind) => {
            let (place, cast) = place(kind);
            format!("c->out[0].{place} = {cast}{name}({arguments}); return KPC_OK;")
        }
        None if function.returns.role == Returns::Nothing => {
            format!("{name}({arguments}); return KPC_OK;")
        }
        None => format!("return {name}({arguments});"),
    };
    let unused = match arguments.contains("c->") || body.contains("c->") {
        true => "",
        false => "(void)c; ",
    };
    Ok(format!(
        "static kpc_status do_{name}({parameters}) {{ {unused}{body} }}"
    ))
}

fn position(mut all: impl Iterator<Item = impl AsRef<str>>, name: &str) -> Result<usize, String> {
    let found = all.position(|each| each.as_ref() == name);
    found.ok_or_else(|| format!("no parameter {name}"))
}

fn argument(parameter: &Parameter, whole: &Function) -> Result<String, String> {
    let input = |name: &str| position(inputs(whole).map(|p| &p.name), name);
    let output = || position(outputs(whole).map(|p| &p.name), &parameter.name);
    let name = parameter.name.as_str();
    Ok(match parameter.role {
        Role::Itself | Role::HandleIn | Role::StructIn | Role::ArrayIn => {
            format!("c->in[{}].pointer", input(name)?)
        }
        Role::BytesIn | Role::TextIn => format!("c->in[{}].pointer", input(name)?),
        Role::Length => {
            let of = parameter.length_of.as_deref().unwrap_or_default();
            format!("c->in[{}].length", input(of)?)
        }
        Role::Value if parameter.r#type == "bool" => format!("c->in[{}].number != 0", input(name)?),
        Role::Value | Role::Flags => {
            format!("({})c->in[{}].number", parameter.r#type, input(name)?)
        }
        Role::Timeout => "c->timeout_ms".to_owned(),
        Role::StructSize => {
            let of = parameter.length_of.as_deref().unwrap_or_default();
            let filled = whole.parameters.iter().find(|p| p.name == of);
            let filled = filled.ok_or_else(|| format!("no parameter {of}"))?;
            format!("sizeof({})", filled.of)
        }
        Role::HandleOut => format!("({} **)&c->out[{}].pointer", parameter.of, output()?),
        Role::BytesOut | Role::TextOut => format!("&c->out[{}].buffer", output()?),
        Role::StructOut => format!("c->out[{}].pointer", output()?),
        Role::ScalarOut => format!("&c->out[{}].{}", output()?, place(Kind::of(parameter)?).0),
        Role::OperationOut => "&c->op".to_owned(),
        Role::ErrorOut => "&c->error".to_owned(),
        Role::Completion => "c->done".to_owned(),
        Role::Result => "result".to_owned(),
        other => return Err(format!("{}: what is passed for a {other:?}?", whole.name)),
    })
}

/// The member of an output that receives a value, and how a returned one is made of it.
fn place(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Bool => ("flag", ""),
        Kind::U8 | Kind::U32 => ("u32", ""),
        Kind::U64 => ("u64", ""),
        Kind::I64 => ("i64", ""),
        Kind::Size => ("i64", "(int64_t)"),
        Kind::Double => ("real", ""),
        Kind::Static => ("text", ""),
        Kind::Error => ("error", ""),
        _ => ("i32", ""),
    }
}

fn row(function: &Function, api: &Api, forms: &[(&str, String)]) -> Result<String, String> {
    let takes = inputs(function)
        .map(input_role)
        .collect::<Result<Vec<_>, _>>()?;
    let gives = match Kind::returned(function)? {
        Some(kind) => vec![output_role(kind, api)?],
        None => {
            let gives = outputs(function).map(|p| output_role(Kind::of(p)?, api));
            gives.collect::<Result<Vec<_>, _>>()?
        }
    };
    let name = &function.name;
    let places = forms.iter().map(|(place, _)| {
        let suffix = match *place {
            "start" => "_async",
            "take" => "_result",
            _ => "",
        };
        format!(" .{place} = do_{name}{suffix},")
    });
    let places: String = places.collect();
    let (takes, gives) = (takes.concat(), gives.concat());
    Ok(format!("    {{.name = \"{name}\", .in = {{{takes}{{IN_END, 0}}}}, .out = {{{gives}{{OUT_END, 0, 0}}}},{places}}},\n"))
}

fn input_role(parameter: &Parameter) -> Result<String, String> {
    Ok(match Kind::of(parameter)? {
        Kind::Handle(_) => "{IN_HANDLE, 0}, ".to_owned(),
        Kind::Struct(of) => format!("{{IN_STRUCT, sizeof({of})}}, "),
        Kind::Structs(of) => format!("{{IN_ARRAY, sizeof({of})}}, "),
        Kind::Destinations => "{IN_DESTINATIONS, 0}, ".to_owned(),
        Kind::Bytes | Kind::Text => "{IN_BYTES, 0}, ".to_owned(),
        Kind::Terminated => "{IN_TEXT, 0}, ".to_owned(),
        _ => "{IN_NUMBER, 0}, ".to_owned(),
    })
}

fn output_role(kind: Kind, api: &Api) -> Result<String, String> {
    let plain = |name: &str| Ok(format!("{{OUT_{name}, 0, 0}}, "));
    match kind {
        Kind::Handle(of) => {
            let place = position(api.handles.iter().map(|handle| &handle.name), of)?;
            Ok(format!("{{OUT_HANDLE, {place}, 0}}, "))
        }
        Kind::Struct(of) => Ok(format!("{{OUT_STRUCT, 0, sizeof({of})}}, ")),
        Kind::Bytes => plain("BYTES"),
        Kind::Text => plain("TEXT"),
        Kind::Static => plain("STATIC"),
        Kind::Error => plain("ERROR"),
        Kind::Bool => plain("BOOL"),
        Kind::U8 | Kind::U32 => plain("U32"),
        Kind::U64 => plain("U64"),
        Kind::I64 | Kind::Size => plain("I64"),
        Kind::Double => plain("DOUBLE"),
        _ => plain("I32"),
    }
}
