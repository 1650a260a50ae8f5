//! Names: what C calls kpc_read_box is readBox or ReadBox elsewhere.

/// Words that other languages write in capitals, `BoxIDNotFound`.
const ACRONYMS: &[&str] = &["cbor", "db", "id", "io", "pki", "surb", "tcp"];

/// Methods whose names read better in another order. The rest of a name is what follows its type.
const METHODS: &[(&str, &str)] = &[
    ("kpc_copy_builder_new", "new_copy_builder"),
    ("kpc_event_sink_open", "open_event_sink"),
    ("kpc_store_open", "open_store"),
];

/// The name of a type without what all have in common: `write_cap` of `kpc_write_cap`.
#[must_use]
pub fn short(name: &str) -> &str {
    name.strip_prefix("kpc_").unwrap_or(name)
}

/// The name of a function as a method of its type, in small letters with underscores: `read_box`,
/// `is_connected` (kpc_client_is_connected), `send` (kpc_writer_send).
#[must_use]
pub fn method<'a>(function: &'a str, of: Option<&str>) -> &'a str {
    if let Some((_, name)) = METHODS.iter().find(|(known, _)| *known == function) {
        return name;
    }
    let of = of.and_then(|of| function.strip_prefix(of)?.strip_prefix('_'));
    of.unwrap_or(short(function))
}

/// `WriteCap` of `write_cap` or `WRITE_CAP`; acronyms stay in capitals: `BoxIDNotFound`.
#[must_use]
pub fn pascal(name: &str) -> String {
    name.split('_').map(capital).collect()
}

/// The same where acronyms are words, too: `BoxIdNotFound`.
#[must_use]
pub fn pascal_words(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + &rest.to_lowercase()
    };
    name.split('_').map(word).collect()
}

/// `writeCap` of `write_cap`.
#[must_use]
pub fn camel(name: &str) -> String {
    let (first, rest) = name.split_once('_').unwrap_or((name, ""));
    let rest = if rest.is_empty() {
        String::new()
    } else {
        pascal(rest)
    };
    first.to_lowercase() + &rest
}

fn capital(word: &str) -> String {
    let word = word.to_lowercase();
    if ACRONYMS.contains(&word.as_str()) {
        return word.to_uppercase();
    }
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The name, with an underscore behind it where the language keeps it for itself.
#[must_use]
pub fn unreserved(name: &str, reserved: &[&str]) -> String {
    match reserved.contains(&name) {
        true => format!("{name}_"),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types() {
        assert_eq!(short("kpc_write_cap"), "write_cap");
        assert_eq!(pascal("write_cap"), "WriteCap");
        assert_eq!(pascal("BOX_ID_NOT_FOUND"), "BoxIDNotFound");
        assert_eq!(camel("box_id_at"), "boxIDAt");
        assert_eq!(camel("id"), "id");
    }

    #[test]
    fn names_of_methods() {
        let client = Some("kpc_client");
        assert_eq!(method("kpc_client_is_connected", client), "is_connected");
        assert_eq!(method("kpc_read_box", client), "read_box");
        assert_eq!(method("kpc_store_open", client), "open_store");
        assert_eq!(method("kpc_clients", client), "clients");
        assert_eq!(method("kpc_new_keypair", None), "new_keypair");
    }

    #[test]
    fn reserved_words_are_avoided() {
        assert_eq!(unreserved("from", &["from"]), "from_");
        assert_eq!(unreserved("index", &["from"]), "index");
    }
}
