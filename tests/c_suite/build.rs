//! The libraries under test, and C programs linked to them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program is linked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    Shared,
    Static,
}

impl Linkage {
    pub fn name(self) -> &'static str {
        match self {
            Linkage::Shared => "shared",
            Linkage::Static => "static",
        }
    }
}

/// Where everything is.
pub struct Libraries {
    pub root: PathBuf,
    /// The directory of libkpclient.so and libkpclient.a.
    pub lib: PathBuf,
    /// Where programs are built and run.
    pub work: PathBuf,
    /// They were built here, without optimisation.
    pub for_debugging: bool,
}

impl Libraries {
    /// Takes those of KPC_LIB_DIR, or builds them as `make` does, without optimisation.
    pub fn find_or_build(root: &Path) -> Self {
        let profile = profile_dir();
        let work = profile.join("c_suite");
        std::fs::create_dir_all(&work).expect("a directory for the programs");
        let given = std::env::var_os("KPC_LIB_DIR");
        let for_debugging = given.is_none();
        let lib = match given {
            Some(dir) => std::fs::canonicalize(root.join(dir)).expect("KPC_LIB_DIR is there"),
            None => build(root, &profile, &work.join("lib")),
        };
        Libraries {
            root: root.to_owned(),
            lib,
            work,
            for_debugging,
        }
    }

    /// Compiles and links a program of one file; what the compiler said if it did not like it.
    pub fn compile(
        &self,
        source: &Path,
        linkage: Linkage,
        flags: &[&str],
        to: &Path,
    ) -> Result<(), String> {
        let mut command = Command::new(compiler());
        command
            .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g"])
            .args(flags)
            .args((!cfg!(feature = "store")).then_some("-DKPC_WITHOUT_STORE"))
            .arg("-I")
            .arg(self.root.join("include"))
            .arg("-I")
            .arg(self.root.join("tests/c"))
            .arg(source)
            .arg("-o")
            .arg(to);
        match linkage {
            Linkage::Shared => {
                let mut rpath = OsString::from("-Wl,-rpath,");
                rpath.push(&self.lib);
                command
                    .arg("-L")
                    .arg(&self.lib)
                    .arg("-lkpclient")
                    .arg(rpath);
            }
            Linkage::Static => {
                let needs = std::fs::read_to_string(self.lib.join("static-libs"));
                let needs = needs.expect("make says what the static library needs");
                command
                    .arg(self.lib.join("libkpclient.a"))
                    .args(needs.split_whitespace());
            }
        }
        command.args(["-lpthread", "-ldl"]);
        succeed(&mut command)
    }

    /// The simulator, built if it is not there.
    pub fn simulator(&self) -> PathBuf {
        if let Some(path) = std::env::var_os("KPC_SIM") {
            return path.into();
        }
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(&self.root)
            .args(["build", "--quiet", "-p", "kpclientd-sim"]);
        succeed(&mut command).expect("the simulator is built");
        profile_dir().join("kpclientd-sim")
    }
}

/// The C compiler that the user chose.
pub fn compiler() -> OsString {
    std::env::var_os("CC").unwrap_or_else(|| "cc".into())
}

/// target/debug, two steps above this program.
fn profile_dir() -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let deps = this.parent().and_then(Path::parent);
    deps.expect("it lies in target/…/deps").to_owned()
}

fn build(root: &Path, profile: &Path, out: &Path) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root)
        .args(["rustc", "--quiet", "-p", "kpclient", "--lib"])
        .args(["--crate-type", "staticlib"]);
    // As this program was built itself.
    let store = match (cfg!(feature = "store"), cfg!(feature = "store-bundled")) {
        (false, _) => {
            cargo.args(["--no-default-features", "--features", "websocket"]);
            "no"
        }
        (true, false) => "system",
        (true, true) => {
            cargo.args(["--features", "store-bundled"]);
            "bundled"
        }
    };
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    succeed(&mut cargo).expect("the static library is built");
    let mut make = Command::new("make");
    make.current_dir(root)
        .args(["--silent", "link"])
        .arg(format!("STORE={store}"))
        .arg(format!(
            "ARCHIVE={}",
            profile.join("libkpclient.a").display()
        ))
        .arg(format!("OUT={}", out.display()));
    succeed(&mut make).expect("the libraries are linked");
    out.to_owned()
}

/// Runs a command; everything it said if it failed.
pub fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
