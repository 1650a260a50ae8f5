//! Structs: bytes of a fixed size, and those with several members.

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Class;
use kpclient_bindings::{structs, Api, Member};

use crate::classes::companion;
use crate::docs::Docs;
use crate::methods::method;
use crate::types;

pub fn structure(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    let of = api.structure(class.name).ok_or("no struct")?;
    // The runtime fills it in.
    if of.name == "kpc_completion" {
        return Ok(String::new());
    }
    let (mut members, mut statics, mut results) = (Vec::new(), Vec::new(), String::new());
    for one in &class.methods {
        if let Some(written) = method(api, docs, one)? {
            results += &written.result.unwrap_or_default();
            let place = if written.is_static {
                &mut statics
            } else {
                &mut members
            };
            place.push(written.text);
        }
    }
    let name = types::class(&of.name);
    let comment = docs.comment(&of.documentation, &[], "");
    if structs::is_bytes(api, &of.name) {
        let base = if of.is_secret {
            "SecretBytes"
        } else {
            "FixedBytes"
        };
        let body = members.join("\n") + &companion(&statics);
        let head = format!("class {name} internal constructor(bytes: ByteArray) : {base}(bytes)");
        return Ok(format!(
            "\n{comment}{head} {{\n{}}}\n{results}",
            body.trim_start_matches('\n')
        ));
    }
    let fields = structs::fields(of);
    let fields: Vec<Field<'_>> = fields
        .map(|(member, length)| Field { member, length })
        .collect();
    let mut head = String::new();
    for field in &fields {
        let said = of_argument(&field.member.documentation);
        head += &docs.comment(&[said], &[], "    ");
        head += &format!(
            "    val {}: {},\n",
            types::camel(&field.member.name),
            field.r#type(api)
        );
    }
    let mut base = String::new();
    if structs::is_passed(api, &of.name) {
        base = format!(" : Struct({})", of.size);
        members.push(writing(api, &fields));
    }
    if !of.members.iter().any(|m| m.r#type.ends_with('*')) {
        statics.push(reading(api, &name, &fields));
    }
    let mut body = members.join("\n");
    if !statics.is_empty() {
        body += &companion(&statics);
    }
    let body = body.trim_start_matches('\n');
    Ok(format!(
        "\n{comment}class {name}(\n{head}){base} {{\n{body}}}\n{results}"
    ))
}

/// A member, with the one that holds its length.
struct Field<'a> {
    member: &'a Member,
    length: Option<&'a Member>,
}

impl Field<'_> {
    fn r#type(&self, api: &Api) -> String {
        let of = self.member.r#type.as_str();
        match (of, self.member.count) {
            ("char", _) => "String".to_owned(),
            _ if of.contains("uint8_t") => "ByteArray".to_owned(),
            _ if api.structure(of).is_none() => "Long".to_owned(),
            (_, None) => types::class(of),
            (_, Some(_)) => format!("List<{}>", types::class(of)),
        }
    }

    fn read(&self, api: &Api) -> String {
        let Member {
            r#type: of,
            offset,
            size,
            ..
        } = self.member;
        match (of.as_str(), self.member.count, self.length) {
            ("char", ..) => format!("text(at, {offset}, {size})"),
            ("uint8_t", _, Some(length)) => {
                format!(
                    "at.getByteArray({offset}, at.getLong({}).toInt())",
                    length.offset
                )
            }
            _ if api.structure(of).is_none() => format!("at.getLong({offset})"),
            (_, None, _) if structs::is_bytes(api, of) => {
                format!("{}(at.getByteArray({offset}, {size}))", types::class(of))
            }
            (_, count, _) => {
                let count = count.unwrap_or(1);
                let one = size / count;
                format!(
                    "List({count}) {{ {}.read(at.share({offset} + it * {one}L)) }}",
                    types::class(of)
                )
            }
        }
    }

    fn write(&self, api: &Api) -> String {
        let Member {
            name,
            r#type: of,
            offset,
            size,
            ..
        } = self.member;
        let name = types::camel(name);
        match (of.as_str(), self.length) {
            ("char", _) => format!("writeText(at, {offset}, {size}, {name})"),
            ("uint8_t", Some(length)) => format!(
                "require({name}.size <= {size}) {{ \"{name} has more than {size} bytes\" }}\n        \
                 at.write({offset}, {name}, 0, {name}.size)\n        at.setLong({}, {name}.size.toLong())",
                length.offset
            ),
            (_, Some(length)) => format!(
                "at.setLong({offset}, memory.bytes({name}))\n        at.setLong({}, length({name}))",
                length.offset
            ),
            _ if api.structure(of).is_none() => format!("at.setLong({offset}, {name})"),
            _ => format!("at.write({offset}, {name}.open(), 0, {size})"),
        }
    }
}

fn writing(api: &Api, fields: &[Field<'_>]) -> String {
    let lines: String = fields
        .iter()
        .map(|f| format!("        {}\n", f.write(api)))
        .collect();
    format!("    override fun write(at: Pointer, memory: Scratch) {{\n{lines}    }}\n")
}

fn reading(api: &Api, name: &str, fields: &[Field<'_>]) -> String {
    let lines: String = fields
        .iter()
        .map(|f| format!("        {},\n", f.read(api)))
        .collect();
    format!("    internal fun read(at: Pointer): {name} = {name}(\n{lines}    )\n")
}
