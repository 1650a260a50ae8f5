//! Writes the manual pages below man/, and takes away those that are no more, and abi/api.json:
//! `make man`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use kpclient_man::{api, pages};

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "kpclient-man: {text}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<(), String> {
    let man = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = man.parent().ok_or("man/ is nowhere")?;
    let pages = pages(root)?;
    for directory in ["man1", "man3"] {
        let path = man.join(directory);
        fs::create_dir_all(&path).map_err(|e| e.to_string())?;
        for entry in fs::read_dir(&path).map_err(|e| e.to_string())? {
            let entry = entry.map_err(|e| e.to_string())?;
            let name = format!("{directory}/{}", entry.file_name().to_string_lossy());
            if !pages.contains_key(&name) {
                fs::remove_file(entry.path()).map_err(|e| format!("{name}: {e}"))?;
            }
        }
    }
    for (name, text) in &pages {
        put(&man.join(name), text)?;
    }
    put(&root.join("abi/api.json"), &api(root)?.to_json()?)
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
