//! Neither log lines at the most talkative level nor errors hold anything of a voucher.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kpclient::client::{Client, Level, Log, Timeout};
use kpclient::store::{voucher_from_text, Direction};

use crate::house::{House, Person};
use crate::world::{connect, hex, refused, settings, unix};

/// What was said, line by line.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn hear(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn hear_refused<T>(&self, result: kpclient::Result<T>) {
        let error = refused(result);
        self.hear(&format!("{error} {error:?}"));
    }

    /// Any eight bytes in a row are in no line: as they are, in hexadecimal, or as numbers.
    fn must_not_hold(&self, what: &str, secret: &[u8]) {
        let said = self.0.lock().unwrap().join("\n");
        for part in secret.windows(8) {
            let numbers: Vec<String> = part.iter().map(u8::to_string).collect();
            let text = String::from_utf8_lossy(part);
            for form in [&*text, &hex(part), &numbers.join(", ")] {
                assert!(!said.contains(form), "{what} is told: {form}");
            }
        }
    }
}

fn talkative(house: &House, name: &str, said: &Said) -> Person {
    let hear = said.clone();
    let log = Log::new(
        Level::Trace,
        Arc::new(move |_: Level, line: &str| hear.hear(line)),
    );
    let client = Client::new(settings(unix(&house.sim)), log, || {}).unwrap();
    connect(&client);
    Person::with(Arc::new(client), &house.path(name))
}

#[test]
fn nothing_of_a_voucher_is_told() {
    const REPLY: &[u8] = b"who?we#are+is*nobody%else's=business";
    let (house, said) = (House::new(), Said::default());
    let [jo, ida] = ["jo", "ida"].map(|name| talkative(&house, name, &said));
    let mint = |called: &str| jo.wait(jo.store.mint_voucher("talk", called));
    let text = mint("Jo").unwrap();
    said.hear_refused(mint("Joe"));
    let text = std::str::from_utf8(&text).unwrap();
    let induct =
        |name: &str, text: &str| ida.wait(ida.store.induct_voucher(name, Some(text), REPLY));
    for wrong in [&text[..70], &text.replace(&text[30..31], "-"), &text[1..]] {
        said.hear_refused(induct("jo", wrong));
    }
    let opening = jo.store.open_voucher("talk").unwrap();
    let soon = Timeout::After(Duration::from_millis(10));
    said.hear_refused(opening.block(soon));
    for code in [3, 28, 29] {
        house.order(&format!("error voucher_induct {code}"));
        said.hear_refused(induct("jo", text));
    }
    let (reader, _) = induct("jo", text).unwrap();
    said.hear_refused(induct("other", text));
    house.order("error voucher_open 30");
    let open = || jo.wait(jo.store.open_voucher("talk"));
    said.hear_refused(open());
    let (writer, _) = open().unwrap();
    said.hear_refused(ida.wait(ida.store.cancel_voucher(Direction::Read, "jo")));

    assert!(said.0.lock().unwrap().len() > 50);
    let voucher = voucher_from_text(text).unwrap();
    said.must_not_hold("the text", &text.as_bytes()[5..]);
    said.must_not_hold("the voucher", voucher.as_bytes());
    said.must_not_hold("the reply", REPLY);
    said.must_not_hold("the capability to write", writer.write_cap().as_bytes());
    said.must_not_hold("the capability to read", reader.read_cap().as_bytes());
    // The search itself finds what is there.
    said.hear(&format!("a voucher: {}", hex(&voucher[..9])));
    let found = std::panic::catch_unwind(|| said.must_not_hold("it", voucher.as_bytes()));
    assert!(found.is_err());
}
