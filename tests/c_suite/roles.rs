//! What each parameter is for, by abi/api.json.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

/// A parameter as abi/api.json describes it.
pub struct Described {
    /// What it is for.
    pub role: String,
    /// The type that it passes or receives.
    pub of: String,
    /// Whether it may be NULL; neither where it is no pointer.
    pub nullable: Option<bool>,
    /// Of a length, what it is the length of.
    pub length_of: Option<String>,
}

/// The parameters of all functions, by the names of both.
pub struct Roles(HashMap<(String, String), Described>);

impl Roles {
    /// Reads abi/api.json.
    pub fn read(root: &Path) -> Self {
        let text = std::fs::read_to_string(root.join("abi/api.json")).expect("abi/api.json");
        let api: Value = serde_json::from_str(&text).expect("it is JSON");
        let mut roles = HashMap::new();
        for function in list(&api["functions"]) {
            for parameter in list(&function["parameters"]) {
                let key = (word(&function["name"]), word(&parameter["name"]));
                let described = Described {
                    role: word(&parameter["role"]),
                    of: word(&parameter["of"]),
                    nullable: parameter["nullable"].as_bool(),
                    length_of: parameter["length_of"].as_str().map(str::to_owned),
                };
                roles.insert(key, described);
            }
        }
        Roles(roles)
    }

    /// A parameter of a function.
    pub fn of(&self, function: &str, parameter: &str) -> &Described {
        let key = (function.to_owned(), parameter.to_owned());
        let missing =
            || format!("abi/api.json has no {parameter} of {function}: run `make header`");
        self.0.get(&key).unwrap_or_else(|| panic!("{}", missing()))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
