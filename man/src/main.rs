//! Writes the manual pages below man/, and takes away those that are no more, abi/api.json,
//! docs/symbols-in-versions and abi/interface.txt: `make man`. With `site DIRECTORY` it writes the sources of the site
//! there (`make docs`). With `stub list` or `stub header` it prints a library in C that has
//! the listed interface, by declarations of its own or by those of the header.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use kpclient_man::{api, interface, interface_list, pages, site, symbols_in_versions};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => write(),
        ["site", directory] => write_site(Path::new(directory)),
        ["stub", "list"] => print_stub(true),
        ["stub", "header"] => print_stub(false),
        _ => Err("it takes nothing, `site DIRECTORY`, `stub list` or `stub header`".to_owned()),
    };
    match done {
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
    put(&root.join("abi/api.json"), &api(root)?.to_json()?)?;
    put(
        &root.join("docs/symbols-in-versions"),
        &symbols_in_versions(root)?,
    )?;
    put_interface(root)
}

fn write_site(directory: &Path) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, text) in site::files(&root)? {
        let path = directory.join(&name);
        let folder = path.parent().unwrap_or(directory);
        fs::create_dir_all(folder).map_err(|e| format!("{name}: {e}"))?;
        put(&path, &text)?;
    }
    Ok(())
}

/// Adds to the list of the interface. Breaks are refused, unless they are meant.
fn put_interface(root: &Path) -> Result<(), String> {
    let path = root.join("abi/interface.txt");
    let list = interface_list(root)?;
    let older = fs::read_to_string(&path).unwrap_or_default();
    let soname = |list: &str| list.lines().next().map(str::to_owned);
    let is_meant = std::env::var_os("KPC_ABI").is_some_and(|word| word == "break")
        || older.is_empty()
        || soname(&older) != soname(&list);
    let breaks = interface::compare(&older, &list).breaks;
    if !is_meant && !breaks.is_empty() {
        return Err(format!(
            "programs that were built before would break (see ABI.md; KPC_ABI=break if this is \
             meant before the first release):\n  {}",
            breaks.join("\n  ")
        ));
    }
    put(&path, &list)
}

fn print_stub(own_declarations: bool) -> Result<(), String> {
    use std::io::Write as _;
    let man = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = man.join("../abi/interface.txt");
    let list = fs::read_to_string(path).map_err(|e| format!("abi/interface.txt: {e}"))?;
    let text = interface::stub(&list, own_declarations);
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| e.to_string())
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
