//! The committed files are what the emitters make.

#![allow(clippy::unwrap_used, reason = "a test without its files cannot go on")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn generated_files_are_up_to_date() {
    let emitters = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    // All programs lie where this one does.
    let programs = Path::new(env!("CARGO_BIN_EXE_emit_python"))
        .parent()
        .unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(emitters).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap();
        let output = Command::new(programs.join(name)).arg("--check").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        seen += 1;
    }
    assert!(seen > 0);
}
