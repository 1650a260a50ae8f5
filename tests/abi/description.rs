//! What abi/api.json says of structs and constants is what a C compiler makes of the header.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A program in C that compiles where every number is right.
fn assertions(api: &Value) -> String {
    let mut text = "#include <kpclient.h>\n".to_owned();
    let mut claim = |claim: String| {
        let _ = writeln!(text, "_Static_assert({claim}, \"abi/api.json is wrong\");");
    };
    for laid in list(&api["structs"]) {
        let name = word(&laid["name"]);
        claim(format!("sizeof({name}) == {}", laid["size"]));
        claim(format!("_Alignof({name}) == {}", laid["alignment"]));
        for member in list(&laid["members"]) {
            let (member, offset, size) =
                (word(&member["name"]), &member["offset"], &member["size"]);
            claim(format!("offsetof({name}, {member}) == {offset}"));
            claim(format!("sizeof((({name} *)0)->{member}) == {size}"));
        }
    }
    for constant in list(&api["constants"])
        .iter()
        .flat_map(|g| list(&g["constants"]))
    {
        claim(format!(
            "{} == {}",
            word(&constant["name"]),
            constant["value"]
        ));
    }
    claim(format!("KPC_VERSION_NUMBER == {}", api["version_number"]));
    text
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structs_and_constants_are_as_the_compiler_has_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("abi/api.json")).unwrap();
    let program = assertions(&serde_json::from_str(&text).unwrap());
    assert!(program.lines().count() > 300);
    let name = format!("kpc-description-{}.c", std::process::id());
    let source = std::env::temp_dir().join(name);
    std::fs::write(&source, program).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(compiler)
        .args(["-std=c11", "-fsyntax-only", "-I"])
        .arg(root.join("include"))
        .arg(&source)
        .output();
    std::fs::remove_file(&source).unwrap();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
