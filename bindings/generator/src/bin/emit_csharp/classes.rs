//! The classes of objects, and the class of plain functions.

use kpclient_bindings::methods::Class;
use kpclient_bindings::Api;

use crate::constants;
use crate::docs::Docs;
use crate::methods::method;
use crate::outputs::OWNED;
use crate::types;

/// Lists: what one is an item of is found at a position.
fn list(members: &str) -> Option<String> {
    let (before, _) = members.split_once(" At(int position)")?;
    let item = before.rsplit_once("public ")?.1;
    members.contains("public int Count\n").then(|| {
        format!(
            "        /// <summary>All of it.</summary>\n        public List<{item}> ToList()\n        {{\n            \
             var all = new List<{item}>();\n            for (var i = 0; i < Count; i++) all.Add(At(i));\n            \
             return all;\n        }}\n"
        )
    })
}

pub fn class(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    let (mut members, mut results) = (Vec::new(), String::new());
    for one in &class.methods {
        if let Some(written) = method(api, docs, one)? {
            results += &written.result.unwrap_or_default();
            members.push(written.text);
        }
    }
    if class.name.is_empty() {
        let what = "Functions that need no object, and the numbers of the interface.";
        let all = [constants::numbers(api, docs), members].concat();
        return Ok(format!(
            "    /// <summary>{what}</summary>\n    public static class Kpc\n    {{\n{}    }}\n{results}",
            all.join("\n")
        ));
    }
    let handle = api.handle(class.name).ok_or("a class is no handle")?;
    let name = types::class(class.name);
    let comment = docs.comment(&handle.documentation, &[], "    ");
    let (owner, base) = match OWNED.contains(&class.name) {
        true => (", KpcObject owner", ", owner"),
        false => ("", ""),
    };
    let free = &handle.free;
    members.insert(
        0,
        format!(
            "        internal {name}(IntPtr handle{owner})\n            \
             : base(handle, Raw.{free}{base})\n        {{\n        }}\n"
        ),
    );
    members.extend(list(&members.join("\n")));
    let body = members.join("\n");
    Ok(format!(
        "{comment}    public sealed partial class {name} : KpcObject\n    {{\n{body}    }}\n{results}"
    ))
}
