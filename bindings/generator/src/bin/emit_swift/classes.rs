//! The classes of objects, and plain functions.

use kpclient_bindings::methods::Class;
use kpclient_bindings::Api;

use crate::docs::Docs;
use crate::methods::method;
use crate::outputs::OWNED;
use crate::types;

/// Lists: what one is an item of is found at a position.
fn list(members: &str) -> Option<String> {
    let at = members
        .split("func at(_ position: Int) throws -> ")
        .nth(1)?;
    let item = at.split(" {").next()?;
    let counts = members.contains("var count: Int");
    counts.then(|| {
        format!(
            "    /// All of it.\n    public var all: [{item}] {{\n        \
             get throws {{ try (0..<count).map {{ try at($0) }} }}\n    }}\n"
        )
    })
}

fn members(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<Vec<String>, String> {
    let mut members = Vec::new();
    for one in &class.methods {
        members.extend(method(api, docs, one)?);
    }
    Ok(members)
}

/// The methods of a struct.
pub fn of_struct(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    Ok(members(api, docs, class)?.join("\n"))
}

pub fn functions(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    Ok(format!("\n{}", members(api, docs, class)?.join("\n")))
}

pub fn class(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    let handle = api.handle(class.name).ok_or("a class is no handle")?;
    let name = types::class(class.name);
    let comment = docs.comment(&handle.documentation, &[], "");
    let (field, parameter, set) = match OWNED.contains(&class.name) {
        true => (
            "    let owner: Client\n",
            ", _ owner: Client",
            "        self.owner = owner\n",
        ),
        false => ("", "", ""),
    };
    let free = &handle.free;
    let mut text = format!(
        "\n{comment}public final class {name}: Handled {{\n    let handle: UInt\n{field}\n    \
         init(_ handle: OpaquePointer?{parameter}) {{\n        self.handle = UInt(bitPattern: handle)\n{set}    }}\n\n    \
         deinit {{ free() }}\n\n    \
         /// Gives the object back at once, which does not wait. Calls on it fail from then on; freeing twice is fine.\n    \
         public func free() {{ {free}(OpaquePointer(bitPattern: handle)) }}\n"
    );
    let mut members = members(api, docs, class)?;
    members.extend(list(&members.join("\n")));
    for member in members {
        text += "\n";
        text += &member;
    }
    Ok(text + "}\n")
}
