//! Where things are: thinclient.toml, and the database of channels.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The usual name.
const CONFIG: &str = "thinclient.toml";

/// A place where thinclient.toml may be, and why.
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Who puts it there.
    pub whose: &'static str,
}

/// Where thinclient.toml is looked for, in this order: what was said, or else the usual places.
pub fn places(global: &Global) -> Vec<Place> {
    if let Some(path) = &global.config {
        return vec![Place {
            path: path.clone(),
            whose: "--config or $KPC_CONFIG",
        }];
    }
    let mut places = vec![place(PathBuf::from(CONFIG), "this directory")];
    if let Some(directory) = base("XDG_CONFIG_HOME", ".config") {
        places.push(place(directory.join("katzenpost").join(CONFIG), "yours"));
    }
    if let Some(home) = home() {
        places.push(place(home.join(".local/katzenpost").join(CONFIG), "yours"));
    }
    places.push(place(
        Path::new("/etc/katzenpost").join(CONFIG),
        "the daemon's package",
    ));
    places.push(place(
        Path::new("/etc/kpclientd").join(CONFIG),
        "the daemon's package",
    ));
    places
}

fn place(path: PathBuf, whose: &'static str) -> Place {
    Place { path, whose }
}

/// The thinclient.toml to be used.
pub fn config(global: &Global) -> Result<PathBuf> {
    let places = places(global);
    if let [only] = places.as_slice() {
        return Ok(only.path.clone());
    }
    let found = places.iter().find(|place| place.path.exists());
    found.map(|place| place.path.clone()).ok_or_else(|| {
        let looked: Vec<String> = places
            .iter()
            .map(|place| place.path.display().to_string())
            .collect();
        Failure::new(
            Exit::Config,
            format!("no thinclient.toml in {}", looked.join(", ")),
        )
        .hint("give one by --config FILE, or try everything on a simulator by `kpc demo`")
    })
}

/// The database to be used; its directory is created, for its owner alone.
pub fn store(global: &Global) -> Result<PathBuf> {
    if let Some(path) = &global.store {
        return Ok(path.clone());
    }
    let directory = default_store_directory()?;
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .map_err(|error| {
            let what = format!("the directory {} cannot be created", directory.display());
            Failure::new(Exit::Local, format!("{what}: {error}"))
                .hint("give another database by --store FILE")
        })?;
    Ok(directory.join("store.db"))
}

fn default_store_directory() -> Result<PathBuf> {
    let base = base("XDG_STATE_HOME", ".local/state").ok_or_else(|| {
        Failure::new(Exit::Local, "there is no home directory for a database")
            .hint("give one by --store FILE")
    })?;
    Ok(base.join("kpc"))
}

/// A directory of the XDG specification, which is absolute, or its default.
fn base(variable: &str, default: &str) -> Option<PathBuf> {
    let said = env::var_os(variable).map(PathBuf::from);
    said.filter(|path| path.is_absolute())
        .or_else(|| Some(home()?.join(default)))
}

fn home() -> Option<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    home.filter(|path| path.is_absolute())
}
