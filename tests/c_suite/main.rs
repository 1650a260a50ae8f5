//! Compiles each tests/c/*.c against the committed header, links it to the shared and to the
//! static library, and runs it plain, under valgrind and with AddressSanitizer.
//!
//! ```text
//! cargo test --test c_suite              everything
//! cargo test --test c_suite -- fork      the programs whose names contain "fork"
//! cargo test --test c_suite -- --quick   linked to the shared library and run plain, no more
//! KPC_LIB_DIR=build/lib cargo test …     with libraries that are there already
//! ```
//!
//! A program says in a comment what it needs: `c_suite: needs sim` (the path of the simulator
//! then stands in KPC_SIM), `c_suite: not valgrind (why)`, `c_suite: leaks are not looked for: why`. KPC_TMP is a directory of its own;
//! KPC_LIB_FOR_DEBUGGING is set where the libraries were built here, without optimisation.
//! Exit code 77 means that it cannot run here. Nothing is skipped without being listed.

#![allow(clippy::print_stdout, reason = "this is a program that reports")]
#![allow(clippy::expect_used, reason = "a test without its files cannot go on")]

mod build;
mod every_argument;
#[allow(dead_code, reason = "shared with tests/abi/signatures.rs")]
mod header;
mod run;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use build::{Libraries, Linkage};
use run::{Mode, Outcome, Tools};

/// One program in one way of linking and running.
struct Job<'a> {
    program: &'a Program,
    linkage: Linkage,
    mode: Mode,
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
        let start = format!("not {}", mode.name());
        self.notes().find(|note| note.starts_with(&start))
    }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let filters: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let libraries = Libraries::find_or_build(root);
    let mut programs = programs(&root.join("tests/c"));
    programs.extend(made_of_the_header(root, &libraries.work));
    programs.retain(|program| {
        filters.is_empty() || filters.iter().any(|filter| program.name.contains(filter))
    });
    let tools = Tools::look_around(&programs, &libraries);

    let mut jobs = VecDeque::new();
    let (linkages, modes): (&[_], &[_]) = if is_quick {
        (&[Linkage::Shared], &[Mode::Plain])
    } else {
        let all = &[Mode::Plain, Mode::Valgrind, Mode::Asan];
        (&[Linkage::Shared, Linkage::Static], all)
    };
    for program in &programs {
        for &linkage in linkages {
            for &mode in modes {
                jobs.push_back(Job {
                    program,
                    linkage,
                    mode,
                });
            }
        }
    }
    let (results, mut times) = run_all(jobs, &libraries, &tools);
    times.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (time, title) in times.iter().take(SLOWEST) {
        println!("{:5.1} s  {title}", time.as_secs_f64());
    }
    std::process::exit(i32::from(!report(&results)));
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
        functions: &header::functions(&header),
        objects: &header::objects(&header),
    };
    [
        ("every_argument.c", writer.alone()),
        ("every_argument_connected.c", writer.connected()),
        ("every_handle_forked.c", writer.forked()),
    ]
    .into_iter()
    .map(|(name, text)| {
        let source = work.join(name);
        std::fs::write(&source, text).expect("the program is written");
        Program::read(source)
    })
    .collect()
}

/// So many runs are named with the time that they took.
const SLOWEST: usize = 5;

/// How long each run took.
type Times = Vec<(Duration, String)>;

/// Runs the jobs on as many threads as there are processors.
fn run_all<'a>(
    jobs: VecDeque<Job<'a>>,
    libraries: &Libraries,
    tools: &Tools,
) -> (Vec<(Job<'a>, Outcome)>, Times) {
    let queue = Mutex::new(jobs);
    let results = Mutex::new(Vec::new());
    let times = Mutex::new(Times::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let next = lock(&queue).pop_front();
                let Some(job) = next else { return };
                let begun = Instant::now();
                let outcome = run::run(job.program, job.linkage, job.mode, libraries, tools);
                if let Outcome::Failed(why) = &outcome {
                    // Indented, so that it ends where another program's words begin.
                    let why = why.trim_end().replace('\n', "\n    ");
                    println!("FAILED {}\n    {why}", title(&job));
                }
                lock(&times).push((begun.elapsed(), title(&job)));
                lock(&results).push((job, outcome));
            });
        }
    });
    let all = results.into_inner();
    (
        all.unwrap_or_else(PoisonError::into_inner),
        times.into_inner().unwrap_or_else(PoisonError::into_inner),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn title(job: &Job) -> String {
    let Job {
        program,
        linkage,
        mode,
    } = job;
    format!("{} ({}, {})", program.name, linkage.name(), mode.name())
}

/// Prints what ran and what did not; tells whether nothing failed.
fn report(results: &[(Job, Outcome)]) -> bool {
    let mut skipped: Vec<String> = results
        .iter()
        .filter_map(|(job, outcome)| match outcome {
            Outcome::Skipped(why) => Some(format!("{}: {why}", title(job))),
            _ => None,
        })
        .collect();
    skipped.sort();
    for line in &skipped {
        println!("skipped {line}");
    }
    let failed = results
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
        .count();
    let passed = results.len() - skipped.len() - failed;
    println!(
        "C programs: {passed} runs passed, {failed} failed, {} skipped",
        skipped.len()
    );
    failed == 0
}
