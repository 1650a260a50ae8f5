//! `kpc doctor`: looks at everything between this program and an echo of the mixnet, in order, and says what to do about
//! what it finds.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use kpclient::client::Destination;
use kpclient::config::{Config, Dial};
use kpclient::Status;
use rustix::fs::{access, Access};
use serde_json::json;

use super::status::{address, generation};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::locate;
use crate::open::{config_of, Context, Session};
use crate::output::{seconds, Colour};

/// How long an echo may take.
const ECHO: Duration = Duration::from_secs(60);

/// What a look at one thing came to.
enum Finding {
    Good(String),
    /// Not as it should be, but everything works.
    Doubtful(String, &'static str),
    Failed(Failure),
}

/// Prints what is found, and keeps the first failure.
struct Report<'a> {
    context: &'a Context,
    first: Option<Failure>,
}

/// Looks at one thing after the other; what needs one that failed is left out.
pub async fn run(context: &Context) -> Result<()> {
    let mut report = Report {
        context,
        first: None,
    };
    if let Some(config) = report.found("config", config(context))? {
        report.see("socket", socket(&config))?;
        if let Some(session) = report.found("daemon", connect(context).await)? {
            look_at_network(&mut report, &session).await?;
        }
    }
    report.see("database", database(context))?;
    report.end()
}

async fn look_at_network(report: &mut Report<'_>, session: &Session) -> Result<()> {
    let document = session.document().await;
    report.see("mixnet", mixnet(session))?;
    if report
        .found(
            "document",
            document.map_err(advised).map(|document| {
                let text = format!(
                    "of epoch {}, with {} nodes",
                    document.epoch(),
                    document.nodes().len()
                );
                ((), text)
            }),
        )?
        .is_some()
    {
        report.see("services", services(session))?;
        report.see("echo", echo(session).await)?;
    }
    Ok(())
}

impl Report<'_> {
    /// Prints a finding that others depend on; returns what was found.
    fn found<T>(&mut self, what: &str, found: Result<(T, String)>) -> Result<Option<T>> {
        match found {
            Ok((thing, text)) => self.see(what, Finding::Good(text)).map(|()| Some(thing)),
            Err(failure) => self.see(what, Finding::Failed(failure)).map(|()| None),
        }
    }

    fn see(&mut self, what: &str, finding: Finding) -> Result<()> {
        let (state, colour, text, advice) = match finding {
            Finding::Good(text) => ("ok", Colour::Green, text, None),
            Finding::Doubtful(text, advice) => {
                ("warn", Colour::Yellow, text, Some(advice.to_owned()))
            }
            Finding::Failed(failure) => {
                let (text, advice) = (failure.what.clone(), failure.hint.clone());
                self.first.get_or_insert(failure);
                ("fail", Colour::Red, text, advice)
            }
        };
        let output = &self.context.output;
        let value = json!({"check": what, "state": state, "text": text, "advice": advice});
        output.show(&value, || {
            let mut line = format!(
                "{} {what:<9} {text}",
                output.paint(colour, &format!("{state:<4}"))
            );
            if let Some(advice) = advice {
                line += &format!("\n               → {advice}");
            }
            line
        })
    }

    fn end(self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some(failure) => Err(Failure {
                what: "something is wrong".to_owned(),
                hint: Some("the first line marked `fail` says what to do".to_owned()),
                ..failure
            }),
        }
    }
}

fn config(context: &Context) -> Result<(Config, String)> {
    let path = locate::config(&context.global).map_err(|failure| {
        failure.hint(
            "start kpclientd and copy the thinclient.toml of its configuration to ~/.config/katzenpost, \
             or give it by --config FILE; `kpc demo` needs none",
        )
    })?;
    let config = config_of(&path)?;
    let whose = locate::places(&context.global)
        .into_iter()
        .find(|place| place.path == path)
        .map_or("", |place| place.whose);
    Ok((config, format!("{} ({whose})", path.display())))
}

/// What can be seen of the daemon's socket without connecting.
fn socket(config: &Config) -> Finding {
    let shown = address(config.dial.as_ref());
    match &config.dial {
        Some(Dial::Unix { path }) if !path.starts_with('@') => unix_socket(Path::new(path)),
        _ => Finding::Good(format!("{shown} (there is no file to look at)")),
    }
}

fn unix_socket(path: &Path) -> Finding {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => ill(
            Exit::Unreachable,
            format!("there is no {shown}"),
            "start kpclientd (`systemctl --user start kpclientd`), or compare its client.toml with thinclient.toml",
        ),
        Err(error) => ill(
            Exit::Unreachable,
            format!("{shown}: {error}"),
            "its directories must let you in: join the daemon's group, or let it listen elsewhere",
        ),
        Ok(about) if !about.file_type().is_socket() => ill(
            Exit::Config,
            format!("{shown} is no socket"),
            "thinclient.toml names another file than the daemon's client.toml",
        ),
        Ok(_) if access(path, Access::WRITE_OK).is_err() => ill(
            Exit::Unreachable,
            format!("you may not write to {shown}"),
            "run kpclientd as yourself, or join its group",
        ),
        Ok(_) => Finding::Good(format!("{shown} is there, and you may use it")),
    }
}

fn ill(exit: Exit, what: String, advice: &str) -> Finding {
    Finding::Failed(Failure::new(exit, what).hint(advice))
}

async fn connect(context: &Context) -> Result<(Session, String)> {
    let since = Instant::now();
    let session = context.connect().await.map_err(advised)?;
    let text = format!(
        "kpclientd {} answered in {}",
        generation(&session.client),
        seconds(since.elapsed())
    );
    Ok((session, text))
}

/// What to do about a failure, in more words than there is room for elsewhere.
fn advised(failure: Failure) -> Failure {
    let advice = match failure.status {
        Some(Status::CONNECT) => {
            "start kpclientd; one that was killed leaves its Unix socket behind and does not start again until \
             that file is removed"
        }
        Some(Status::HANDSHAKE | Status::CONNECTION_LOST) => {
            "another program listens there, or a daemon older than v0.0.64: compare thinclient.toml with the \
             daemon's client.toml"
        }
        Some(Status::TIMEOUT) => "the daemon hangs: look at its log, and restart it",
        Some(Status::NO_PKI_DOCUMENT) => {
            "the daemon has not reached the directory authorities yet: it needs some minutes after a start, the \
             right time of day (`timedatectl`), and the network's present client.toml"
        }
        _ => return failure,
    };
    failure.hint(advice)
}

fn mixnet(session: &Session) -> Finding {
    match session.client.is_connected() {
        true => Finding::Good("the daemon is on the mixnet".to_owned()),
        false => ill(
            Exit::Unreachable,
            "the daemon is off the mixnet".to_owned(),
            "is this machine online, and its clock right? The daemon dials its gateway again by itself; its log says \
             what it meets",
        ),
    }
}

fn services(session: &Session) -> Finding {
    let count = |name: &str| session.client.services(name).map_or(0, |all| all.len());
    let (echo, couriers) = (count("echo"), count("courier"));
    let text = format!("{echo} × echo, {couriers} × courier");
    match couriers {
        0 => Finding::Doubtful(text, "without couriers this network has no channels"),
        _ => Finding::Good(text),
    }
}

async fn echo(session: &Session) -> Finding {
    let service = match session.client.service("echo") {
        Ok(service) => service,
        Err(_) => {
            return Finding::Doubtful("no echo service".to_owned(), "nothing can be measured here")
        }
    };
    let destination = Destination {
        node: service.node,
        queue: service.queue,
    };
    let since = Instant::now();
    let call = session
        .client
        .blocking_send_message(&destination, b"kpc doctor");
    match async { call?.start_within(ECHO).await }.await {
        Ok(reply) if reply.starts_with(b"kpc doctor") => Finding::Good(format!(
            "a message came back in {}",
            seconds(since.elapsed())
        )),
        Ok(_) => ill(
            Exit::Failed,
            "the echo is not what was sent".to_owned(),
            "the service is broken; try another by `kpc ping`",
        ),
        Err(error) if error.status() == Status::TIMEOUT => Finding::Failed(
            Failure::from(error)
                .hint("packets are lost on this network: try `kpc ping`, which shows how many"),
        ),
        Err(error) => Finding::Failed(error.into()),
    }
}

/// The database, without creating it.
fn database(context: &Context) -> Finding {
    let path = match locate::store(&context.global) {
        Ok(path) => path,
        Err(failure) => return Finding::Failed(failure),
    };
    let shown = path.display();
    let about = match fs::metadata(&path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::Good(format!("{shown} will be created when it is needed"));
        }
        Err(error) => {
            return Finding::Failed(Failure::io(&format!("the database {shown}"), &error))
        }
    };
    if access(&path, Access::READ_OK | Access::WRITE_OK).is_err() {
        let what = format!("you may not write to {shown}");
        return ill(Exit::Local, what, "give another database by --store FILE");
    }
    match about.permissions().mode() & 0o077 {
        0 => Finding::Good(format!("{shown}, {} KiB", about.len().div_ceil(1024))),
        _ => Finding::Doubtful(
            format!("others may read {shown}, which holds secrets"),
            "`chmod 600` it",
        ),
    }
}
