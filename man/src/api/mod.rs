//! The interface as data: abi/api.json, and the same for programs in Rust (bindings/generator).
//!
//! Everything comes from the header: types and names say what a parameter is for, the marks who
//! may be NULL, fixed words of the comments the rest (abi/README.md lists them). What gets no
//! meaning is an error, so a new function that this cannot describe does not build.

mod constants;
mod functions;
mod json;
mod layout;
mod roles;

use serde::Serialize;

pub use constants::{Constant, Group, GroupKind};
pub use functions::{Call, Form, Function, Returned, Returns};
pub use layout::{Member, Struct};
pub use roles::{Owner, Parameter, Role};

use crate::header::{self, Header};

/// The whole interface.
#[derive(Debug, Serialize)]
pub struct Api {
    /// The version of the library.
    pub version: String,
    /// The same as one number, KPC_VERSION_NUMBER.
    pub version_number: u32,
    /// Every function, in the order of the header.
    pub functions: Vec<Function>,
    /// The calls that come in three forms.
    pub calls: Vec<Call>,
    /// The types of objects.
    pub handles: Vec<Handle>,
    /// The structs that programs see.
    pub structs: Vec<Struct>,
    /// The types of functions that the library calls.
    pub callbacks: Vec<Callback>,
    /// Other names of plain types.
    pub aliases: Vec<Alias>,
    /// Numbers with names.
    pub constants: Vec<Group>,
}

/// A type of objects.
#[derive(Debug, Serialize)]
pub struct Handle {
    /// Its name.
    pub name: String,
    /// The function that frees one; empty where functions of the program's are lent it, and nobody
    /// has one of their own.
    pub free: String,
    /// A paragraph each.
    pub documentation: Vec<String>,
}

/// A type of functions that the library calls.
#[derive(Debug, Serialize)]
pub struct Callback {
    /// Its name.
    pub name: String,
    /// The type of its result.
    pub returns: String,
    /// Its parameters: type and name.
    pub parameters: Vec<(String, String)>,
    /// A paragraph each.
    pub documentation: Vec<String>,
}

/// Another name of a plain type.
#[derive(Debug, Serialize)]
pub struct Alias {
    /// The name.
    pub name: String,
    /// What it is.
    pub r#type: String,
    /// A paragraph each.
    pub documentation: Vec<String>,
}

/// What the parts need to know of each other while the interface is read.
struct Types {
    handles: Vec<String>,
    structs: Vec<String>,
    callbacks: Vec<String>,
    aliases: Vec<String>,
}

impl Api {
    /// Reads it out of the header, with the list of first versions and the table of statuses.
    ///
    /// # Errors
    /// A text that says what has no meaning yet.
    pub(crate) fn of(header: &Header, symbols: &str, statuses: &str) -> Result<Self, String> {
        let sorted = Sorted::of(header);
        let types = sorted.names();
        let constants = constants::groups(header, statuses)?;
        let functions = functions::all(header, &types, &constants, symbols)?;
        let (version, version_number) = header.version.clone();
        Ok(Api {
            version,
            version_number,
            calls: functions::calls(&functions)?,
            handles: sorted.handles(&functions),
            structs: layout::structs(&sorted.structs, &constants)?,
            callbacks: sorted.callbacks()?,
            aliases: sorted.aliases()?,
            functions,
            constants,
        })
    }

    /// The text of abi/api.json.
    ///
    /// # Errors
    /// None that this data has.
    pub fn to_json(&self) -> Result<String, String> {
        json::text(self)
    }

    /// A function by its name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.name == name)
    }

    /// A struct by its name.
    #[must_use]
    pub fn structure(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|s| s.name == name)
    }

    /// A type of objects by its name.
    #[must_use]
    pub fn handle(&self, name: &str) -> Option<&Handle> {
        self.handles.iter().find(|h| h.name == name)
    }

    /// Constants by the name of their group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.constants.iter().find(|group| group.name == name)
    }
}

/// The types of the header, by what they are.
struct Sorted<'a> {
    handles: Vec<&'a header::Type>,
    structs: Vec<&'a header::Type>,
    callbacks: Vec<&'a header::Type>,
    aliases: Vec<&'a header::Type>,
}

impl<'a> Sorted<'a> {
    fn of(header: &'a Header) -> Self {
        let mut sorted = Sorted {
            handles: Vec::new(),
            structs: Vec::new(),
            callbacks: Vec::new(),
            aliases: Vec::new(),
        };
        for kind in header.sections.iter().flat_map(|section| &section.types) {
            let declaration = kind.declaration.as_str();
            let place = match () {
                () if declaration.contains('{') => &mut sorted.structs,
                () if declaration.starts_with("typedef struct ") => &mut sorted.handles,
                () if declaration.contains("(*") => &mut sorted.callbacks,
                () => &mut sorted.aliases,
            };
            place.push(kind);
        }
        sorted
    }

    fn names(&self) -> Types {
        let names = |kinds: &[&header::Type]| kinds.iter().map(|k| k.name.clone()).collect();
        Types {
            handles: names(&self.handles),
            structs: names(&self.structs),
            callbacks: names(&self.callbacks),
            aliases: names(&self.aliases),
        }
    }

    fn handles(&self, functions: &[Function]) -> Vec<Handle> {
        let handle = |kind: &&header::Type| {
            let free = format!("{}_free", kind.name);
            Handle {
                name: kind.name.clone(),
                free: match functions.iter().any(|f| f.name == free) {
                    true => free,
                    false => String::new(),
                },
                documentation: kind.comment.paragraphs.clone(),
            }
        };
        self.handles.iter().map(handle).collect()
    }

    fn callbacks(&self) -> Result<Vec<Callback>, String> {
        let callback = |kind: &&header::Type| {
            let text = kind.declaration.trim_start_matches("typedef ");
            let (returns, rest) = text.split_once(" (*").ok_or("no pointer to a function")?;
            let (_, list) = rest.split_once(")(").ok_or("no pointer to a function")?;
            let parameters = list.trim_end_matches(");").split(", ").map(|parameter| {
                let words: Vec<_> = parameter.split_whitespace().collect();
                let parameter = words.join(" ");
                let (kind, name) = header::Function::split_parameter(&parameter);
                (kind.trim().to_owned(), name.to_owned())
            });
            Ok(Callback {
                name: kind.name.clone(),
                returns: returns.to_owned(),
                parameters: parameters.collect(),
                documentation: kind.comment.paragraphs.clone(),
            })
        };
        self.callbacks.iter().map(callback).collect()
    }

    fn aliases(&self) -> Result<Vec<Alias>, String> {
        let alias = |kind: &&header::Type| {
            let words: Vec<_> = kind.declaration.split([' ', ';']).collect();
            match words.as_slice() {
                ["typedef", plain, name, ""] => Ok(Alias {
                    name: (*name).to_owned(),
                    r#type: (*plain).to_owned(),
                    documentation: kind.comment.paragraphs.clone(),
                }),
                _ => Err(format!("what is this: {}", kind.declaration)),
            }
        };
        self.aliases.iter().map(alias).collect()
    }
}
