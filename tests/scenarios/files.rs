//! What is done with files on channels, and with vouchers of a store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{ChannelNews, Event};
use kpclient::store::Direction;

use super::actions::{nothing, ready, same};
use super::step::Step;
use super::world::{Doing, Thing, Trouble, World};

impl World {
    pub fn file_action(&self, step: Step) -> Doing {
        match step.action() {
            "make_file" => {
                std::fs::write(self.place(&step, "file"), content(&step)).unwrap();
                ready(Ok(Thing::Nothing))
            }
            "make_directory" => {
                std::fs::create_dir(self.place(&step, "file")).unwrap();
                ready(Ok(Thing::Nothing))
            }
            "send_file" | "sent" | "abandon_file" | "unfinished_file" => self.outgoing_file(step),
            "receive_file" => self.receive_file(step),
            "file_progress" => self.file_progress(step),
            "mint_voucher" | "induct_voucher" | "open_voucher" | "cancel_voucher" | "vouchers" => {
                self.voucher_of_a_store(step)
            }
            other => panic!("an action that this driver does not know: {other}"),
        }
    }

    /// Where something is in the scenario's directory.
    fn place(&self, step: &Step, field: &str) -> PathBuf {
        self.directory.join(step.word(field))
    }

    fn outgoing_file(&self, step: Step) -> Doing {
        let (_, writer) = self.writer(&step, "writer");
        let path = match step.maybe("path") {
            Some(path) => PathBuf::from(path),
            None => self.directory.join(step.maybe("file").unwrap_or("")),
        };
        Box::pin(async move {
            match step.action() {
                "send_file" => nothing(writer.send_file(&path)?.await),
                "abandon_file" => nothing(writer.abandon_file()?.await),
                "sent" => {
                    while writer.last_message() < step.number("number").unwrap() {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    Ok(Thing::Nothing)
                }
                _ => {
                    let found = writer.file_path()?;
                    let size = writer.file_progress().map(|file| file.size);
                    match found == path && size == step.number("size") {
                        true => Ok(Thing::Nothing),
                        false => Err(Trouble::Other(format!("{found:?} of {size:?} bytes"))),
                    }
                }
            }
        })
    }

    fn receive_file(&self, step: Step) -> Doing {
        let (_, reader) = self.reader(&step);
        let directory = self.place(&step, "into");
        Box::pin(async move {
            let call = reader.receive_file(&directory, step.maybe("name"));
            let found = call?.await?;
            let wanted = directory.join(step.word("found"));
            same(found.as_bytes(), wanted.to_string_lossy().as_bytes())?;
            match std::fs::read(found).unwrap() == content(&step) {
                true => Ok(Thing::Nothing),
                false => Err(Trouble::Other("the file holds something else".to_owned())),
            }
        })
    }

    fn file_progress(&self, step: Step) -> Doing {
        let events = self.events(&step);
        Box::pin(async move {
            let mut events = events.lock().await;
            let (mut done, size) = (0, step.number("size").unwrap());
            while done < size {
                match events.next().await {
                    Some(Event::Channel(event)) => {
                        let ChannelNews::File(file) = event.news else {
                            continue;
                        };
                        if file.size != size || !(done + 1..=size).contains(&file.done) {
                            return Err(Trouble::Other(format!("{file:?} behind {done}")));
                        }
                        done = file.done;
                    }
                    Some(_) => {}
                    None => return Err(Trouble::Other("the stream has ended".to_owned())),
                }
            }
            Ok(Thing::Nothing)
        })
    }

    fn voucher_of_a_store(&self, step: Step) -> Doing {
        let (client, store) = self.store(&step);
        let kept = |field| match step.maybe(field).map(|_| self.thing(&step, field)) {
            Some(Thing::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let (voucher, same_as) = (kept("voucher"), kept("same_as"));
        Box::pin(async move {
            match step.action() {
                "mint_voucher" => {
                    let call = store.mint_voucher(step.word("name"), step.word("display"));
                    let text = String::from_utf8(call?.await?.to_vec()).unwrap();
                    if let Some(wanted) = same_as {
                        same(text.as_bytes(), wanted.as_bytes())?;
                    }
                    Ok(Thing::Text(text))
                }
                "induct_voucher" => {
                    let voucher = voucher.as_deref().or(step.maybe("voucher_text"));
                    let reply = step.word("text").as_bytes();
                    let call = store.induct_voucher(step.word("name"), voucher, reply);
                    let (reader, display) = call?.await?;
                    same(display.as_bytes(), step.word("display").as_bytes())?;
                    Ok(Thing::Reader(Arc::clone(&client), reader))
                }
                "open_voucher" => {
                    let call = store.open_voucher(step.word("name"));
                    let (writer, reply) = call?.start_within(step.limit()).await?;
                    same(&reply, step.word("text").as_bytes())?;
                    Ok(Thing::Writer(Arc::clone(&client), writer))
                }
                "cancel_voucher" => {
                    let call = store.cancel_voucher(Direction::Write, step.word("name"));
                    nothing(call?.await)
                }
                _ => {
                    let found = store.vouchers(Direction::Write)?.await?;
                    same(
                        found.join(", ").as_bytes(),
                        step.words("names").join(", ").as_bytes(),
                    )
                }
            }
        })
    }
}

/// What a file of this size has in it.
fn content(step: &Step) -> Vec<u8> {
    let size = step.number("size").unwrap();
    (0..size).map(|at| (at * 7 % 251) as u8).collect()
}
