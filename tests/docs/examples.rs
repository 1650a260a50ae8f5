//! The tables of examples leave none out.

use std::path::Path;

use crate::{nothing_in, read};

/// The names of the programs.
fn programs() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples-c");
    let files = std::fs::read_dir(dir).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".c")).collect()
}

#[test]
fn every_example_is_in_the_tables_of_both_readmes() {
    let mut wrong = Vec::new();
    for (page, folder) in [("README.md", "examples-c/"), ("examples-c/README.md", "")] {
        let text = read(page);
        for program in programs() {
            let name = program.trim_end_matches(".c");
            let link = format!("[{name}]({folder}{program})");
            let rows = text.lines().filter(|line| line.starts_with('|'));
            if rows.filter(|row| row.contains(&link)).count() != 1 {
                wrong.push(format!("{page}: {program}"));
            }
        }
    }
    nothing_in("not one row for each", &wrong);
}

#[test]
fn there_is_one_for_each_task_of_the_guides() {
    let programs = programs();
    let count = |prefix: &str| programs.iter().filter(|p| p.starts_with(prefix)).count();
    assert_eq!((count("howto_"), count("channel_")), (13, 13));
    assert_eq!(count("echo_"), 1);
}
