//! Compiles each tests/c/*.c against the committed header, links it to the shared and to the
//! static library, and runs it plain, under valgrind and with AddressSanitizer.
//!
//! ```text
//! cargo test --test c_suite              each program in four ways (`WAYS`)
//! cargo test --test c_suite -- fork      the programs whose names contain "fork"
//! cargo test --test c_suite -- --all     under valgrind and with the sanitizer in both link forms
//! cargo test --test c_suite -- --quick   linked to the shared library and run plain, no more
//! KPC_LIB_DIR=build/lib cargo test …     with libraries that are there already
//! KPC_SANITIZER=thread cargo test …      with a library in Rust that has it too, of tests/sanitize/run.sh
//! KPC_C_SUITE=apart cargo test           without this: `make check` runs it as a part of its own
//! ```
//!
//! A program says in a comment what it needs: `c_suite: needs sim` (the path of the simulator
//! then stands in KPC_SIM), `c_suite: not valgrind (why)`, `c_suite: leaks are not looked for: why`. KPC_TMP is a directory of its own;
//! KPC_LIB_FOR_DEBUGGING is set where the libraries were built here, without optimisation.
//! Exit code 77 means that it cannot run here. Nothing is skipped without being listed. Programs about channels
//! that remember, `store_*.c`, are left out where the library is built without these.

#![allow(clippy::print_stdout, reason = "this is a program that reports")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its files cannot go on"
)]

mod build;
mod every_argument;
#[allow(dead_code, reason = "shared with tests/abi/signatures.rs")]
mod header;
mod in_callbacks;
mod program;
mod roles;
mod run;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use build::{Libraries, Linkage};
use run::{Mode, Outcome, Tools};

/// How a program is linked, and how what was linked is run.
struct Way {
    linkage: Linkage,
    /// The sanitizer is compiled in, so it is alone.
    modes: &'static [Mode],
}

/// The ways of every day. Both libraries are linked from the same machine code, which valgrind sees
/// whole in either, so that once is enough; and the sanitizer watches what a program and the
/// library do to each other's memory, which is the same too. What differs, the linking, is run
/// plain in both forms, and each form has one that watches.
const WAYS: &[Way] = &[
    Way {
        linkage: Linkage::Shared,
        modes: &[Mode::Plain, Mode::Valgrind],
    },
    Way {
        linkage: Linkage::Static,
        modes: &[Mode::Plain],
    },
    Way {
        linkage: Linkage::Static,
        modes: &[Mode::Asan],
    },
];

/// Everything in both forms.
const ALL_WAYS: &[Way] = &[
    Way {
        linkage: Linkage::Shared,
        modes: &[Mode::Plain, Mode::Valgrind],
    },
    Way {
        linkage: Linkage::Static,
        modes: &[Mode::Plain, Mode::Valgrind],
    },
    Way {
        linkage: Linkage::Shared,
        modes: &[Mode::Asan],
    },
    Way {
        linkage: Linkage::Static,
        modes: &[Mode::Asan],
    },
];

/// What fails most often.
const QUICK_WAYS: &[Way] = &[Way {
    linkage: Linkage::Shared,
    modes: &[Mode::Plain],
}];

/// With the sanitizer that is in the library as well.
const SANITIZED_WAYS: [(&str, &[Way]); 2] = [
    (
        "address",
        &[Way {
            linkage: Linkage::Static,
            modes: &[Mode::Asan],
        }],
    ),
    (
        "thread",
        &[Way {
            linkage: Linkage::Static,
            modes: &[Mode::Tsan],
        }],
    ),
];

/// One program, linked in one way.
struct Job<'a> {
    program: &'a Program,
    way: &'static Way,
}

/// What became of one run.
struct Run {
    title: String,
    took: Duration,
    outcome: Outcome,
}

/// A test in C.
pub struct Program {
    /// The file's name without its extension.
    pub name: String,
    /// The file.
    pub source: PathBuf,
    text: String,
}

impl Program {
    fn read(source: PathBuf) -> Self {
        Program {
            name: source
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            text: std::fs::read_to_string(&source).expect("it can be read"),
            source,
        }
    }

    /// What its comments say after `c_suite: `.
    fn notes(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .filter_map(|line| line.split("c_suite: ").nth(1))
            .map(|note| note.trim_end_matches("*/").trim())
    }

    /// Whether it wants the simulator.
    pub fn needs_simulator(&self) -> bool {
        self.notes().any(|note| note == "needs sim")
    }

    /// Whether memory may be left over in it for a good reason.
    pub fn leaks(&self) -> bool {
        self.notes()
            .any(|note| note.starts_with("leaks are not looked for"))
    }

    /// Why it does not want to be run in this mode.
    pub fn refuses(&self, mode: Mode) -> Option<&str> {
        let says = |name| {
            let start = format!("not {name}");
            self.notes().find(move |note| note.starts_with(&start))
        };
        let sanitized = sanitized().and_then(|_| says("sanitized"));
        sanitized.or_else(|| match mode {
            // Both have an allocator and a memory of their own.
            Mode::Tsan => says("tsan").or_else(|| says("asan")),
            _ => says(mode.name()),
        })
    }
}

fn main() {
    if std::env::var_os("KPC_C_SUITE").is_some_and(|value| value == "apart") {
        println!("the programs in C are a part of their own: cargo test --test c_suite");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (options, filters): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with('-'));
    let has = |option: &str| options.iter().any(|given| given == option);
    let ways = match (sanitized(), has("--quick"), has("--all")) {
        (Some(ways), ..) => ways,
        (_, true, _) => QUICK_WAYS,
        (_, _, true) => ALL_WAYS,
        _ => WAYS,
    };
    let libraries = Libraries::find_or_build(root);
    let mut programs = programs(&root.join("tests/c"));
    programs.extend(made_of_the_header(root, &libraries.work));
    // A library that was built without them has no channels that remember.
    programs.retain(|program| cfg!(feature = "store") || !program.name.starts_with("store_"));
    programs.retain(|program| {
        filters.is_empty() || filters.iter().any(|filter| program.name.contains(filter))
    });
    let tools = Tools::look_around(&programs, &libraries);
    let jobs = programs
        .iter()
        .flat_map(|program| ways.iter().map(move |way| Job { program, way }))
        .collect();
    let mut runs = run_all(jobs, &libraries, &tools);
    runs.sort_by_key(|run| std::cmp::Reverse(run.took));
    for run in runs.iter().take(SLOWEST) {
        println!("{:5.1} s  {}", run.took.as_secs_f64(), run.title);
    }
    std::process::exit(i32::from(!report(&runs)));
}

/// The ways for the sanitizer of KPC_SANITIZER.
fn sanitized() -> Option<&'static [Way]> {
    let wanted = std::env::var("KPC_SANITIZER").ok()?;
    let known = SANITIZED_WAYS.iter().find(|(name, _)| *name == wanted);
    Some(known.expect("KPC_SANITIZER is address or thread").1)
}

fn programs(dir: &Path) -> Vec<Program> {
    let mut found: Vec<Program> = std::fs::read_dir(dir)
        .expect("tests/c is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .map(Program::read)
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The programs that are made of the header.
fn made_of_the_header(root: &Path, work: &Path) -> Vec<Program> {
    let header = std::fs::read_to_string(root.join("include/kpclient.h")).expect("the header");
    let writer = every_argument::Writer {
        functions: &functions_of_the_library(root, &header),
        roles: &roles::Roles::read(root),
    };
    [
        ("every_argument.c", writer.alone()),
        ("every_argument_connected.c", writer.connected()),
        ("every_handle_forked.c", writer.forked()),
        ("every_wait_in_callbacks.c", writer.in_callbacks()),
    ]
    .into_iter()
    .map(|(name, text)| {
        let source = work.join(name);
        std::fs::write(&source, text).expect("the program is written");
        Program::read(source)
    })
    .collect()
}

/// The functions of the header that the library has, too.
fn functions_of_the_library(root: &Path, header: &str) -> Vec<header::Function> {
    let mut functions = header::functions(header);
    functions.retain(|function| !every_argument::takes_what_is_lent(function));
    if !cfg!(feature = "store") {
        let listed = std::fs::read_to_string(root.join("abi/symbols.txt")).expect("their names");
        let of_store: Vec<&str> = listed
            .lines()
            .filter(|line| line.ends_with(" store"))
            .filter_map(|line| line.split(' ').next())
            .collect();
        functions.retain(|function| !of_store.contains(&function.name.as_str()));
    }
    functions
}

/// So many runs are named with the time that they took.
const SLOWEST: usize = 5;

/// Runs the jobs on twice as many threads as there are processors: most programs wait for the simulator, and some for
/// a clock, most of the time.
fn run_all(jobs: VecDeque<Job>, libraries: &Libraries, tools: &Tools) -> Vec<Run> {
    let queue = Mutex::new(jobs);
    let runs = Mutex::new(Vec::new());
    let workers = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let next = lock(&queue).pop_front();
                let Some(job) = next else { return };
                run_job(&job, libraries, tools, |run| lock(&runs).push(run));
            });
        }
    });
    runs.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Compiles a program, if it can run at all, and runs it in each mode.
fn run_job(job: &Job, libraries: &Libraries, tools: &Tools, mut note: impl FnMut(Run)) {
    let mut binary = None;
    for &mode in job.way.modes {
        let begun = Instant::now();
        let linkage = job.way.linkage;
        let mut run = || {
            if let Some(why) = tools.cannot(job.program, mode) {
                return Outcome::Skipped(why);
            }
            let build = || run::build(job.program, linkage, mode, libraries);
            match binary.get_or_insert_with(build) {
                Ok(path) => run::run(job.program, path, mode, libraries, tools),
                Err(why) => Outcome::Failed(why.clone()),
            }
        };
        let outcome = run();
        let title = format!("{} ({}, {})", job.program.name, linkage.name(), mode.name());
        if let Outcome::Failed(why) = &outcome {
            // Indented, so that it ends where another program's words begin.
            let why = why.trim_end().replace('\n', "\n    ");
            println!("FAILED {title}\n    {why}");
        }
        note(Run {
            title,
            took: begun.elapsed(),
            outcome,
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints what ran and what did not; tells whether nothing failed.
fn report(runs: &[Run]) -> bool {
    let mut skipped: Vec<String> = runs
        .iter()
        .filter_map(|run| match &run.outcome {
            Outcome::Skipped(why) => Some(format!("{}: {why}", run.title)),
            _ => None,
        })
        .collect();
    skipped.sort();
    for line in &skipped {
        println!("skipped {line}");
    }
    let has_failed = |run: &&Run| matches!(run.outcome, Outcome::Failed(_));
    let failed = runs.iter().filter(has_failed).count();
    let passed = runs.len() - skipped.len() - failed;
    println!(
        "C programs: {passed} runs passed, {failed} failed, {} skipped",
        skipped.len()
    );
    failed == 0
}
