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
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Plain => "plain",
            Mode::Valgrind => "valgrind",
            Mode::Asan => "asan",
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
/// Longer than any program takes under valgrind; a program that hangs is killed.
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

/// Builds and runs one program in one way.
pub fn run(
    program: &Program,
    linkage: Linkage,
    mode: Mode,
    libraries: &Libraries,
    tools: &Tools,
) -> Outcome {
    if let Some(why) = program.refuses(mode) {
        return Outcome::Skipped(why.to_owned());
    }
    let missing = match mode {
        Mode::Plain => None,
        Mode::Valgrind => tools.valgrind.as_ref().err(),
        Mode::Asan => tools.asan.as_ref().err(),
    };
    if let Some(why) = missing {
        return Outcome::Skipped(why.clone());
    }
    let name = format!("{}-{}-{}", program.name, linkage.name(), mode.name());
    let path = libraries.work.join(&name);
    let flags: &[&str] = match mode {
        Mode::Asan => &["-fsanitize=address", "-fno-omit-frame-pointer"],
        _ => &[],
    };
    if let Err(why) = libraries.compile(&program.source, linkage, flags, &path) {
        return Outcome::Failed(why);
    }
    if mode == Mode::Asan && !has_sanitizer(&path) {
        return Outcome::Failed("the sanitizer is not in the program".to_owned());
    }
    let tmp = libraries.work.join(format!("{name}.tmp"));
    // A directory that an earlier run left is as good as a new one once it is empty.
    let _ = std::fs::remove_dir_all(&tmp);
    std::fs::create_dir_all(&tmp).expect("a directory for the program");
    let mut command = command(&path, mode, program.leaks());
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

fn has_sanitizer(program: &Path) -> bool {
    let symbols = Command::new("nm").arg(program).output();
    symbols.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("__asan_init"))
}

fn command(program: &Path, mode: Mode, leaks: bool) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT]);
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
