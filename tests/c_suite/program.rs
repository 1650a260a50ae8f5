//! The frame of the programs that are made of the header.

/// What is in a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    None,
    Simulated,
}

/// What every program begins with.
pub fn head(daemon: Daemon) -> String {
    let note = match daemon {
        Daemon::None => "",
        Daemon::Simulated => "/* c_suite: needs sim */\n#define KPC_FIXTURE_SIM\n",
    };
    let store = match cfg!(feature = "store") {
        true => "",
        false => "#define KPC_FIXTURE_NO_STORE\n",
    };
    format!(
        "/* Generated: see tests/c_suite/every_argument.rs. */\n{note}{store}\
         #define _POSIX_C_SOURCE 200809L\n#include \"kpc_fixture.h\"\n\n"
    )
}

/// Before the head of a program that forks.
pub const FORK_NOTE: &str =
    "/* c_suite: leaks are not looked for: the child has lost what the parent's \
threads hold */\n";

/// The main function of a program that forks.
pub const FORK_MAIN: &str = r"int main(void)
{
    struct fixture f = fixture_new();
    int status = 0;
    pid_t child;

    fixture_open_store(&f);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        in_child(f);
        status = kpc_test_end();
        fflush(stdout);
        _exit(status);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fixture_is_whole(&f, NULL);
    fixture_close_store(&f);
    fixture_free(&f);
    return kpc_test_end();
}
";
