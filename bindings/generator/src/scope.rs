//! What languages are spared: a `kpc_backing` is a table of functions over a database of a program's,
//! which is written in C, or in what compiles to the like.

use crate::{Api, Function};

/// What programs give tables of, and what their functions are lent.
const TYPES: &[&str] = &["kpc_backing", "kpc_records"];

/// The interface without it, as emitters see it.
#[must_use]
pub fn in_scope(mut api: Api) -> Api {
    let is_spared = |name: &str| TYPES.contains(&name);
    let takes = |function: &Function| function.parameters.iter().any(|p| is_spared(&p.of));
    let names = api.functions.iter().filter(|f| takes(f));
    let names: Vec<String> = names.map(|f| f.name.clone()).collect();
    let of_call = |function: &Function| {
        let call = function.call.as_ref().unwrap_or(&function.name);
        names.contains(call)
    };
    api.functions.retain(|function| !of_call(function));
    api.calls.retain(|call| !names.contains(&call.name));
    api.handles.retain(|handle| !is_spared(&handle.name));
    api.structs.retain(|laid| !is_spared(&laid.name));
    api.callbacks
        .retain(|callback| !callback.name.starts_with("kpc_backing_"));
    api
}
