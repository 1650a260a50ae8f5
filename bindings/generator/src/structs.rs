//! What languages ask about structs of C.

use crate::{Api, Member, Role, Struct};

/// The members that a program sees, each with the one that holds its length.
pub fn fields(of: &Struct) -> impl Iterator<Item = (&Member, Option<&Member>)> {
    let length_of = |member: &Member| {
        let name = format!("{}_len", member.name);
        of.members.iter().find(|m| m.name == name)
    };
    let is_length = |member: &Member| {
        let name = member.name.strip_suffix("_len");
        name.is_some_and(|name| of.members.iter().any(|m| m.name == name))
    };
    let shown = of.members.iter();
    let shown = shown.filter(move |m| !is_length(m) && m.name != "reserved");
    shown.map(move |member| (member, length_of(member)))
}

/// Whether programs pass it to a function.
#[must_use]
pub fn is_passed(api: &Api, name: &str) -> bool {
    let mut parameters = api.functions.iter().flat_map(|f| &f.parameters);
    parameters.any(|p| p.of == name && matches!(p.role, Role::StructIn | Role::ArrayIn))
}

/// Whether it is nothing but bytes.
#[must_use]
pub fn is_bytes(api: &Api, name: &str) -> bool {
    let one = |of: &Struct| of.members.len() == 1 && of.members[0].name == "bytes";
    api.structure(name).is_some_and(one)
}

/// How many bytes it has; 0 for what is no struct.
#[must_use]
pub fn size(api: &Api, name: &str) -> usize {
    api.structure(name).map_or(0, |of| of.size)
}
