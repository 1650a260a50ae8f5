//! Files, and talks between two people.

use std::path::PathBuf;

use clap::Args;

/// `kpc send`
#[derive(Args, Debug)]
pub struct SendArgs {
    /// The channel
    pub channel: String,
    /// The file; without it, the one whose sending was interrupted
    pub file: Option<PathBuf>,
    /// Give up the file whose sending was interrupted
    #[arg(long, conflicts_with = "file")]
    pub abandon: bool,
}

/// `kpc receive`
#[derive(Args, Debug)]
pub struct ReceiveArgs {
    /// The channel
    pub channel: String,
    /// The directory for it
    #[arg(default_value = ".")]
    pub directory: PathBuf,
    /// Another name than the sender's
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
}

/// `kpc chat`
#[derive(Args, Debug)]
pub struct ChatArgs {
    /// The channel that is written and the one that is read, which have the same name
    pub channel: String,
}

/// `kpc invite`
#[derive(Args, Debug)]
pub struct InviteArgs {
    /// What to call the other one
    pub name: String,
    /// The name that the other one is shown
    #[arg(long = "as", value_name = "NAME", default_value = "somebody")]
    pub display_name: String,
    /// Return when the voucher is printed; the same command again waits
    #[arg(long)]
    pub no_wait: bool,
}

/// `kpc accept`
#[derive(Args, Debug)]
pub struct AcceptArgs {
    /// What to call the other one
    pub name: String,
    /// The file with the voucher (kpcv1...); - is the standard input. Without a voucher, an earlier command is continued
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// Go on with the voucher that an earlier command was given
    #[arg(long, conflicts_with = "file")]
    pub again: bool,
}
