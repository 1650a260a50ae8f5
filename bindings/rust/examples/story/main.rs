//! Everything once: connect, an echo, a box that is written and read elsewhere, events, a read that is
//! cancelled, a daemon that is killed in the middle of a read, an error by its name.
//!
//! ```text
//! $ cargo run --example story build/bin/kpclientd-sim
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that shows"
)]

mod block_on;
mod simulator;

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;

use kpclient::bacap;
use kpclient::client::{Client, Destination, Event, Log, StartFlags};
use kpclient::config::Config;
use kpclient::store::Store;
use kpclient::Status;

use block_on::block_on;
use simulator::Simulator;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let Some(program) = std::env::args().nth(1) else {
        eprintln!("usage: story KPCLIENTD-SIM");
        return ExitCode::from(2);
    };
    let told = Simulator::start(&program).and_then(|mut daemon| {
        let outcome = block_on(tell(&mut daemon));
        daemon.end();
        outcome
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("story: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A client of the daemon. The last argument is called whenever a store's work goes on.
async fn connected(daemon: &Simulator) -> Result<Client, Box<dyn Error>> {
    let client = Client::new(Config::load_file(&daemon.config())?, Log::default(), || {})?;
    client.connect()?.await?;
    Ok(client)
}

async fn tell(daemon: &mut Simulator) -> Outcome {
    let alice = connected(daemon).await?;
    let bob = connected(daemon).await?;
    println!("connected");
    echo(&alice).await?;

    // Alice has the capability to write, Bob that to read.
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    let keys = bacap::keypair(&seed);
    let flags = StartFlags::default();
    let first = &keys.first_index;
    let writing = alice.write_box(&keys.write_cap, first, b"good morning", flags)?;
    let second = writing.await?;
    let found = bob.read_box(&keys.read_cap, first, flags)?.await?;
    println!("bob reads: {}", String::from_utf8_lossy(&found.plaintext));

    // Nobody has written the second box yet. A call that is dropped is cancelled.
    drop(bob.read_box(&keys.read_cap, &second, flags)?.start());
    println!("a read was cancelled");

    // This one is at the daemon, whose network stands still, when the daemon is killed.
    daemon.say("hold")?;
    let mut events = bob.events(100)?;
    let reading = bob.read_box(&keys.read_cap, &second, flags)?.start();
    daemon.until("\"queued\":1,")?;
    daemon.kill_and_start()?;
    while let Some(event) = events.next().await {
        match event {
            Event::Disconnected { .. } => println!("the daemon is gone"),
            Event::Restarted => {
                println!("there is another one");
                break;
            }
            _ => {}
        }
    }
    let writing = alice.write_box(&keys.write_cap, &second, b"still there", flags)?;
    writing.await?;
    println!(
        "bob reads: {}",
        String::from_utf8_lossy(&reading.await?.plaintext)
    );

    channel(daemon, &alice, &bob).await?;
    if let Err(error) = alice.service("no such service") {
        println!("an error by its name: {}", error.status().name());
        assert_eq!(error.status(), Status::SERVICE_NOT_FOUND);
    }
    alice.close();
    bob.close();
    Ok(())
}

async fn echo(client: &Client) -> Outcome {
    let service = client.service("echo")?;
    let destination = Destination {
        node: service.node,
        queue: service.queue,
    };
    let text = b"hello mixnet";
    let reply = client.blocking_send_message(&destination, text)?.await?;
    println!("echo: {}", String::from_utf8_lossy(&reply[..text.len()]));
    Ok(())
}

/// A channel that remembers: what is sent arrives once, whatever crashes.
async fn channel(daemon: &Simulator, alice: &Client, bob: &Client) -> Outcome {
    let hers = Store::open(alice, Some(&daemon.path("alice.db")))?.await?;
    let his = Store::open(bob, Some(&daemon.path("bob.db")))?.await?;
    let writer = hers.create_writer("pear", None)?.await?;
    let reader = his.import_reader("pear", &writer.read_cap(), None)?.await?;
    writer.send(1, b"a message on a channel")?.await?;
    let message = reader.receive()?.await?;
    println!("bob receives: {}", String::from_utf8_lossy(&message.data));
    reader.acknowledge(message.number)?.await?;
    Ok(())
}
