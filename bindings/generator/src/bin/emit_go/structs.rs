//! Structs.

use kpclient_bindings::{Api, Member, Struct};

use crate::docs::Docs;
use crate::methods::indented;
use crate::names;
use crate::types::{shape, Scalar, Shape};

/// The type of a struct, and what copies it from and to C; nothing of what Go does not see.
pub(crate) fn structure(api: &Api, docs: &Docs, of: &Struct) -> String {
    match shape(of) {
        Shape::Bytes { is_secret } => bytes(docs, of, is_secret),
        Shape::Members { has_pointers } => members(api, docs, of, has_pointers),
        Shape::Functions => String::new(),
    }
}

fn bytes(docs: &Docs, of: &Struct, is_secret: bool) -> String {
    let (name, size, me) = (names::kind(&of.name), of.size, names::receiver(&of.name));
    let comment = docs.of_type(&name, &of.documentation);
    if !is_secret {
        return format!(
            "{comment}type {name} [{size}]byte\n\n\
             // String returns the bytes in hexadecimal.\n\
             func ({me} {name}) String() string {{ return hex.EncodeToString({me}[:]) }}\n"
        );
    }
    format!(
        "{comment}type {name} struct{{ bytes [{size}]byte }}\n\n\
         // new{name} makes one that is overwritten when it is collected.\n\
         func new{name}() *{name} {{\n\
         \t{me} := new({name})\n\
         \truntime.SetFinalizer({me}, (*{name}).Wipe)\n\
         \treturn {me}\n\
         }}\n\n\
         // Bytes returns a copy of the bytes, which are secret.\n\
         func ({me} *{name}) Bytes() []byte {{ return append([]byte(nil), {me}.bytes[:]...) }}\n\n\
         // MarshalBinary returns the same.\n\
         func ({me} *{name}) MarshalBinary() ([]byte, error) {{ return {me}.Bytes(), nil }}\n\n\
         // UnmarshalBinary takes such bytes, which are checked.\n\
         func ({me} *{name}) UnmarshalBinary(bytes []byte) error {{\n\
         \tmade, err := {name}FromBytes(bytes)\n\
         \tif err == nil {{\n\t\t*{me} = *made\n\t}}\n\
         \treturn err\n\
         }}\n\n\
         // Equal reports whether both are the same, in a time that does not depend on it.\n\
         func ({me} *{name}) Equal(other *{name}) bool {{\n\
         \treturn subtle.ConstantTimeCompare({me}.bytes[:], other.bytes[:]) == 1\n\
         }}\n\n\
         // Wipe overwrites the bytes.\n\
         func ({me} *{name}) Wipe() {{ Wipe({me}.bytes[:]) }}\n\n\
         // Format prints that there is a secret, and nothing of it.\n\
         func ({me} *{name}) Format(state fmt.State, _ rune) {{ hidden(state, \"{name}\") }}\n"
    )
}

/// A member as Go has it.
struct Field {
    name: String,
    kind: String,
    documentation: String,
    /// Statements that write it to C, and that read it.
    fill: Vec<String>,
    read: Vec<String>,
}

fn members(api: &Api, docs: &Docs, of: &Struct, has_pointers: bool) -> String {
    let (name, me) = (names::kind(&of.name), names::receiver(&of.name));
    let fields: Vec<Field> = of
        .members
        .iter()
        .filter_map(|m| field(api, of, m, &me))
        .collect();
    let mut lines = vec![format!("type {name} struct {{")];
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        let comment = docs.named(&field.name, &field.documentation);
        lines.extend(comment.lines().map(str::to_owned));
        lines.push(format!("{} {}", field.name, field.kind));
    }
    lines.push("}".to_owned());
    lines.push(String::new());
    let pins = if has_pointers {
        ", pins *runtime.Pinner"
    } else {
        ""
    };
    lines.push(format!(
        "func ({me} *{name}) fill(c *C.{}{pins}) {{",
        of.name
    ));
    lines.extend(fields.iter().flat_map(|f| f.fill.clone()));
    lines.push("}".to_owned());
    if !has_pointers {
        lines.push(String::new());
        lines.push(format!(
            "func read{name}(c *C.{}) ({me} {name}) {{",
            of.name
        ));
        lines.extend(fields.iter().flat_map(|f| f.read.clone()));
        lines.push(format!("return {me}"));
        lines.push("}".to_owned());
    }
    format!(
        "{}{}",
        docs.of_type(&name, &of.documentation),
        indented(&lines)
    )
}

fn field(api: &Api, of: &Struct, member: &Member, me: &str) -> Option<Field> {
    let length = format!("{}_len", member.name);
    let has_length = of.members.iter().any(|m| m.name == length);
    let is_length = member
        .name
        .strip_suffix("_len")
        .is_some_and(|of_what| of.members.iter().any(|m| m.name == of_what));
    if is_length || member.name == "reserved" {
        return None;
    }
    let name = names::camel(&member.name);
    let c = match member.name.as_str() {
        taken @ ("type" | "range" | "func" | "map") => format!("c._{taken}"),
        plain => format!("c.{plain}"),
    };
    let go = format!("{me}.{name}");
    let inner = api.structure(&member.r#type);
    let (kind, fill, read) = match (member.r#type.as_str(), member.count, inner.map(shape)) {
        ("char", Some(_), _) => (
            "string".to_owned(),
            vec![format!("setName({c}[:], {go})")],
            vec![format!("{go} = name({c}[:])")],
        ),
        ("uint8_t", Some(_), _) if has_length => (
            "[]byte".to_owned(),
            vec![format!("c.{length} = setBytes({c}[:], {go})")],
            vec![format!("{go} = getBytes({c}[:], c.{length})")],
        ),
        ("const uint8_t *", None, _) if has_length => (
            "[]byte".to_owned(),
            vec![
                format!("if len({go}) > 0 {{"),
                format!("pins.Pin(&{go}[0])"),
                format!("{c} = pointer({go})"),
                "}".to_owned(),
                format!("c.{length} = C.size_t(len({go}))"),
            ],
            Vec::new(),
        ),
        (kind, None, Some(Shape::Bytes { is_secret })) => {
            let go_kind = names::kind(kind);
            let cast = format!("*(*{go_kind})(unsafe.Pointer(&{c}))");
            match is_secret {
                true => (
                    format!("*{go_kind}"),
                    vec![
                        format!("if {go} != nil {{"),
                        format!("{cast} = *{go}"),
                        "}".to_owned(),
                    ],
                    vec![format!("{go} = new{go_kind}()"), format!("*{go} = {cast}")],
                ),
                false => (
                    go_kind,
                    vec![format!("{cast} = {go}")],
                    vec![format!("{go} = {cast}")],
                ),
            }
        }
        (kind, Some(count), Some(Shape::Members { .. })) => {
            let kind = names::kind(kind);
            let each = format!("for i := range {go} {{");
            (
                format!("[{count}]{kind}"),
                vec![
                    each.clone(),
                    format!("{go}[i].fill(&{c}[i])"),
                    "}".to_owned(),
                ],
                vec![
                    each,
                    format!("{go}[i] = read{kind}(&{c}[i])"),
                    "}".to_owned(),
                ],
            )
        }
        (plain, ..) => {
            let scalar = Scalar::new(api, plain, None, &member.name);
            let fill = format!("{c} = {}", scalar.to_c(&go));
            let read = format!("{go} = {}", scalar.to_go(&c));
            (scalar.go, vec![fill], vec![read])
        }
    };
    Some(Field {
        name,
        kind,
        documentation: member.documentation.clone(),
        fill,
        read,
    })
}
