//! Writes a C program that makes every call that waits inside a callback of the same client. Each is
//! refused with `KPC_ERR_WOULD_DEADLOCK`, and gives nothing. Which functions wait is said by their
//! parameters, so that none can be forgotten.

use std::fmt::Write;

use super::every_argument::Writer;
use super::header::Function;
use super::program::{head, Daemon};

/// What would not have to wait for what the fixture gives it, or would end what the others need:
/// tests/c/callbacks.c makes these calls where they would.
const APART: [&str; 4] = [
    "kpc_client_close",
    "kpc_client_flush",
    "kpc_event_sink_next",
    "kpc_op_wait",
];

/// What does not have to wait either, and how it ends: nothing about channels of the Channel API is
/// at the daemon but queries, and the channel here is one for writing; a text that is no voucher is refused
/// for itself.
const AT_ONCE: [(&str, &str); 9] = [
    ("kpc_client_connect", "KPC_ERR_ALREADY_CONNECTED"),
    ("kpc_close_channel", "KPC_OK"),
    ("kpc_create_read_channel", "KPC_OK"),
    ("kpc_read_channel", "KPC_ERR_DAEMON_INVALID_CHANNEL"),
    ("kpc_resume_read_channel", "KPC_OK"),
    ("kpc_resume_read_channel_query", "KPC_ERR_ARG_VALUE"),
    ("kpc_resume_write_channel", "KPC_OK"),
    ("kpc_resume_write_channel_query", "KPC_OK"),
    ("kpc_store_induct_voucher", "KPC_ERR_ARG_VALUE"),
];

/// Runs the calls in a completion of each of the two clients: the connected one, and that of the store.
const MAIN: &str = r"static struct fixture f;
static int drops;

static void on_drop(void *user_data)
{
    (void)user_data;
    kpc_seen_one_more(&drops);
}

static void in_a_callback(const kpc_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
    of_the_client(f);
}

#ifndef KPC_FIXTURE_NO_STORE
static void in_a_callback_of_the_store(const kpc_result *result, void *user_data)
{
    (void)result;
    (void)user_data;
    of_the_store(f);
}
#endif

int main(void)
{
    /* The callbacks have the other one. */
    kpc_error *error = NULL;
    kpc_completion done;
    kpc_channel channel;
    kpc_read_cap read_cap;
    kpc_write_cap write_cap;
    kpc_box_index index;
    uint64_t number;

    f = fixture_new();
    /* What is refused for itself does not come to wait. */
    OK(kpc_client_courier(f.kpc_client, &f.kpc_service, &error));
    for (size_t i = 0; i < sizeof f.more_services / sizeof f.more_services[0]; i++) {
        f.more_services[i] = f.kpc_service;
    }
    kpc_envelope_free(f.kpc_envelope);
    f.kpc_envelope = NULL;
    OK(kpc_encrypt_write(f.kpc_client, &f.kpc_write_cap, &f.kpc_box_index, f.memory, 32, KPC_SOON, &f.kpc_envelope,
                         &error));
    OK(kpc_create_write_channel(f.kpc_client, KPC_SOON, &channel, &read_cap, &write_cap, &error));
    CHECK(channel == 1);
    kpc_channel_query_free(f.kpc_channel_query);
    f.kpc_channel_query = NULL;
    OK(kpc_write_channel(f.kpc_client, channel, f.memory, 32, KPC_SOON, &f.kpc_channel_query, &error));
    OK(kpc_copy_builder_add(f.kpc_client, f.kpc_copy_builder, &f.kpc_write_cap, &f.kpc_box_index, f.memory, 32,
                            KPC_SOON, &index, &error));
    memset(&done, 0, sizeof done);
    done.fn = in_a_callback;
    done.drop = on_drop;
    OK(kpc_next_message_box_index_remote_async(f.kpc_client, &f.kpc_box_index, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&drops, 1));
#ifndef KPC_FIXTURE_NO_STORE
    fixture_open_store(&f);
    OK(kpc_writer_send(f.kpc_writer, KPC_MESSAGE_KIND, f.memory, 32, KPC_SOON, &number, &error));
    done.fn = in_a_callback_of_the_store;
    OK(kpc_store_list_writers_async(f.kpc_store, KPC_SOON, &done, NULL, &error));
    CHECK(kpc_seen_until(&drops, 2));
    fixture_close_store(&f);
#endif
    fixture_free(&f);
    return kpc_test_end();
}
";

impl Writer<'_> {
    /// The program that waits in callbacks.
    pub fn in_callbacks(&self) -> String {
        let waits = |f: &&Function| {
            f.has("timeout_ms") && !f.name.ends_with("_async") && !APART.contains(&f.name.as_str())
        };
        let waiting: Vec<&Function> = self.functions.iter().filter(waits).collect();
        let (of_store, mut of_client): (Vec<&Function>, Vec<&Function>) =
            waiting.into_iter().partition(|f| self.takes_store(f));
        // What closes the channel of the fixture comes after those that take it.
        of_client.sort_by_key(|f| f.name == "kpc_close_channel");
        assert!(of_client.len() > 30, "functions that wait are not found");
        let mut text = head(Daemon::Simulated);
        text.push_str(&self.all_of("of_the_client", &of_client));
        if cfg!(feature = "store") {
            text.push_str(&self.all_of("of_the_store", &of_store));
        }
        text + MAIN
    }

    fn all_of(&self, name: &str, functions: &[&Function]) -> String {
        let mut text = format!("static void {name}(struct fixture f)\n{{\n");
        for function in functions {
            let _ = write!(text, "    {{\n{}", self.outputs(function));
            let parameters = &function.parameters;
            let at = parameters.iter().position(|p| p.name == "timeout_ms");
            let call = self.call(function, at.unwrap_or_default(), "KPC_SOON");
            let at_once = AT_ONCE.iter().find(|(name, _)| *name == function.name);
            match at_once {
                Some((_, status)) => {
                    let _ = writeln!(text, "    ERROR({status}, {call});");
                }
                None => {
                    let refused = Some("KPC_ERR_WOULD_DEADLOCK");
                    text.push_str(&self.checked(function, usize::MAX, &call, refused));
                }
            }
            text.push_str("    }\n");
        }
        text + "}\n\n"
    }
}
