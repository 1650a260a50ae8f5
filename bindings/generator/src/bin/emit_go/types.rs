//! What the types of C are in Go.

use kpclient_bindings::{Api, Function, Struct};

use crate::names;

/// How a struct is passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// Bytes that lie in Go as they do in C.
    Bytes {
        /// Passed as a pointer, so that there is one copy.
        is_secret: bool,
    },
    /// Members, which are copied.
    Members {
        /// Whether it points to memory of the program.
        has_pointers: bool,
    },
    /// Functions of C, which Go has not.
    Functions,
}

/// How a struct is passed.
pub(crate) fn shape(of: &Struct) -> Shape {
    let is_function = |m: &str| m.contains("(*") || m.ends_with("_fn");
    match of.members.as_slice() {
        [only] if only.name == "bytes" => Shape::Bytes {
            is_secret: of.is_secret,
        },
        members if members.iter().any(|m| is_function(&m.r#type)) => Shape::Functions,
        members => Shape::Members {
            has_pointers: members.iter().any(|m| m.r#type.ends_with('*')),
        },
    }
}

/// A number or bool.
pub(crate) struct Scalar {
    /// Its type in Go.
    pub(crate) go: String,
    /// Its type in C.
    pub(crate) c: String,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Plain,
    Milliseconds,
    Nanoseconds,
    Seconds,
}

impl Scalar {
    /// Out of its type, the group of constants that its values are of, and its name.
    pub(crate) fn new(api: &Api, of: &str, values: Option<&str>, name: &str) -> Self {
        let unit = match of {
            "uint32_t" if name.ends_with("_ms") => Unit::Milliseconds,
            "int64_t" if name == "ns" || name.ends_with("_ns") => Unit::Nanoseconds,
            "int64_t" if name.ends_with("_at_unix") => Unit::Seconds,
            _ => Unit::Plain,
        };
        let named = values.and_then(|group| names::group(api, group));
        let go = match (unit, named, of) {
            (Unit::Milliseconds | Unit::Nanoseconds, ..) => "time.Duration".to_owned(),
            (Unit::Seconds, ..) => "time.Time".to_owned(),
            (Unit::Plain, Some(named), _) => named,
            (_, _, "size_t" | "int") => "int".to_owned(),
            (_, _, "double") => "float64".to_owned(),
            (_, _, "kpc_status") => "Status".to_owned(),
            _ if api.aliases.iter().any(|a| a.name == of) => names::kind(of),
            _ => of.trim_end_matches("_t").to_owned(),
        };
        let c = format!("C.{of}");
        Scalar { go, c, unit }
    }

    /// A value of Go as one of C.
    pub(crate) fn to_c(&self, value: &str) -> String {
        match self.unit {
            Unit::Milliseconds => format!("waitOf({value})"),
            _ => format!("{}({value})", self.c),
        }
    }

    /// A value of C as one of Go.
    pub(crate) fn to_go(&self, value: &str) -> String {
        match self.unit {
            Unit::Milliseconds => format!("time.Duration({value}) * time.Millisecond"),
            Unit::Seconds => format!("unix(int64({value}))"),
            _ => format!("{}({value})", self.go),
        }
    }
}

/// A name without the unit that its type says in Go.
pub(crate) fn without_unit(name: &str) -> &str {
    let ends = ["_ms", "_ns"];
    let shorter = ends.iter().find_map(|end| name.strip_suffix(end));
    match name {
        "ns" => "duration",
        _ if name.ends_with("_at_unix") => name.trim_end_matches("_unix"),
        _ => shorter.unwrap_or(name),
    }
}

/// Whether calls of an object are operations of a client that is not passed with it.
pub(crate) fn is_owned(api: &Api, handle: &str) -> bool {
    let is_operation = |f: &Function| {
        let has_client = f.parameters.iter().any(|p| p.of == "kpc_client");
        f.of.as_deref() == Some(handle) && !has_client
    };
    let calls = api.calls.iter().filter_map(|call| api.function(&call.name));
    calls.into_iter().any(is_operation)
}
