//! Structs: bytes of a fixed size, and those with several members.

use std::fmt::Write as _;

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Class;
use kpclient_bindings::{structs, Api, Member};

use crate::classes::of_struct;
use crate::docs::Docs;
use crate::types;

pub fn structure(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    let of = api.structure(class.name).ok_or("no struct")?;
    let name = types::class(&of.name);
    let comment = docs.comment(&of.documentation, &[], "");
    let methods = of_struct(api, docs, class)?;
    let methods = match methods.is_empty() {
        true => methods,
        false => format!("\n{methods}"),
    };
    if structs::is_bytes(api, &of.name) {
        return Ok(format!(
            "\n{comment}public struct {name}: RawBytes {{\n    typealias Raw = {}\n    \
             static let isSecret = {}\n    /// How many bytes it has.\n    public static let size = {}\n\n    \
             let memory: Memory\n\n    init(memory: Memory) {{ self.memory = memory }}\n{methods}}}\n",
            of.name, of.is_secret, of.size
        ));
    }
    let fields = structs::fields(of);
    let fields: Vec<Field<'_>> = fields
        .map(|(member, length)| Field { member, length })
        .collect();
    let mut text = format!("\n{comment}public struct {name}: Sendable {{\n");
    let (mut parameters, mut sets) = (Vec::new(), String::new());
    for field in &fields {
        let said = of_argument(&field.member.documentation);
        text += &docs.comment(&[said], &[], "    ");
        let (field_name, r#type) = (field.name(), field.r#type(api)?);
        let _ = writeln!(text, "    public var {field_name}: {type}\n");
        parameters.push(format!("{field_name}: {type}"));
        let _ = writeln!(sets, "        self.{field_name} = {field_name}");
    }
    let _ = write!(
        text,
        "    public init({}) {{\n{sets}    }}\n",
        parameters.join(", ")
    );
    text += &methods;
    text += "}\n";
    if !of.members.iter().any(|m| m.r#type.ends_with('*')) {
        text += &reading(api, &of.name, &fields);
    }
    if structs::is_passed(api, &of.name) {
        text += &writing(api, &of.name, &fields);
    }
    Ok(text)
}

/// A member, with the one that holds its length.
struct Field<'a> {
    member: &'a Member,
    length: Option<&'a Member>,
}

impl Field<'_> {
    fn name(&self) -> String {
        types::declared(&self.member.name)
    }

    fn r#type(&self, api: &Api) -> Result<String, String> {
        let of = self.member.r#type.as_str();
        Ok(match (of, self.member.count) {
            ("char", _) => "String".to_owned(),
            _ if of.contains("uint8_t") => "[UInt8]".to_owned(),
            _ if api.structure(of).is_none() => types::number(of)?.to_owned(),
            (_, None) => types::class(of),
            (_, Some(_)) => format!("[{}]", types::class(of)),
        })
    }

    fn read(&self, api: &Api) -> String {
        let Member {
            name, r#type: of, ..
        } = self.member;
        let class = types::class(of);
        match (of.as_str(), self.member.count, self.length) {
            ("char", ..) => format!("text(in: raw.{name})"),
            ("uint8_t", _, Some(length)) => {
                format!(
                    "Array(elements(of: raw.{name}).prefix(raw.{}))",
                    length.name
                )
            }
            _ if api.structure(of).is_none() => format!("raw.{name}"),
            (_, None, _) => format!("one(raw.{name}, {class}.init(at:))"),
            (_, Some(_), _) => format!("several(raw.{name}, {class}.init(at:))"),
        }
    }

    fn write(&self, api: &Api) -> String {
        let Member {
            name, r#type: of, ..
        } = self.member;
        let own = self.name();
        match (of.as_str(), self.length) {
            ("char", _) => format!("try put({own}, into: &raw.pointee.{name})"),
            ("uint8_t", Some(length)) => format!(
                "try put({own}, into: &raw.pointee.{name})\n        raw.pointee.{} = {own}.count",
                length.name
            ),
            (_, Some(length)) => format!(
                "raw.pointee.{name} = memory.bytes({own})\n        raw.pointee.{} = {own}.count",
                length.name
            ),
            _ if api.structure(of).is_none() => format!("raw.pointee.{name} = {own}"),
            _ => format!("raw.pointee.{name} = memory.of({own}).pointee"),
        }
    }
}

fn reading(api: &Api, of: &str, fields: &[Field<'_>]) -> String {
    let name = types::class(of);
    let lines: String = fields
        .iter()
        .map(|f| format!("        {} = {}\n", f.name(), f.read(api)))
        .collect();
    format!(
        "\nextension {name} {{\n    init(at address: UnsafePointer<{of}>) {{\n        let raw = address.pointee\n{lines}    }}\n}}\n"
    )
}

fn writing(api: &Api, of: &str, fields: &[Field<'_>]) -> String {
    let name = types::class(of);
    let lines: String = fields
        .iter()
        .map(|f| format!("        {}\n", f.write(api)))
        .collect();
    format!(
        "\nextension {name}: RawStruct {{\n    func write(to raw: UnsafeMutablePointer<{of}>, _ memory: Scratch) throws {{\n{lines}    }}\n}}\n"
    )
}
