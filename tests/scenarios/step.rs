//! A step of a scenario.

use std::time::Duration;

use serde_json::Value;

#[derive(Clone)]
pub struct Step(Value);

impl Step {
    pub fn new(value: &Value) -> Step {
        Step(value.clone())
    }

    pub fn action(&self) -> &str {
        self.word("do")
    }

    /// A field that must be there.
    pub fn word(&self, field: &str) -> &str {
        let word = self.maybe(field);
        word.unwrap_or_else(|| panic!("no {field} in {}", self.0))
    }

    pub fn maybe(&self, field: &str) -> Option<&str> {
        self.0[field].as_str()
    }

    pub fn words(&self, field: &str) -> Vec<&str> {
        let words = self.0[field].as_array().unwrap();
        words.iter().map(|word| word.as_str().unwrap()).collect()
    }

    pub fn number(&self, field: &str) -> Option<u64> {
        self.0[field].as_u64()
    }

    pub fn is_set(&self, field: &str) -> bool {
        self.0[field] == true
    }

    /// The text of a message, as often as wanted.
    pub fn text(&self) -> String {
        let times = self.number("times").unwrap_or(1);
        self.word("text").repeat(usize::try_from(times).unwrap())
    }

    /// The longest that the call may take.
    pub fn limit(&self) -> Duration {
        self.number("timeout_ms")
            .map_or(super::world::LIMIT, Duration::from_millis)
    }
}
