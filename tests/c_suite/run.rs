//! Running a program, plain or watched.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::{compiler, succeed, Libraries, Linkage};
use super::Program;

/// How a program is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Valgrind,
    Asan,
    Tsan,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Plain => "plain",
            Mode::Valgrind => "valgrind",
            Mode::Asan => "asan",
            Mode::Tsan => "tsan",
        }
    }
}

/// How a run ended.
pub enum Outcome {
    Passed,
    Skipped(String),
    Failed(String),
}

/// The exit code of a program that cannot run here.
const CANNOT: i32 = 77;
/// The exit code by which valgrind and the sanitizer tell of a find.
const FOUND: &str = "97";
/// Longer than any program takes under valgrind, in seconds; a program that hangs is killed.
const LIMIT: &str = "300";

/// What this machine has.
pub struct Tools {
    valgrind: Result<(), String>,
    asan: Result<(), String>,
    simulator: Option<PathBuf>,
}

impl Tools {
    /// Tries everything out once.
    pub fn look_around(programs: &[Program], libraries: &Libraries) -> Self {
        let valgrind = succeed(Command::new("valgrind").arg("--version"))
            .map_err(|_| "there is no valgrind".to_owned());
        let wanted = programs.iter().any(Program::needs_simulator);
        Tools {
            valgrind,
            asan: try_asan(&libraries.work),
            simulator: wanted.then(|| libraries.simulator()),
        }
    }

    /// Why a program is not run in this mode here.
    pub fn cannot(&self, program: &Program, mode: Mode) -> Option<String> {
        let missing = match mode {
            // What was said to be there is there, or building fails.
            Mode::Plain | Mode::Tsan => None,
            Mode::Valgrind => self.valgrind.as_ref().err(),
            Mode::Asan => self.asan.as_ref().err(),
        };
        let refused = program.refuses(mode).map(str::to_owned);
        refused.or_else(|| missing.cloned())
    }
}

/// Whether the compiler has AddressSanitizer, and programs made with it run here.
fn try_asan(work: &Path) -> Result<(), String> {
    let source = work.join("try_asan.c");
    let program = work.join("try_asan");
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file is written");
    let mut command = Command::new(compiler());
    command
        .arg("-fsanitize=address")
        .arg(&source)
        .arg("-o")
        .arg(&program);
    succeed(&mut command)
        .and_then(|()| succeed(&mut Command::new(&program)))
        .map_err(|_| "the compiler has no AddressSanitizer that runs here".to_owned())
}

/// Compiles and links a program for this mode; what is watched by valgrind is the plain one.
pub fn build(
    program: &Program,
    linkage: Linkage,
    mode: Mode,
    libraries: &Libraries,
) -> Result<PathBuf, String> {
    let (kind, mut flags) = match mode {
        Mode::Asan => (
            "asan",
            vec!["-fsanitize=address", "-fno-omit-frame-pointer"],
        ),
        Mode::Tsan => ("tsan", vec!["-fsanitize=thread"]),
        _ => ("plain", vec![]),
    };
    if std::env::var_os("KPC_SANITIZER").is_some() {
        // There can be one runtime only: Rust's, which the library brings.
        flags.push("-nodefaultlibs");
    }
    let name = format!("{}-{}-{kind}", program.name, linkage.name());
    let path = libraries.work.join(&name);
    libraries.compile(&program.source, linkage, &flags, &path)?;
    let start = match mode {
        Mode::Asan => "__asan_init",
        Mode::Tsan => "__tsan_init",
        _ => return Ok(path),
    };
    if has_symbol(&path, start) {
        return Ok(path);
    }
    Err("the sanitizer is not in the program".to_owned())
}

/// Runs a program that was built.
pub fn run(
    program: &Program,
    path: &Path,
    mode: Mode,
    libraries: &Libraries,
    tools: &Tools,
) -> Outcome {
    let tmp = path.with_extension(format!("{}.tmp", mode.name()));
    // A directory that an earlier run left is as good as a new one once it is empty.
    let _ = std::fs::remove_dir_all(&tmp);
    std::fs::create_dir_all(&tmp).expect("a directory for the program");
    let mut command = command(path, mode, program.leaks());
    command
        .current_dir(&tmp)
        .env("KPC_TMP", &tmp)
        .env("KPC_LIB_DIR", &libraries.lib);
    if libraries.for_debugging {
        command.env("KPC_LIB_FOR_DEBUGGING", "1");
    }
    if let Some(simulator) = &tools.simulator {
        command.env("KPC_SIM", simulator);
    }
    let outcome = judge(&mut command);
    // What is in it tells more of a failure.
    if !matches!(outcome, Outcome::Failed(_)) {
        let _ = std::fs::remove_dir_all(&tmp);
    }
    outcome
}

fn has_symbol(program: &Path, name: &str) -> bool {
    let symbols = Command::new("nm").arg(program).output();
    symbols.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(name))
}

fn command(program: &Path, mode: Mode, leaks: bool) -> Command {
    let mut command = Command::new("timeout");
    // What tries everything out takes longer.
    let limit = std::env::var("KPC_LIMIT_S").unwrap_or_else(|_| LIMIT.to_owned());
    command.args(["--kill-after=5", &limit]);
    match mode {
        Mode::Plain => {}
        Mode::Valgrind => {
            command
                .args(["valgrind", "--quiet"])
                .arg(format!(
                    "--leak-check={}",
                    if leaks { "no" } else { "full" }
                ))
                .args([
                    "--show-leak-kinds=definite",
                    "--errors-for-leak-kinds=definite",
                ])
                .args(["--fair-sched=yes", "--trace-children=no"])
                .arg(format!("--error-exitcode={FOUND}"));
        }
        Mode::Asan => {
            let leaks = u8::from(!leaks);
            command.env(
                "ASAN_OPTIONS",
                format!("exitcode={FOUND}:detect_leaks={leaks}"),
            );
        }
        Mode::Tsan => {
            let given = std::env::var("TSAN_OPTIONS").unwrap_or_default();
            command.env("TSAN_OPTIONS", format!("{given} exitcode={FOUND}"));
        }
    }
    command.arg(program);
    command
}

fn judge(command: &mut Command) -> Outcome {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Outcome::Failed(format!("{command:?}: {error}")),
    };
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    match output.status.code() {
        Some(0) => Outcome::Passed,
        Some(CANNOT) => Outcome::Skipped(said.trim().to_owned()),
        _ => Outcome::Failed(format!("{}\n{said}", output.status)),
    }
}
