//! `kpc send` and `kpc receive`: files on channels. Either may be interrupted at any time; the same command goes on.

use kpclient::client::FileProgress;
use kpclient::Status;
use serde_json::json;

use crate::cli::{ReceiveArgs, SendArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::Context;
use crate::output::harmless;
use crate::progress::Progress;
use crate::table::cut;
use crate::watch::{self, Watch};

/// Characters of a file's name in front of a bar.
const NAME: usize = 14;

/// Sends a file, or goes on with one.
pub async fn send(context: &Context, args: &SendArgs) -> Result<()> {
    let signals = &context.signals;
    if let Some(file) = &args.file {
        // Said before anything is asked of a daemon.
        std::fs::metadata(file)
            .map_err(|error| Failure::io(&format!("cannot send {}", file.display()), &error))?;
    }
    let session = signals.or(context.connect_with_store()).await?;
    let writer = signals.or(session.writer(&args.channel)).await?;
    if args.abandon {
        signals.or(session.run(writer.abandon_file())).await?;
        let value = json!({"event": "abandoned", "channel": args.channel});
        return context
            .output
            .show(&value, || "the file is given up".to_owned());
    }
    let path = match &args.file {
        Some(path) => path.clone(),
        None => writer.file_path().map_err(|error| {
            Failure::from(error).hint(format!("`kpc send {} FILE` sends one", args.channel))
        })?,
    };
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let progress = Progress::new(&context.output, &args.channel);
    let shown = cut(&harmless(&name), NAME);
    let mut watch = Watch::new(context, &session, true, &args.channel)?;
    watch::check(&writer)?;
    if let Some(done) = writer.file_progress() {
        progress.show(&shown, done)?;
    }
    let sending = session.run(writer.send_file(&path));
    let sent = watch
        .until(sending, |done| progress.show(&shown, done))
        .await;
    progress.end();
    sent.map_err(|failure| {
        resumable(
            failure,
            &progress,
            "sent",
            &format!("kpc send {}", args.channel),
        )
    })?;
    let value = json!({"event": "sent", "channel": args.channel, "file": name});
    context
        .output
        .show(&value, || format!("{} is on the mixnet", harmless(&name)))
}

/// Receives a file, or goes on with one.
pub async fn receive(context: &Context, args: &ReceiveArgs) -> Result<()> {
    let signals = &context.signals;
    if !args.directory.is_dir() {
        let what = format!("{} is no directory", args.directory.display());
        return Err(Failure::new(Exit::NotFound, what));
    }
    let session = signals.or(context.connect_with_store()).await?;
    let reader = signals.or(session.reader(&args.channel)).await?;
    let progress = Progress::new(&context.output, &args.channel);
    let mut watch = Watch::new(context, &session, false, &args.channel)?;
    let show = |done: FileProgress| {
        let name = reader.file_name().unwrap_or_default();
        progress.show(&cut(&harmless(&name), NAME), done)
    };
    if let Some(done) = reader.file_progress() {
        show(done)?;
    }
    let receiving = session.run(reader.receive_file(&args.directory, args.name.as_deref()));
    let received = watch.until(receiving, show).await;
    progress.end();
    let path = received.map_err(|failure| {
        let failure = resumable(
            failure,
            &progress,
            "received",
            &format!("kpc receive {}", args.channel),
        );
        match failure.status {
            Some(Status::NO_FILE) => failure.hint(format!(
                "the next message is none: `kpc read {}` prints it",
                args.channel
            )),
            _ => failure,
        }
    })?;
    let value = json!({"event": "received", "channel": args.channel, "path": path});
    context.output.show(&value, || harmless(&path))
}

/// How far it came, and what goes on.
fn resumable(mut failure: Failure, progress: &Progress<'_>, done: &str, command: &str) -> Failure {
    if !matches!(
        failure.exit,
        Exit::Interrupted | Exit::Terminated | Exit::TimedOut
    ) {
        return failure;
    }
    if let Some(text) = progress.text() {
        failure.what = format!("{}: {text} are {done}", failure.what);
    }
    failure.hint(format!("`{command}` goes on there"))
}
