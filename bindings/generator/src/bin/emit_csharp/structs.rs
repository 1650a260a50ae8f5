//! Structs: bytes of a fixed size, and those with several members.

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Class;
use kpclient_bindings::{structs, Api, Member, Struct};

use crate::docs::Docs;
use crate::methods::{capital, method};
use crate::types;

pub fn structure(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<Option<String>, String> {
    let of = api.structure(class.name).ok_or("no struct")?;
    // The runtime fills it in.
    if of.name == "kpc_completion" {
        return Ok(None);
    }
    let (mut members, mut results) = (Vec::new(), String::new());
    for one in &class.methods {
        if let Some(written) = method(api, docs, one)? {
            results += &written.result.unwrap_or_default();
            members.push(written.text);
        }
    }
    let name = types::class(&of.name);
    let comment = docs.comment(&of.documentation, &[], "    ");
    let base = if structs::is_bytes(api, &of.name) {
        members.insert(0, wrapping(&name));
        if of.is_secret {
            " : SecretBytes"
        } else {
            " : FixedBytes"
        }
    } else {
        let fields = structs::fields(of);
        let fields: Vec<Field<'_>> = fields
            .map(|(member, length)| Field { member, length })
            .collect();
        members.splice(0..0, [properties(api, docs, &name, &fields, of)]);
        if !of.members.iter().any(|m| m.r#type.ends_with('*')) {
            members.push(reading(api, &name, &fields));
        }
        if structs::is_passed(api, &of.name) {
            members.push(writing(api, &fields));
            " : Struct"
        } else {
            ""
        }
    };
    let body = members.join("\n");
    Ok(Some(format!(
        "{comment}    public sealed class {name}{base}\n    {{\n{body}    }}\n{results}"
    )))
}

/// The constructor of bytes.
fn wrapping(name: &str) -> String {
    format!(
        "        internal {name}(byte[] bytes)\n            : base(bytes)\n        {{\n        }}\n"
    )
}

/// A member, with the one that holds its length.
struct Field<'a> {
    member: &'a Member,
    length: Option<&'a Member>,
}

impl Field<'_> {
    fn property(&self) -> String {
        types::pascal(&self.member.name)
    }

    fn r#type(&self, api: &Api) -> String {
        let of = self.member.r#type.as_str();
        match (of, self.member.count) {
            ("char", _) => "string".to_owned(),
            _ if of.contains("uint8_t") => "byte[]".to_owned(),
            _ if api.structure(of).is_none() => "long".to_owned(),
            (_, None) => types::class(of),
            (_, Some(_)) => format!("IReadOnlyList<{}>", types::class(of)),
        }
    }

    fn read(&self, api: &Api) -> String {
        let Member {
            r#type: of,
            offset,
            size,
            ..
        } = self.member;
        let class = types::class(of);
        match (of.as_str(), self.member.count, self.length) {
            ("char", ..) => format!("Scratch.TextAt(at, {offset}, {size})"),
            ("uint8_t", _, Some(length)) => format!(
                "Scratch.Copy(at + {offset}, (int)Marshal.ReadInt64(at, {}))",
                length.offset
            ),
            _ if api.structure(of).is_none() => format!("Marshal.ReadInt64(at, {offset})"),
            (_, None, _) if structs::is_bytes(api, of) => {
                format!("new {class}(Scratch.Copy(at + {offset}, {size}))")
            }
            (_, count, _) => {
                let count = count.unwrap_or(1);
                let one = size / count;
                format!("Scratch.Items({count}, i => {class}.Read(at + {offset} + i * {one}))")
            }
        }
    }

    fn write(&self, api: &Api) -> String {
        let Member {
            r#type: of,
            offset,
            size,
            ..
        } = self.member;
        let name = self.property();
        match (of.as_str(), self.length) {
            ("char", _) => format!("Scratch.WriteText(at, {offset}, {size}, {name});"),
            ("uint8_t", Some(length)) => format!(
                "Scratch.WriteBytes(at, {offset}, {size}, {name});\n            \
                 Marshal.WriteInt64(at, {}, {name}.Length);",
                length.offset
            ),
            (_, Some(length)) => format!(
                "Marshal.WriteIntPtr(at, {offset}, memory.Bytes({name}));\n            \
                 Marshal.WriteInt64(at, {}, (long)Scratch.Length({name}));",
                length.offset
            ),
            _ if api.structure(of).is_none() => {
                format!("Marshal.WriteInt64(at, {offset}, {name});")
            }
            _ => format!("Scratch.WriteValue(at, {offset}, {size}, {name});"),
        }
    }
}

/// What it holds, and how it is made.
fn properties(api: &Api, docs: &Docs, name: &str, fields: &[Field<'_>], of: &Struct) -> String {
    let (mut text, mut takes, mut sets) = (String::new(), Vec::new(), String::new());
    for field in fields {
        let said = capital(&of_argument(&field.member.documentation));
        let (property, r#type) = (field.property(), field.r#type(api));
        let parameter = types::camel(&field.member.name);
        text += &docs.comment(&[said], &[], "        ");
        text += &format!("        public {type} {property} {{ get; }}\n\n");
        takes.push(format!("{type} {parameter}"));
        sets += &format!("            {property} = {parameter};\n");
    }
    let (access, base) = match structs::is_passed(api, &of.name) {
        true => ("public", format!("\n            : base({})", of.size)),
        false => ("internal", String::new()),
    };
    if access == "public" {
        text += "        /// <summary>With these members.</summary>\n";
    }
    format!(
        "{text}        {access} {name}({}){base}\n        {{\n{sets}        }}\n",
        takes.join(", ")
    )
}

fn writing(api: &Api, fields: &[Field<'_>]) -> String {
    let lines: String = fields
        .iter()
        .map(|f| format!("            {}\n", f.write(api)))
        .collect();
    format!(
        "        internal override void Write(IntPtr at, Scratch memory)\n        {{\n{lines}        }}\n"
    )
}

fn reading(api: &Api, name: &str, fields: &[Field<'_>]) -> String {
    let values: Vec<String> = fields.iter().map(|f| f.read(api)).collect();
    format!(
        "        internal static {name} Read(IntPtr at)\n        {{\n            return new {name}(\n                {});\n        }}\n",
        values.join(",\n                ")
    )
}
