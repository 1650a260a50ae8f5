//! The rooms of src/client and of the simulator's daemon: folders use each other in one direction
//! only, and inside a folder no more than three files use each other in a circle. Read off the
//! `use` lines, and the calls of methods where all rooms add methods to one type.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A folder whose folders and files are the rooms.
struct House {
    folder: &'static str,
    /// Its name below `crate`.
    module: &'static str,
    /// The type to which the rooms add methods.
    shared: Option<&'static str>,
}

const CLIENT: House = House {
    folder: "src/client",
    module: "client",
    shared: None,
};
const DAEMON: House = House {
    folder: "sim/src/daemon",
    module: "daemon",
    shared: Some("Daemon"),
};
const NETWORK: House = House {
    folder: "sim/src/network",
    module: "network",
    shared: None,
};

/// A module of a house, as the names that lead to it.
type Module = Vec<String>;
/// Who uses whom.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// What nearly all use, so that the picture leaves it out.
const NOT_DRAWN: [&str; 2] = ["events", "runtime"];
/// The most files that may use each other in a circle.
const CIRCLE: usize = 3;

fn without_tests(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {");
    source[..end.unwrap_or(source.len())].to_owned()
}

/// What a statement uses, if it is a `use`.
fn tree(statement: &str) -> Option<&str> {
    let (before, tree) = statement.rsplit_once("use ")?;
    let line = before.rsplit('\n').next()?;
    matches!(line.trim(), "" | "pub" | "pub(crate)").then_some(tree)
}

/// The paths of one `use`, without its braces.
fn spread(tree: &str) -> Vec<String> {
    let Some((before, group)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let group = group.trim_end().strip_suffix('}').unwrap();
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    let whole = parts.map(|part| format!("{}{}", before.trim(), part.trim()));
    whole.flat_map(|path| spread(&path)).collect()
}

/// What a path in `from` leads to inside the house; none for what lies elsewhere.
fn absolute(house: &House, from: &Module, path: &str) -> Option<Module> {
    let mut names = path.split("::").map(str::trim).peekable();
    let mut at = match names.next()? {
        "crate" => {
            names.next_if_eq(&house.module)?;
            Module::new()
        }
        "self" => from.clone(),
        "super" => from[..from.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    while names.next_if_eq(&"super").is_some() {
        at.pop()?;
    }
    at.extend(names.map(str::to_owned));
    Some(at)
}

/// The sources of a house, without their tests.
fn files(house: &House) -> BTreeMap<Module, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(house.folder);
    let mut all = BTreeMap::new();
    crate::each_file(house.folder, &mut |path| {
        let inside = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let Some(names) = inside.strip_suffix(".rs") else {
            return;
        };
        let mut module: Module = names.split('/').map(str::to_owned).collect();
        match module.last().map(String::as_str) {
            Some("tests") => return,
            Some("mod") => drop(module.pop()),
            _ => {}
        }
        all.insert(module, without_tests(&fs::read_to_string(path).unwrap()));
    });
    all
}

fn uses(house: &House) -> Uses {
    let all = files(house);
    let mut uses = Uses::new();
    for (from, source) in &all {
        let paths = source.split(';').filter_map(tree).flat_map(spread);
        let used = paths.filter_map(|path| absolute(house, from, &path));
        // Of a path the longest part that is a module.
        let modules = used.filter_map(|path| {
            let part = (0..=path.len()).rev().map(|length| &path[..length]);
            part.map(<[String]>::to_vec)
                .find(|part| all.contains_key(part))
        });
        let others = modules.filter(|module| module != from).collect();
        uses.insert(from.clone(), others);
    }
    if let Some(shared) = house.shared {
        add_calls(&mut uses, &all, shared);
    }
    uses
}

/// The methods that a file adds to a type, without blanks between words.
fn methods(source: &str, shared: &str) -> String {
    let head = format!("\nimpl {shared} {{");
    let blocks = source.split(&head).skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("\n}"));
    blocks
        .flat_map(|(block, _)| block.split_whitespace())
        .collect()
}

/// Who calls methods that another file adds to the type. The names of such methods are unique.
fn add_calls(uses: &mut Uses, all: &BTreeMap<Module, String>, shared: &str) {
    let mut homes = BTreeMap::new();
    for (home, source) in all {
        let methods = methods(source, shared);
        for method in methods.split("fn").skip(1) {
            let letters = |letter: char| !letter.is_alphanumeric() && letter != '_';
            let name = method.split(letters).next().unwrap();
            if method[name.len()..].starts_with(['(', '<']) {
                let other = homes.insert(name.to_owned(), home);
                assert!(
                    other.is_none_or(|other| other == home),
                    "{name} is there twice"
                );
            }
        }
    }
    for (from, source) in all {
        let own = methods(source, shared);
        let whole: String = source.split_whitespace().collect();
        let is_called = |name: &str| {
            let others = ["daemon", "borrow()", "borrow_mut()"];
            let by_others = |who: &str| whole.contains(&format!("{who}.{name}("));
            own.contains(&format!("self.{name}(")) || others.into_iter().any(by_others)
        };
        let called = homes
            .iter()
            .filter(|(name, home)| **home != from && is_called(name));
        let called: Vec<_> = called.map(|(_, home)| (*home).clone()).collect();
        uses.entry(from.clone()).or_default().extend(called);
    }
}

/// All that is reached from `start`.
fn reached<T: Ord + Clone>(uses: &BTreeMap<T, BTreeSet<T>>, start: &T) -> BTreeSet<T> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![start.clone()]);
    while let Some(at) = next.pop() {
        for to in uses.get(&at).into_iter().flatten() {
            if seen.insert(to.clone()) {
                next.push(to.clone());
            }
        }
    }
    seen
}

/// Those that are reached from each other, the circles.
fn circles<T: Ord + Clone>(uses: &BTreeMap<T, BTreeSet<T>>) -> BTreeSet<BTreeSet<T>> {
    let from: BTreeMap<&T, BTreeSet<T>> = uses.keys().map(|at| (at, reached(uses, at))).collect();
    let in_circles = from.iter().filter(|(at, all)| all.contains(at));
    in_circles
        .map(|(at, all)| {
            let back = |other: &&T| from.get(other).is_some_and(|all| all.contains(at));
            all.iter().filter(back).cloned().collect()
        })
        .collect()
}

/// Which folder, or file beside the folders, uses which others. The façade is none of them: it
/// names everything.
fn rooms(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let room = |module: &Module| module.first().cloned();
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in uses(house) {
        let Some(from) = room(&from) else { continue };
        let others = to.iter().filter_map(room).filter(|other| *other != from);
        rooms.entry(from.clone()).or_default().extend(others);
    }
    rooms
}

#[test]
fn folders_use_each_other_in_one_direction() {
    for house in [CLIENT, DAEMON] {
        let rooms = rooms(&house);
        assert!(rooms.len() > 10, "{rooms:?}");
        assert_eq!(circles(&rooms), BTreeSet::new(), "{}", house.folder);
    }
}

#[test]
fn nothing_below_uses_the_facade() {
    for house in [CLIENT, DAEMON] {
        let uses = uses(&house);
        let those = uses.iter().filter(|(_, to)| to.contains(&Module::new()));
        let those: Vec<_> = those.map(|(from, _)| from.join("/")).collect();
        assert_eq!(those, Vec::<String>::new(), "{}", house.folder);
    }
}

#[test]
fn the_simulated_network_does_not_know_the_daemon() {
    let files = files(&NETWORK);
    assert!(files.len() > 10);
    let those = files
        .iter()
        .filter(|(_, source)| source.contains("daemon::"));
    let those: Vec<_> = those.map(|(from, _)| from.join("/")).collect();
    assert_eq!(those, Vec::<String>::new());
}

#[test]
fn no_more_than_three_files_use_each_other_in_a_circle() {
    let too_large = |circle: &BTreeSet<Module>| circle.len() > CIRCLE;
    for house in [CLIENT, DAEMON, NETWORK] {
        let circles = circles(&uses(&house));
        let large: Vec<_> = circles.into_iter().filter(too_large).collect();
        assert_eq!(large, Vec::<BTreeSet<Module>>::new(), "{}", house.folder);
    }
}

/// The arrows of docs/pictures/rooms.dot.
fn drawn() -> BTreeSet<(String, String)> {
    let picture = crate::read("docs/pictures/rooms.dot");
    let arrows = picture.lines().filter_map(|line| line.split_once(" -> "));
    let names = arrows.map(|(from, to)| (from.trim(), to.trim_end_matches(';')));
    names
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect()
}

#[test]
fn the_picture_of_the_rooms_has_their_arrows() {
    let rooms = rooms(&CLIENT);
    let is_drawn = |room: &&String| !NOT_DRAWN.contains(&room.as_str());
    let follows = |from: &String, to: &String| {
        let mut others = rooms[from].iter().filter(|other| *other != to);
        others.any(|other| reached(&rooms, other).contains(to))
    };
    let mut needed = BTreeSet::new();
    for from in rooms.keys().filter(is_drawn) {
        let used = rooms[from].iter().filter(is_drawn);
        let used = used.filter(|to| !follows(from, to));
        needed.extend(used.map(|to| (from.clone(), to.clone())));
    }
    assert_eq!(
        drawn(),
        needed,
        "docs/pictures/rooms.dot, then make pictures"
    );
    let image = crate::read("docs/pictures/rooms.svg");
    let missing: Vec<_> = needed
        .into_iter()
        .filter(|(from, to)| !image.contains(&format!("<title>{from}&#45;&gt;{to}</title>")))
        .collect();
    assert!(missing.is_empty(), "make pictures: {missing:?}");
}

#[test]
fn the_files_that_documents_name_are_there() {
    let mut missing = Vec::new();
    for document in [
        "docs/architecture.md",
        "docs/performance.md",
        "CONTRIBUTING.md",
    ] {
        let text = crate::read(document);
        let ends = |letter: char| !letter.is_alphanumeric() && !"_/.-".contains(letter);
        let names = text.split(ends).map(|name| name.trim_end_matches('.'));
        let names = names.filter(|name| name.starts_with("src/") || name.starts_with("sim/src/"));
        let there = |name: &&str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists();
        missing.extend(
            names
                .filter(|name| !there(name))
                .map(|name| format!("{document}: {name}")),
        );
    }
    crate::nothing_in("no such file", &missing);
}

#[test]
fn circles_are_found() {
    let of = |pairs: &[(u8, &[u8])]| {
        let pairs = pairs
            .iter()
            .map(|(at, to)| (*at, to.iter().copied().collect()));
        circles(&pairs.collect::<BTreeMap<u8, BTreeSet<u8>>>())
    };
    assert_eq!(of(&[(1, &[2]), (2, &[3]), (3, &[])]), BTreeSet::new());
    let expected = BTreeSet::from([BTreeSet::from([1, 2, 3])]);
    assert_eq!(of(&[(1, &[2]), (2, &[3]), (3, &[1]), (4, &[1])]), expected);
    assert_eq!(spread("a::{b, c::{d, e}}"), ["a::b", "a::c::d", "a::c::e"]);
}
