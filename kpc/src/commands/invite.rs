//! `kpc invite` and `kpc accept`: a voucher gives two people a channel each way. Either command may be interrupted at any
//! time and given again.

use kpclient::store::SharedChannel;
use kpclient::Status;
use serde_json::json;

use crate::cli::{AcceptArgs, InviteArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::input;
use crate::open::{Context, Session};
use crate::output::harmless;

/// Prints a voucher, and waits until somebody accepts it.
pub async fn invite(context: &Context, args: &InviteArgs) -> Result<()> {
    match voucher(context, args).await {
        // It was opened before, and what follows perhaps not done.
        Err(failure) if failure.status == Some(Status::CHANNEL_EXISTS) => {}
        voucher => drop(voucher?),
    }
    if args.no_wait {
        return Ok(());
    }
    context.output.note(
        "give this line to the other one, in a way that nobody else sees; wait here, or give the same command later",
    );
    wait(context, args).await
}

/// Prints a voucher: the same one each time.
pub async fn voucher(context: &Context, args: &InviteArgs) -> Result<String> {
    let session = context.connect_with_store().await?;
    let minting = session
        .store()?
        .mint_voucher(&args.name, &args.display_name);
    let voucher = session.run(minting).await?;
    let text = String::from_utf8_lossy(&voucher).into_owned();
    let value = json!({"event": "voucher", "channel": args.name, "voucher": text});
    context.output.show(&value, || text.clone())?;
    Ok(text)
}

/// Waits until somebody has accepted the voucher.
pub async fn wait(context: &Context, args: &InviteArgs) -> Result<()> {
    let session = context.connect_with_store().await?;
    let opened = session.run(session.store()?.open_voucher(&args.name)).await;
    let (_writer, reply) = opened.map_err(|failure| match failure.status {
        Some(Status::CHANNEL_NOT_IN_DB) => Failure::new(
            Exit::Conflict,
            "there is a channel of that name, which no voucher has made",
        )
        .hint("choose another name"),
        _ => again(failure, "kpc invite", &args.name),
    })?;
    import_reply(&session, &args.name, &reply).await?;
    connected(context, &args.name, None)
}

/// The other one's reply is the text of their channel.
async fn import_reply(session: &Session, name: &str, reply: &[u8]) -> Result<()> {
    let foreign = || {
        Failure::new(
            Exit::Failed,
            "the other one's program has replied with something else than a channel",
        )
        .hint("you can write to them; they have to give you the text of a channel by other ways")
    };
    let text = std::str::from_utf8(reply).map_err(|_| foreign())?;
    let Ok(SharedChannel::Read { cap, index }) = SharedChannel::from_text(text) else {
        return Err(foreign());
    };
    let imported = session
        .run(session.store()?.import_reader(name, &cap, Some(&index)))
        .await;
    match imported {
        Err(failure) if failure.status == Some(Status::CHANNEL_EXISTS) => Ok(()),
        imported => imported.map(drop),
    }
}

/// Accepts a voucher: replies with a channel of one's own.
pub async fn accept(context: &Context, args: &AcceptArgs) -> Result<()> {
    let voucher = match args.again {
        true => None,
        false => Some(input::secret(&args.file, "voucher").await?),
    };
    let session = context.connect_with_store().await?;
    let store = session.store()?;
    let reply = own_channel(&session, &args.name).await?;
    let voucher = voucher.as_deref().map(String::as_str);
    let inducted = session
        .run(store.induct_voucher(&args.name, voucher, &reply))
        .await;
    let (_reader, who) =
        inducted.map_err(|failure| again(failure, "kpc accept --again", &args.name))?;
    connected(context, &args.name, Some(&who))
}

/// The text by which the other one reads what is written here. The second time the channel is there.
async fn own_channel(session: &Session, name: &str) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let store = session.store()?;
    let writer = match session.run(store.create_writer(name, None)).await {
        Err(failure) if failure.status == Some(Status::CHANNEL_EXISTS) => {
            session.run(store.writer(name)).await?
        }
        writer => writer?,
    };
    let cap = writer.read_cap();
    let index = cap.first_index();
    let text = SharedChannel::Read { cap, index }.to_text();
    Ok(zeroize::Zeroizing::new(text.to_vec()))
}

fn connected(context: &Context, name: &str, who: Option<&str>) -> Result<()> {
    let value = json!({"event": "connected", "channel": name, "who": who});
    context.output.show(&value, || {
        let name = harmless(name);
        match who {
            Some(who) => format!("{} has joined; `kpc chat {name}` talks", harmless(who)),
            None => format!("accepted; `kpc chat {name}` talks"),
        }
    })
}

fn again(failure: Failure, command: &str, name: &str) -> Failure {
    match failure.exit {
        Exit::TimedOut | Exit::Unreachable => {
            let name = harmless(name);
            failure.hint(format!("`{command} {name}` goes on"))
        }
        _ => failure,
    }
}
