//! How parameters are passed from Go, and how outputs come back.

use kpclient_bindings::comments;
use kpclient_bindings::{Api, Function, Parameter, Role};

use crate::names;
use crate::types::{shape, without_unit, Scalar, Shape};

/// A parameter of a function, as Go has it.
#[derive(Default)]
pub(crate) struct Argument {
    /// An input of the method: name and type.
    pub(crate) input: Option<(String, String)>,
    /// An output of the method: name and type.
    pub(crate) output: Option<(String, String)>,
    /// Statements before the call.
    pub(crate) before: Vec<String>,
    /// What is passed; nothing where C's side knows it.
    pub(crate) passed: Option<String>,
    /// Statements after a call that has succeeded.
    pub(crate) after: Vec<String>,
    /// What the collector must not free before the call is over.
    pub(crate) alive: Option<String>,
    /// What is said of it.
    pub(crate) documentation: Said,
}

/// What is said of a parameter.
#[derive(Clone, Default)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What stands for NULL.
    pub(crate) null: &'static str,
}

/// Who is asked for what arguments need to know.
pub(crate) struct Maker<'a> {
    pub(crate) api: &'a Api,
    /// The function, or the one of three forms that waits.
    pub(crate) function: &'a Function,
    /// The parameter that is the object of the method.
    pub(crate) itself: Option<&'a str>,
    /// What the method calls that object.
    pub(crate) receiver: String,
    /// What stands for the client that new objects belong to.
    pub(crate) owner: Option<String>,
}

impl Maker<'_> {
    pub(crate) fn arguments(&self, function: &Function) -> Result<Vec<Argument>, String> {
        let make = |p: &Parameter| {
            let made = self.argument(function, p);
            made.map_err(|e| format!("{}: {}: {e}", function.name, p.name))
        };
        function.parameters.iter().map(make).collect()
    }

    fn argument(&self, function: &Function, p: &Parameter) -> Result<Argument, String> {
        let name = self.name(p);
        let mut argument = match p.role {
            Role::Timeout => passed("limit"),
            Role::Completion => passed("ticket"),
            Role::OperationOut => passed("op"),
            Role::ErrorOut => passed("failure"),
            Role::Result => passed("result"),
            Role::StructSize => Argument::default(),
            Role::Length => {
                let of = p.length_of.as_deref().ok_or("a length of nothing")?;
                let of = function.parameters.iter().find(|p| p.name == of);
                let of = self.name(of.ok_or("a length of nothing")?);
                passed(&format!("C.size_t(len({of}))"))
            }
            Role::Itself | Role::HandleIn => Argument {
                alive: Some(name.clone()),
                ..input(
                    &name,
                    &format!("*{}", names::kind(&p.of)),
                    &format!("{name}.object()"),
                )
            },
            Role::Value => {
                let scalar = Scalar::new(self.api, &p.of, p.values.as_deref(), &p.name);
                input(&name, &scalar.go, &scalar.to_c(&name))
            }
            Role::Flags => input(&name, "...Flags", &format!("C.uint32_t(all({name}))")),
            Role::BytesIn => input(&name, "[]byte", &format!("pointer({name})")),
            Role::TextIn => text(p, &name),
            Role::StructIn => self.struct_in(p, &name)?,
            Role::ArrayIn => self.array_in(p, &name)?,
            Role::HandleOut => {
                let made = match crate::types::is_owned(self.api, &p.of) {
                    true => {
                        let owner = self.owner.as_deref();
                        let owner = owner.ok_or("nobody owns it")?;
                        format!("new{}({name}Out, {owner})", names::kind(&p.of))
                    }
                    false => format!("new{}({name}Out)", names::kind(&p.of)),
                };
                out(
                    &name,
                    &format!("*{}", names::kind(&p.of)),
                    "C.uint64_t",
                    &made,
                )
            }
            Role::BytesOut => out(
                &name,
                "[]byte",
                "C.uint64_t",
                &format!("bytesOf({name}Out)"),
            ),
            Role::TextOut => out(&name, "string", "C.uint64_t", &format!("textOf({name}Out)")),
            Role::ScalarOut => {
                let scalar = Scalar::new(self.api, &p.of, p.values.as_deref(), &p.name);
                out(
                    &name,
                    &scalar.go,
                    &scalar.c,
                    &scalar.to_go(&format!("{name}Out")),
                )
            }
            Role::StructOut => self.struct_out(p, &name)?,
            _ => return Err("Go has nothing like it".to_owned()),
        };
        argument.documentation = Said {
            name,
            text: comments::of_argument(&p.documentation),
            // A text that is not there is an empty one.
            null: if p.role == Role::TextIn {
                "\"\""
            } else {
                "nil"
            },
        };
        Ok(argument)
    }

    fn name(&self, p: &Parameter) -> String {
        if self.itself == Some(p.name.as_str()) {
            return self.receiver.clone();
        }
        let name = without_unit(&p.name);
        let shorter = name
            .strip_suffix("_out")
            .filter(|shorter| !self.has(shorter));
        let name = names::variable(shorter.unwrap_or(name));
        match name == self.receiver {
            true => format!("{name}Value"),
            false => name,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.function.parameters.iter().any(|p| p.name == name)
    }

    fn shape(&self, p: &Parameter) -> Result<Shape, String> {
        let of = self.api.structure(&p.of).ok_or("no such struct")?;
        Ok(shape(of))
    }

    fn struct_in(&self, p: &Parameter, name: &str) -> Result<Argument, String> {
        let go = names::kind(&p.of);
        let is_nullable = p.nullable == Some(true);
        let cast = |address: &str| format!("(*C.{})(unsafe.Pointer({address}))", p.of);
        Ok(match self.shape(p)? {
            Shape::Bytes { is_secret } if is_secret || is_nullable => {
                input(name, &format!("*{go}"), &cast(name))
            }
            Shape::Bytes { .. } => input(name, &go, &cast(&format!("&{name}"))),
            Shape::Members { has_pointers } => {
                let fill = fill(has_pointers);
                let mut argument = match is_nullable {
                    true => input(name, &format!("*{go}"), &format!("{name}In")),
                    false => input(name, &go, &format!("&{name}In")),
                };
                argument.before = match is_nullable {
                    true => vec![
                        format!("var {name}In *C.{}", p.of),
                        format!("if {name} != nil {{"),
                        format!("{name}In = new(C.{})", p.of),
                        format!("{name}.fill({name}In{fill})"),
                        "}".to_owned(),
                    ],
                    false => vec![
                        format!("var {name}In C.{}", p.of),
                        format!("{name}.fill(&{name}In{fill})"),
                    ],
                };
                argument
            }
            Shape::Functions => return Err("it has functions of C".to_owned()),
        })
    }

    fn array_in(&self, p: &Parameter, name: &str) -> Result<Argument, String> {
        let Shape::Members { has_pointers } = self.shape(p)? else {
            return Err("no array of these".to_owned());
        };
        let fill = fill(has_pointers);
        let mut argument = input(
            name,
            &format!("[]{}", names::kind(&p.of)),
            &format!("first({name}In)"),
        );
        argument.before = vec![
            format!("{name}In := make([]C.{}, len({name}))", p.of),
            format!("defer clear({name}In)"),
            format!("for i := range {name} {{"),
            format!("{name}[i].fill(&{name}In[i]{fill})"),
            "}".to_owned(),
        ];
        Ok(argument)
    }

    fn struct_out(&self, p: &Parameter, name: &str) -> Result<Argument, String> {
        let go = names::kind(&p.of);
        let cast = |address: &str| format!("(*C.{})(unsafe.Pointer({address}))", p.of);
        Ok(match self.shape(p)? {
            Shape::Bytes { is_secret: true } => Argument {
                output: Some((name.to_owned(), format!("*{go}"))),
                before: vec![format!("{name}Out := new{go}()")],
                passed: Some(cast(&format!("{name}Out"))),
                after: vec![format!("{name} = {name}Out")],
                ..Argument::default()
            },
            Shape::Bytes { .. } => Argument {
                passed: Some(cast(&format!("&{name}Out"))),
                ..out(name, &go, &go, &format!("{name}Out"))
            },
            Shape::Members { .. } => {
                let read = format!("read{go}(&{name}Out)");
                out(name, &go, &format!("C.{}", p.of), &read)
            }
            Shape::Functions => return Err("it has functions of C".to_owned()),
        })
    }
}

fn fill(has_pointers: bool) -> &'static str {
    match has_pointers {
        true => ", &pins",
        false => "",
    }
}

fn passed(what: &str) -> Argument {
    Argument {
        passed: Some(what.to_owned()),
        ..Argument::default()
    }
}

fn input(name: &str, kind: &str, what: &str) -> Argument {
    Argument {
        input: Some((name.to_owned(), kind.to_owned())),
        ..passed(what)
    }
}

fn out(name: &str, kind: &str, c: &str, made: &str) -> Argument {
    Argument {
        output: Some((name.to_owned(), kind.to_owned())),
        before: vec![format!("var {name}Out {c}")],
        after: vec![format!("{name} = {made}")],
        ..passed(&format!("&{name}Out"))
    }
}

fn text(p: &Parameter, name: &str) -> Argument {
    if p.length.is_some() {
        return input(name, "string", &format!("characters({name})"));
    }
    let make = match p.nullable {
        Some(true) => "terminatedOrNil",
        _ => "terminated",
    };
    Argument {
        before: vec![
            format!("{name}In, bad := {make}({name})"),
            "if bad != nil {".to_owned(),
            "BAD".to_owned(),
            "}".to_owned(),
        ],
        ..input(name, "string", &format!("{name}In"))
    }
}
