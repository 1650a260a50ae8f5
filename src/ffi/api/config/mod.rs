//! kpc_config_*: where the daemon listens, and what else a client is made from.

pub mod reading;
pub mod suspension;

use std::ffi::{c_char, c_void, CString};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::config::{check_encryption_connections, check_silence_limit, Config, Dial, TcpNetwork};
use crate::ffi::api::geometry::{kpc_pigeonhole_geometry, kpc_sphinx_geometry};
use crate::ffi::api::waiting::{kpc_drop_fn, UserData};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles::{self, Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{arguments, call};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// What a client is made from. The client copies it; later changes to the configuration do not
/// affect the client.
pub struct kpc_config {
    _opaque: (),
}

/// What a `kpc_config` stands for.
pub(crate) struct ConfigObject {
    config: Mutex<Config>,
    log: Mutex<Option<LogTarget>>,
}

/// Where a client's log lines go.
#[derive(Clone)]
pub(crate) struct LogTarget {
    /// Lines above this level are left out.
    pub(crate) level: i32,
    sink: Arc<LogSink>,
}

struct LogSink {
    call: unsafe extern "C" fn(level: i32, text: *const c_char, user_data: *mut c_void),
    user_data: UserData,
}

impl LogTarget {
    /// Hands one line to the program.
    pub(crate) fn line(&self, level: i32, text: &str) {
        // Lines quote what others wrote; nobody shall make two of one.
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let line: String = text.chars().map(shown).collect();
        let text = CString::new(line).unwrap_or_default();
        // SAFETY: promised by whoever gave the callback; it lives as long as its user data.
        unsafe { (self.sink.call)(level, text.as_ptr(), self.sink.user_data.pointer()) };
    }
}

impl Kind for kpc_config {
    type Object = ConfigObject;
    const TAG: Tag = Tag::Config;
}

impl ConfigObject {
    /// Settings without a log.
    pub(crate) fn new(config: Config) -> Arc<Self> {
        Arc::new(ConfigObject {
            config: Mutex::new(config),
            log: Mutex::new(None),
        })
    }

    /// A copy of everything that is set now.
    pub(crate) fn snapshot(&self) -> (Config, Option<LogTarget>) {
        (lock(&self.config).clone(), lock(&self.log).clone())
    }
}

/// A function that receives log lines: their level (KPC_LOG_), one line of UTF-8 text without
/// control characters that is gone when the function returns, and the user data. Called on any
/// thread, of the library or of the program in a call, also on several at once; must be quick and
/// must not call the library.
pub type kpc_log_fn =
    Option<unsafe extern "C" fn(level: i32, text: *const c_char, user_data: *mut c_void)>;

/// No log lines.
pub const KPC_LOG_OFF: i32 = 0;
/// Unrecoverable failures.
pub const KPC_LOG_ERROR: i32 = 1;
/// Unexpected conditions that were recovered from.
pub const KPC_LOG_WARN: i32 = 2;
/// Connections that come and go.
pub const KPC_LOG_INFO: i32 = 3;
/// What the library does.
pub const KPC_LOG_DEBUG: i32 = 4;
/// Each frame to and from the daemon, for bug reports: connection, direction, kind, length, the
/// beginning of its query id, the daemon's code. Nothing of what is in it.
pub const KPC_LOG_TRACE: i32 = 5;

/// No transport is set.
pub const KPC_TRANSPORT_NONE: i32 = 0;
/// A Unix domain socket.
pub const KPC_TRANSPORT_UNIX: i32 = 1;
/// A TCP socket.
pub const KPC_TRANSPORT_TCP: i32 = 2;
/// A WebSocket.
pub const KPC_TRANSPORT_WS: i32 = 3;

/// Makes an empty configuration: no transport yet, reconnecting after 1 to 60 seconds, no log.
///
/// @param config  receives the configuration
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_NO_MEMORY
///
/// Ownership: *config is the caller's, kpc_config_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_new(
    config: *mut *mut kpc_config,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(config, "config"), move || {
            Ok(ConfigObject::new(Config::new()))
        })
    }
}

/// Reads and checks a configuration file, usually called thinclient.toml, of today's shape
/// (a table [Dial.Unix], [Dial.Tcp] or [Dial.Ws]) or of the older one (Network, Address, and
/// the geometries). Opens no connection.
///
/// @param path    the file
/// @param config  receives the configuration
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (the path is not UTF-8),
///         KPC_ERR_CONFIG_IO, KPC_ERR_CONFIG_PARSE, KPC_ERR_CONFIG_UNKNOWN_KEY,
///         KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_CONFIG_MULTIPLE_TRANSPORTS,
///         KPC_ERR_CONFIG_BAD_NETWORK, KPC_ERR_BAD_GEOMETRY, KPC_ERR_UNSUPPORTED (as
///         kpc_config_set_ws)
///
/// Ownership: *config is the caller's, kpc_config_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_load_file(
    path: *const c_char,
    config: *mut *mut kpc_config,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(config, "config"), move || {
            Config::load_file(arguments::text(path, "path")?).map(ConfigObject::new)
        })
    }
}

/// Reads and checks a configuration as kpc_config_load_file does, from a text in memory.
///
/// @param toml      the text of the file, UTF-8; may be NULL if toml_len is 0
/// @param toml_len  how many bytes, fewer than 64 KiB
/// @param config    receives the configuration
/// @param error     receives details of a failure; may be NULL
/// @return as kpc_config_load_file, save KPC_ERR_CONFIG_IO; KPC_ERR_ARG_VALUE if the text is not
///         UTF-8, KPC_ERR_ARG_SIZE
///
/// Ownership: *config is the caller's, kpc_config_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_load_text(
    toml: *const c_char,
    toml_len: usize,
    config: *mut *mut kpc_config,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(config, "config"), move || {
            Config::from_toml(arguments::text_of(toml, toml_len, "toml")?).map(ConfigObject::new)
        })
    }
}

/// Changes a configuration, in one piece.
pub(super) fn change(
    config: *const kpc_config,
    how: impl FnOnce(&mut Config) -> Result<()>,
) -> Result<()> {
    let object = handles::get(config)?;
    let mut current = lock(&object.config);
    let mut changed = current.clone();
    how(&mut changed)?;
    *current = changed;
    Ok(())
}

fn set_dial(config: *const kpc_config, dial: Dial) -> Result<()> {
    change(config, |config| {
        dial.validate()?;
        config.dial = Some(dial);
        Ok(())
    })
}

/// Sets a Unix domain socket as the transport, in place of any that is set.
///
/// @param config  the configuration
/// @param path    path of the socket; a leading @ means Linux's abstract namespace. A relative path
///                starts at the current working directory, also in files
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT (an empty path)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_unix(
    config: *mut kpc_config,
    path: *const c_char,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            set_dial(config, Dial::unix(arguments::text(path, "path")?))
        })
    }
}

/// Sets a TCP socket as the transport, in place of any that is set.
///
/// @param config   the configuration
/// @param address  host:port, [IPv6]:port, or :port for this machine
/// @param network  "tcp", "tcp4" (IPv4 alone) or "tcp6" (IPv6 alone); NULL stands for "tcp"
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_CONFIG_BAD_NETWORK, KPC_ERR_CONFIG_NO_TRANSPORT
///         (an empty address)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_tcp(
    config: *mut kpc_config,
    address: *const c_char,
    network: *const c_char,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let address = arguments::text(address, "address")?.to_owned();
            let network = match arguments::optional_text(network, "network")? {
                Some(name) => TcpNetwork::from_name(name)?,
                None => TcpNetwork::Tcp,
            };
            set_dial(config, Dial::Tcp { address, network })
        })
    }
}

/// Sets a WebSocket as the transport, in place of any that is set. It goes over TCP, without
/// encryption: for a daemon on this machine, or behind a tunnel. The two other transports need less
/// work, and a WebSocket leaves copies of what was sent in memory that is not wiped.
///
/// @param config  the configuration
/// @param url     ws://host:port/path; without a port 80
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT (an empty URL),
///         KPC_ERR_UNSUPPORTED (wss://, which needs TLS, or a library that is built without
///         WebSockets)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_ws(
    config: *mut kpc_config,
    url: *const c_char,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let url = arguments::text(url, "url")?.to_owned();
            set_dial(config, Dial::Ws { url })
        })
    }
}

/// Sets how long a client waits before it dials again after the daemon was lost: the
/// shortest wait at first, doubled with each failure up to the longest.
///
/// @param config  the configuration
/// @param min_ms  the shortest wait in milliseconds, at least 1
/// @param max_ms  the longest wait in milliseconds, at least min_ms
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_reconnect(
    config: *mut kpc_config,
    min_ms: u32,
    max_ms: u32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            if min_ms == 0 || min_ms > max_ms {
                return Err(Error::new(
                    Status::ARG_VALUE,
                    "the shortest wait must be at least 1 ms and not more than the longest",
                ));
            }
            change(config, |config| {
                config.reconnect_min = Duration::from_millis(min_ms.into());
                config.reconnect_max = Duration::from_millis(max_ms.into());
                Ok(())
            })
        })
    }
}

/// Sets how many connections a client has for encryptions, each of which has one at the daemon
/// at a time. An encryption of a box takes the daemon about two seconds of one processor core on
/// networks with CTIDH1024-X25519, some milliseconds on those with x25519. More connections make
/// many boxes faster where the daemon's machine has that many cores to spare. 2 unless it is set.
///
/// @param config  the configuration
/// @param count   how many, 1 to 16; all but the first are opened when they are of use
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_encryption_connections(
    config: *mut kpc_config,
    count: u32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            check_encryption_connections(count)?;
            change(config, |config| {
                config.encryption_connections = count;
                Ok(())
            })
        })
    }
}

/// Sets how long what the daemon owes may be missing before kpc_client_health no longer takes it for
/// healthy. 15 000 ms unless it is set: some twice what a very busy daemon takes.
///
/// @param config    the configuration
/// @param limit_ms  the limit in milliseconds, 100 to 3 600 000
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_silence_limit(
    config: *mut kpc_config,
    limit_ms: u32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let limit = Duration::from_millis(limit_ms.into());
            change(config, |config| {
                check_silence_limit(limit)?;
                config.silence_limit = limit;
                Ok(())
            })
        })
    }
}

/// Sets whether kpc_client_connect opens all connections with the daemon and starts all threads of
/// the client at once. Otherwise each comes when it is first needed. For programs that then drop
/// privileges: after setuid, chroot or Landlock the socket may be out of reach, and after seccomp
/// the system calls. kpc_client_connect fails where one connection cannot be opened.
///
/// While the daemon stays and a filter covers all threads of the process, the library needs these
/// system calls and no others, whatever is asked of it, as tests/c/locked_in.c shows: read, write,
/// recvfrom, sendto, shutdown, close, fcntl, poll, ppoll, epoll_ctl, epoll_wait, epoll_pwait,
/// futex, getpid, getrandom, clock_gettime; for memory brk, mmap, munmap, mremap, mprotect and
/// madvise; to restart interrupted ones restart_syscall and rt_sigreturn; when a client is freed
/// and its threads end rt_sigprocmask, sigaltstack and exit. kpc_event_sink_fd makes its descriptor
/// with socketpair when it is first called. To connect again after a loss it needs socket, connect,
/// ioctl, getsockopt and the daemon's socket within reach; over TCP also setsockopt and what the C
/// library needs to look up a name. Without them the client tries again at intervals, and calls end
/// by their time limit; the error says why.
///
/// @param config  the configuration
/// @param all     whether to open all at once; false unless it is set
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_connect_all(
    config: *mut kpc_config,
    all: bool,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            change(config, |config| {
                config.connect_all = all;
                Ok(())
            })
        })
    }
}

/// Sets where a client's log lines go, in place of what is set. They never hold secrets or
/// payloads. Without this there is no log: the library writes to no file, terminal or system log.
///
/// @param config     the configuration
/// @param level      maximum verbosity, KPC_LOG_OFF to KPC_LOG_TRACE
/// @param fn         receives the lines; NULL for none
/// @param user_data  passed to fn and drop; may be NULL
/// @param drop       called once with user_data when nothing can call fn any more, also when
///                   this call fails; may be NULL
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_log(
    config: *mut kpc_config,
    level: i32,
    r#fn: kpc_log_fn,
    user_data: *mut c_void,
    drop: kpc_drop_fn,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let user_data = UserData::new(user_data, drop);
        call(error, (), move || {
            let object = handles::get(config.cast_const())?;
            if !(KPC_LOG_OFF..=KPC_LOG_TRACE).contains(&level) {
                let message = format!("there is no log level {level}");
                return Err(Error::new(Status::ARG_VALUE, message));
            }
            let target = r#fn.map(|call| LogTarget {
                level,
                sink: Arc::new(LogSink { call, user_data }),
            });
            // The old one is dropped after the lock is released: its drop is foreign code.
            let _old = std::mem::replace(&mut *lock(&object.log), target);
            Ok(())
        })
    }
}

/// Sets the geometry of packets, for daemons before v0.0.76, which do not publish theirs.
///
/// @param config    the configuration
/// @param geometry  the geometry, which is checked; NULL removes it
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_BAD_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_sphinx_geometry(
    config: *mut kpc_config,
    geometry: *const kpc_sphinx_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let geometry = arguments::optional_value(geometry, "geometry")?;
            change(config, |config| {
                config.sphinx = geometry.map(TryInto::try_into).transpose()?;
                config.sphinx.as_ref().map_or(Ok(()), |g| g.validate())
            })
        })
    }
}

/// Sets the geometry of boxes, for daemons before v0.0.76, which do not publish theirs.
///
/// @param config    the configuration
/// @param geometry  the geometry, which is checked; NULL removes it
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_BAD_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_config_set_pigeonhole_geometry(
    config: *mut kpc_config,
    geometry: *const kpc_pigeonhole_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let geometry = arguments::optional_value(geometry, "geometry")?;
            change(config, |config| {
                config.pigeonhole = geometry.map(TryInto::try_into).transpose()?;
                config.pigeonhole.as_ref().map_or(Ok(()), |g| g.validate())
            })
        })
    }
}
