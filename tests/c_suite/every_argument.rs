//! Writes C programs. They give every function of the header, one argument at a time, what it
//! must refuse: NULL, a handle that was freed, is of another kind or is no handle, a pointer
//! that is not aligned, a text that is no UTF-8, a length that cannot be, a time limit or flags
//! out of range, the result of another call. Each refusal is the documented status, comes with an error object, and leaves
//! the outputs empty. One program has no daemon; one is connected with the simulator, which
//! hears of nothing; one gives handles of the parent to every function in a forked child.
//!
//! abi/api.json says what each parameter is for, and what NULL has to do there: KPC_ERR_ARG_NULL, or
//! the value for no object, where the header has KPC_NONNULL; anything but that where it has
//! KPC_NULLABLE. The good arguments are made by tests/c/kpc_fixture.h.

use std::fmt::Write;

use super::header::{Function, Parameter};
use super::program::{head, Daemon, FORK_MAIN, FORK_NOTE};
use super::roles::Roles;

/// Objects that only a daemon gives.
const OF_A_DAEMON: [&str; 8] = [
    "kpc_authorities",
    "kpc_copy_builder",
    "kpc_pki_document",
    "kpc_result",
    "kpc_services",
    "kpc_stream_elements",
    "kpc_tombstones",
    "kpc_voucher",
];

/// Objects of channels that remember.
const OF_A_STORE: [&str; 6] = [
    "kpc_message",
    "kpc_messages",
    "kpc_names",
    "kpc_reader",
    "kpc_store",
    "kpc_writer",
];

/// Objects that only a function of the program's is lent. tests/c/store_backing_faults.c gives the
/// functions that take them what they must refuse.
const LENT: [&str; 1] = ["kpc_records"];

/// Which call the fixture's kpc_result is of.
const CALL_OF_THE_RESULT: &str = "kpc_next_message_box_index_remote";

/// Value types whose alignment is more than one byte.
const ALIGNED: [&str; 12] = [
    "int64_t",
    "kpc_backing",
    "kpc_daemon_health",
    "kpc_service",
    "kpc_stats",
    "kpc_sphinx_geometry",
    "kpc_pigeonhole_geometry",
    "kpc_op",
    "uint32_t",
    "uint64_t",
    "kpc_completion",
    "size_t",
];

/// As many bytes as every length says, in C.
const TEXT: &str = "\"What 32 bytes can say, and not a \"";
const NO_UTF8: &str = "\"What 32 bytes can say, and not \" \"\\xff\"";

/// Whether a function takes an object that is only lent.
pub fn takes_what_is_lent(function: &Function) -> bool {
    let is_lent = |p: &Parameter| LENT.iter().any(|kind| p.kind == format!("const {kind} *"));
    function.parameters.iter().any(is_lent)
}

/// What a parameter is for.
enum Role<'a> {
    /// A handle of this type.
    Handle(&'a str),
    /// Receives a handle of this type.
    HandleOut(&'a str),
    ErrorOut,
    /// Receives a value of this type.
    Out(&'a str),
    /// A value of this type.
    In(&'a str),
    Bytes,
    Text,
    /// With its length behind it.
    TextOf,
    Memory,
    Function,
    Length,
    /// Of the struct before it.
    Size,
    TimeLimit,
    Flags,
    Number,
}

/// Writes the programs about these functions.
pub struct Writer<'a> {
    pub functions: &'a [Function],
    /// What their parameters are for.
    pub roles: &'a Roles,
}

impl Writer<'_> {
    /// The program in which one argument at a time is bad, without a daemon.
    pub fn alone(&self) -> String {
        self.program(Daemon::None)
    }

    /// The same with a client that is connected. Only what is refused, for nothing else may be
    /// without effect.
    pub fn connected(&self) -> String {
        self.program(Daemon::Simulated)
    }

    fn program(&self, daemon: Daemon) -> String {
        let mut text = head(daemon);
        for function in self.functions {
            text.push_str(&self.test_of(function, daemon));
        }
        text.push_str("int main(void)\n{\n    struct fixture f = fixture_new();\n");
        for function in self.functions {
            let _ = writeln!(text, "    test_{}(f);", function.name);
            if daemon == Daemon::None {
                // What is not refused may have changed something.
                text.push_str("    fixture_free(&f);\n    f = fixture_new();\n");
            }
        }
        text.push_str("    fixture_free(&f);\n    return kpc_test_end();\n}\n");
        text
    }

    /// The program that uses the parent's handles in a forked child.
    pub fn forked(&self) -> String {
        let mut text = FORK_NOTE.to_owned() + &head(Daemon::Simulated);
        text.push_str("static void in_child(struct fixture f)\n{\n");
        for function in self.functions {
            text.push_str(&self.in_child(function));
        }
        text.push_str("}\n\n");
        text.push_str(FORK_MAIN);
        text
    }

    /// Whether a call that is not refused is made in this program. With a daemon it is where only
    /// that gives the objects, and the function asks it nothing.
    fn may_succeed(&self, function: &Function, daemon: Daemon) -> bool {
        match daemon {
            Daemon::None => !self.needs_daemon(function),
            Daemon::Simulated => self.needs_daemon(function) && !function.has("timeout_ms"),
        }
    }

    /// Whether a function takes an object that only a daemon gives.
    fn needs_daemon(&self, function: &Function) -> bool {
        let missing = |role| matches!(role, Role::Handle(kind) if OF_A_DAEMON.contains(&kind));
        let mut parameters = function.parameters.iter();
        parameters.any(|p| missing(self.role(function, p)))
    }

    /// One function with all that it must refuse.
    fn test_of(&self, function: &Function, daemon: Daemon) -> String {
        let mut text = format!("static void test_{}(struct fixture f)\n{{\n", function.name);
        text.push_str(&self.outputs(function));
        let takes_store = self.takes_store(function);
        if takes_store {
            text.push_str("    fixture_open_store(&f);\n");
        }
        for at in 0..function.parameters.len() {
            for (argument, expected) in self.refused(function, at, daemon) {
                if expected.is_some() || self.may_succeed(function, daemon) {
                    let call = self.call(function, at, &argument);
                    text.push_str(&self.checked(function, at, &call, expected));
                }
            }
        }
        if takes_store {
            text.push_str("    fixture_close_store(&f);\n");
        }
        let _ = writeln!(
            text,
            "    fixture_is_whole(&f, \"{}\");\n}}\n",
            function.name
        );
        text
    }

    /// Whether a function takes a store or something of one.
    pub fn takes_store(&self, function: &Function) -> bool {
        let mut parameters = function.parameters.iter();
        parameters.any(
            |p| matches!(self.role(function, p), Role::Handle(kind) if OF_A_STORE.contains(&kind)),
        )
    }

    fn role(&self, function: &Function, parameter: &Parameter) -> Role<'_> {
        let described = self.roles.of(&function.name, &parameter.name);
        let of = described.of.as_str();
        let measured = described.length_of.as_deref().unwrap_or_default();
        match described.role.as_str() {
            "self" | "result" | "handle_in" => Role::Handle(of),
            "handle_out" | "bytes_out" | "text_out" => Role::HandleOut(of),
            "error_out" => Role::ErrorOut,
            "struct_out" | "scalar_out" | "operation_out" => Role::Out(of),
            "struct_in" | "array_in" | "completion" => Role::In(of),
            "bytes_in" => Role::Bytes,
            "text_in" => match function.has(&format!("{}_len", parameter.name)) {
                true => Role::TextOf,
                false => Role::Text,
            },
            "memory" | "user_data" => Role::Memory,
            "callback" | "drop" => Role::Function,
            // A length of memory that is written over is the program's word.
            "length" if self.roles.of(&function.name, measured).role == "memory" => Role::Number,
            "length" => Role::Length,
            "struct_size" => Role::Size,
            "timeout" => Role::TimeLimit,
            "flags" => Role::Flags,
            "value" | "operation" => Role::Number,
            unknown => panic!("tests/c_suite has no arguments for {unknown}"),
        }
    }

    fn nullable(&self, function: &Function, parameter: &Parameter) -> Option<bool> {
        self.roles.of(&function.name, &parameter.name).nullable
    }

    /// Variables that receive what a function gives.
    pub fn outputs(&self, function: &Function) -> String {
        let mut text = String::new();
        for parameter in &function.parameters {
            let name = &parameter.name;
            let _ = match self.role(function, parameter) {
                Role::Out(kind) => writeln!(text, "    {kind} out_{name};"),
                Role::HandleOut(kind) => writeln!(text, "    {kind} *out_{name};"),
                _ => Ok(()),
            };
        }
        self.each_output(function, usize::MAX, &mut text, |name| {
            format!("poison(&out_{name}, sizeof out_{name});")
        });
        text
    }

    /// What must be refused in the place of parameter `at`, and how; no status where anything goes.
    fn refused(
        &self,
        function: &Function,
        at: usize,
        daemon: Daemon,
    ) -> Vec<(String, Option<&'static str>)> {
        let parameter = &function.parameters[at];
        let cast = |value: &str| format!("({})(void *){value}", parameter.kind);
        let nullable = self.nullable(function, parameter);
        let null = || {
            let expected = (nullable == Some(false)).then_some("KPC_ERR_ARG_NULL");
            (format!("({})NULL", parameter.kind), expected)
        };
        let unaligned = || (cast("(f.memory + 1)"), Some("KPC_ERR_ARG_VALUE"));
        // Other arguments are only looked at where there is a handle to come past.
        let reachable = daemon == Daemon::Simulated || !self.needs_daemon(function);
        match self.role(function, parameter) {
            Role::Handle("kpc_result") if daemon == Daemon::Simulated => {
                let mut bad = bad_handles(parameter, "kpc_result", null());
                bad.extend(anothers_result(function));
                bad
            }
            Role::Handle(kind) => bad_handles(parameter, kind, null()),
            Role::Out(kind) if ALIGNED.contains(&kind) => vec![null(), unaligned()],
            Role::Out(_) => vec![null()],
            Role::HandleOut(_) => vec![null(), unaligned()],
            _ if !reachable => vec![],
            Role::In(kind) if ALIGNED.contains(&kind) => vec![null(), unaligned()],
            Role::In(_) | Role::Bytes => vec![null()],
            Role::Text => vec![null(), ("\"\\xff\"".into(), Some("KPC_ERR_ARG_VALUE"))],
            Role::TextOf => vec![null(), (NO_UTF8.into(), Some("KPC_ERR_ARG_VALUE"))],
            Role::Length => vec![
                ("(size_t)-1".into(), Some("KPC_ERR_ARG_SIZE")),
                ("((size_t)-1) / 2 + 1".into(), Some("KPC_ERR_ARG_SIZE")),
            ],
            Role::Size => ["4104", "(size_t)-1"]
                .map(|size| (size.into(), Some("KPC_ERR_ARG_SIZE")))
                .into(),
            Role::TimeLimit => vec![
                ("-2".into(), Some("KPC_ERR_ARG_VALUE")),
                ("INT32_MIN".into(), Some("KPC_ERR_ARG_VALUE")),
            ],
            Role::Flags => vec![("0x80000000u".into(), Some("KPC_ERR_ARG_VALUE"))],
            Role::ErrorOut | Role::Memory | Role::Function => vec![null()],
            Role::Number => vec![],
        }
    }

    /// The call with `argument` in place `at` and something fitting everywhere else.
    pub fn call(&self, function: &Function, at: usize, argument: &str) -> String {
        let is_nothing = argument.ends_with(")NULL")
            && function
                .parameters
                .get(at)
                .is_some_and(|p| self.nullable(function, p) == Some(true));
        let arguments: Vec<String> = function
            .parameters
            .iter()
            .enumerate()
            .map(|(place, parameter)| match place == at {
                true => argument.to_owned(),
                // No bytes are at NULL.
                false if is_nothing && place == at + 1 && parameter.name.ends_with("len") => {
                    "0".to_owned()
                }
                false => self.fitting(function, parameter),
            })
            .collect();
        format!("{}({})", function.name, arguments.join(", "))
    }

    /// An argument that is not refused for itself.
    fn fitting(&self, function: &Function, parameter: &Parameter) -> String {
        let name = &parameter.name;
        match self.role(function, parameter) {
            // One of the two, or the choice itself would be refused.
            Role::In(_) if name == "read_cap" && function.has("write_cap") => "NULL".into(),
            Role::In("kpc_completion") => "NULL".into(),
            Role::In(kind) => format!("&f.{kind}"),
            Role::Handle(kind) => format!("f.{kind}"),
            Role::Out(_) | Role::HandleOut(_) => format!("&out_{name}"),
            Role::ErrorOut => "&error".into(),
            Role::Bytes => "f.memory".into(),
            Role::Text if name == "network" => "\"tcp\"".into(),
            Role::Text => "\"127.0.0.1:1\"".into(),
            Role::TextOf => TEXT.into(),
            Role::Function if self.nullable(function, parameter) == Some(false) => {
                "on_nothing".into()
            }
            Role::Memory | Role::Function => "NULL".into(),
            Role::Length => "32".into(),
            Role::Size => self.size_of_output(function),
            Role::TimeLimit | Role::Flags => "0".into(),
            Role::Number => "1".into(),
        }
    }

    /// The size of what a function fills in.
    fn size_of_output(&self, function: &Function) -> String {
        let mut outputs = function.parameters.iter();
        let output = outputs.find(|p| matches!(self.role(function, p), Role::Out(_)));
        output.map_or_else(String::new, |p| format!("sizeof out_{}", p.name))
    }

    /// The call with what is to be seen of it.
    pub fn checked(
        &self,
        function: &Function,
        at: usize,
        call: &str,
        expected: Option<&str>,
    ) -> String {
        let status = function.result == "kpc_status";
        let is_error = |p| matches!(self.role(function, p), Role::ErrorOut);
        let error = function.parameters.iter().any(is_error);
        let mut text = String::new();
        self.each_output(function, at, &mut text, |name| {
            format!("poison(&out_{name}, sizeof out_{name});")
        });
        let line = match (status, expected) {
            (true, Some(expected)) => {
                check_documented(function, call, expected);
                match error {
                    true => format!("ERROR({expected}, {call});"),
                    false => format!("STATUS({expected}, {call});"),
                }
            }
            (true, None) if error => format!("TAKEN({call}, &error);"),
            (true, None) => format!("TAKEN({call}, NULL);"),
            // What is no object gives the same, whether it may be missing or not.
            (false, _) => neutral(function, call),
        };
        let _ = writeln!(text, "    {line}");
        if status && expected.is_some() {
            self.each_output(function, at, &mut text, |name| {
                format!("empty(&out_{name}, sizeof out_{name});")
            });
        } else {
            for parameter in &function.parameters {
                if let Role::HandleOut(kind) = self.role(function, parameter) {
                    let _ = writeln!(text, "    {kind}_free(out_{});", parameter.name);
                }
            }
        }
        text
    }

    /// A line for each output but the one that is looked at.
    fn each_output(
        &self,
        function: &Function,
        at: usize,
        text: &mut String,
        line: impl Fn(&str) -> String,
    ) {
        for (place, parameter) in function.parameters.iter().enumerate() {
            let role = self.role(function, parameter);
            if place != at && matches!(role, Role::Out(_) | Role::HandleOut(_)) {
                let _ = writeln!(text, "    {}", line(&parameter.name));
            }
        }
    }

    /// The function in a forked child, with a handle of the parent.
    fn in_child(&self, function: &Function) -> String {
        let is_handle = |p| matches!(self.role(function, p), Role::Handle(_));
        let Some(at) = function.parameters.iter().position(is_handle) else {
            return String::new();
        };
        let handle = self.fitting(function, &function.parameters[at]);
        let call = self.call(function, at, &handle);
        format!(
            "    {{\n{}{}    }}\n",
            self.outputs(function),
            self.checked(function, usize::MAX, &call, Some("KPC_ERR_FORKED"))
        )
    }
}

fn bad_handles(
    parameter: &Parameter,
    kind: &str,
    null: (String, Option<&'static str>),
) -> Vec<(String, Option<&'static str>)> {
    let foreign = match kind {
        "kpc_buffer" => "f.kpc_config",
        _ => "f.kpc_buffer",
    };
    let mut values = vec![
        format!("f.freed.{kind}"),
        foreign.to_owned(),
        "f.memory".to_owned(),
        "(uintptr_t)1".to_owned(),
        "(uintptr_t)-1".to_owned(),
        // As those that are given out look, but for where they lie.
        format!("((uintptr_t)f.{kind} ^ (uintptr_t)1 << 20)"),
        "(uintptr_t)UINT64_C(0x5000000000000001)".to_owned(),
    ];
    values.extend((1..5).map(|number| format!("made_up({number})")));
    let bad = values.iter().map(|value| {
        let bad = format!("({})(void *){value}", parameter.kind);
        (bad, Some("KPC_ERR_BAD_HANDLE"))
    });
    std::iter::once(null).chain(bad).collect()
}

/// The fixture's result, which is that of one call alone.
fn anothers_result(function: &Function) -> Option<(String, Option<&'static str>)> {
    let of_a_call = function
        .name
        .strip_suffix("_result")
        .filter(|call| *call != CALL_OF_THE_RESULT);
    of_a_call.map(|_| ("f.kpc_result".into(), Some("KPC_ERR_ARG_VALUE")))
}

/// Refusals are documented, but for what the head of the header says of every function.
fn check_documented(function: &Function, call: &str, expected: &str) {
    let unusual = ["f.memory + 1", "(size_t)-1"];
    let of_every_function =
        expected == "KPC_ERR_FORKED" || unusual.iter().any(|argument| call.contains(argument));
    let returns = function.comment.returns.as_deref().unwrap_or_default();
    assert!(
        of_every_function || returns.contains(expected) || returns.starts_with("as kpc_"),
        "the comment of {} does not name {expected}",
        function.name
    );
}

/// What a function without a status gives for what is no live object.
fn neutral(function: &Function, call: &str) -> String {
    let result = function.result.as_str();
    let told = function.comment.returns.as_deref().unwrap_or_default();
    match result {
        "void" => format!("{call};"),
        "const char *" => format!("CHECK({call} != NULL);"),
        "bool" => format!("CHECK(!{call});"),
        _ if result.ends_with('*') => format!("CHECK({call} == NULL);"),
        _ if told.contains("-1") => format!("CHECK({call} == -1);"),
        _ => format!("CHECK({call} == 0);"),
    }
}
