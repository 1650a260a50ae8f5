//! What is read: messages and secrets, from files or the standard input, never from the command line.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Longer than any shared text or voucher, with all the white space that people put into it.
const MAX_SECRET: u64 = 4096;
/// How such texts begin.
const PREFIXES: [&str; 3] = ["kpcr1", "kpcw1", "kpcv1"];

/// All bytes of a file, or of the standard input (`-`); more than `most` are refused.
///
/// Whoever stops waiting leaves a thread behind that reads on.
pub async fn bytes(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>> {
    refuse_secret(path)?;
    let owned = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&owned, most + 1));
    let read = reading
        .await
        .map_err(|_| Failure::new(Exit::Failed, "reading was given up"))?;
    let bytes =
        read.map_err(|error| Failure::io(&format!("cannot read {}", shown(path)), &error))?;
    if bytes.len() as u64 > most {
        let what = format!("{} has more than {most} bytes", shown(path));
        return Err(Failure::new(Exit::Usage, what));
    }
    Ok(bytes)
}

fn read(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    match is_standard_input(path) {
        true => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// A secret text of a file or the standard input, without the white space around it.
pub async fn secret(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    refuse_secret(path)?;
    if is_standard_input(path) && io::stdin().is_terminal() {
        use std::io::Write as _;
        let _ = writeln!(io::stderr(), "Paste the {what}, then Enter and ctrl-D:");
    }
    let bytes = bytes(path, MAX_SECRET).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        let what = format!("{} holds no {what}: it is not UTF-8", shown(path));
        Failure::new(Exit::Usage, what)
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(
            Failure::new(Exit::Usage, format!("{} is empty", shown(path)))
                .hint(format!("the {what} is read from there")),
        );
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// True for `-`.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn shown(path: &Path) -> String {
    match is_standard_input(path) {
        true => "the standard input".to_owned(),
        false => path.display().to_string(),
    }
}

/// Somebody has typed a secret where a path is meant: other users of this machine may have seen it.
fn refuse_secret(path: &Path) -> Result<()> {
    let text = path.to_string_lossy().to_lowercase();
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && !path.exists() {
        return Err(
            Failure::new(Exit::Usage, "a secret text stands on the command line")
                .hint("other users can see it there; put it into a file, or give it on the standard input"),
        );
    }
    Ok(())
}
