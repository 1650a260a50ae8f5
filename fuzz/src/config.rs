//! thinclient.toml, as somebody's editor left it.

use kpclient::config::Config;
use kpclient::Status;

use super::seeded_fault;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Config::from_toml(text) {
        Ok(config) => {
            // What is taken for TOML is TOML to others, too.
            assert!(text.parse::<toml::Table>().is_ok());
            assert!(!format!("{config:?}").is_empty());
            let _ = config.validate();
            let has = |part| text.contains(part);
            seeded_fault([has("'"), has("''")]);
        }
        Err(error) => {
            assert!(!error.message().is_empty());
            assert_ne!(error.status(), Status::INTERNAL);
        }
    }
}
