/* Files on channels: sent and received whole, gone on with after a cut, refused where they are none,
 * and never in the place of another file. */
/* c_suite: needs sim */
#define _POSIX_C_SOURCE 200809L
#include "kpc_files.h"

#include <dirent.h>

/* How many entries a directory has. */
static int entries(const char *name)
{
    DIR *directory = opendir(place(name));
    int count = 0;
    CHECK(directory != NULL);
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count - 2; /* itself and its parent */
}

/* Begins to send, and cancels when some of the file is in the channel and nothing is on the mixnet. */
static void sends_half(const person *somebody, kpc_writer *writer, const char *name)
{
    uint64_t before = kpc_writer_last_message(writer);
    kpc_op op = 0;

    kpc_sim_say(&sim, "hold");
    OK(kpc_writer_send_file_async(writer, place(name), KPC_FOREVER, NULL, &op, &error));
    AWAIT_STATE(kpc_writer_last_message(writer), before + 2);
    OK(kpc_op_cancel(somebody->client, op, &error));
    kpc_result_free(WAIT_FOR(somebody->client, op));
    kpc_sim_say(&sim, "release");
}

/* Progress, in events and in numbers, and the asynchronous form. */
static void writer_send_file(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "files");
    kpc_reader *reader = follows(&bob, "files", writer);
    kpc_event_sink *hers = NULL, *his = NULL;
    kpc_event *event;
    kpc_buffer *path = NULL;
    uint64_t done = 0;

    makes("report", 200000);
    OK(kpc_event_sink_open(alice.client, 64, &hers, &error));
    OK(kpc_event_sink_open(bob.client, 64, &his, &error));
    ERROR(KPC_ERR_NO_FILE, kpc_writer_file_path(writer, &path, &error));
    ERROR(KPC_ERR_NO_FILE, kpc_reader_file_name(reader, &path, &error));
    CHECK(path == NULL && kpc_writer_file_size(writer) == 0 && kpc_writer_file_stored(writer) == 0);

    sends_half(&alice, writer, "report");
    OK(kpc_writer_file_path(writer, &path, &error));
    CHECK(holds(path, place("report")));
    CHECK(kpc_writer_file_size(writer) == 200000 && kpc_writer_file_stored(writer) < 200000);
    kpc_writer_free(writer);
    leaves(&alice);

    /* Another program goes on. */
    alice = comes("alice");
    kpc_event_sink_free(hers);
    OK(kpc_event_sink_open(alice.client, 4096, &hers, &error));
    OK(kpc_store_open_writer(alice.store, "files", KPC_SOON, &writer, &error));
    OK(kpc_writer_file_path(writer, &path, &error));
    CHECK(holds(path, place("report")));
    ASYNC(alice.client,
          kpc_writer_send_file_async(writer, place("report"), KPC_SOON, NULL, &op, &error),
          kpc_writer_send_file_result(result, &error));
    CHECK(kpc_writer_file_size(writer) == 0 && kpc_writer_pending(writer) == 0);
    do {
        event = EVENT_OF(hers, KPC_EVENT_FILE_PROGRESS);
        CHECK(kpc_event_is_writer(event) && kpc_event_file_size(event) == 200000);
        CHECK(kpc_event_file_done(event) > done && kpc_event_message_number(event) == 0);
        done = kpc_event_file_done(event);
        kpc_event_free(event);
    } while (done < 200000);

    ASYNC(bob.client,
          kpc_reader_receive_file_async(reader, place("in"), NULL, KPC_SOON, NULL, &op, &error),
          kpc_reader_receive_file_result(result, &path, &error));
    CHECK(holds(path, place("in/report")) && is_file("in/report", 200000));
    CHECK(entries("in") == 1 && kpc_reader_file_size(reader) == 0 && kpc_reader_waiting(reader) == 0);
    event = EVENT_OF(his, KPC_EVENT_FILE_PROGRESS);
    CHECK(!kpc_event_is_writer(event) && kpc_event_file_size(event) == 200000);
    kpc_event_free(event);
    CHECK(unlink(place("in/report")) == 0);
    kpc_event_sink_free(hers);
    kpc_event_sink_free(his);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
}

/* What is no file is not sent, and what is none is not received. */
static void err_file_not_regular(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "refusals");
    kpc_reader *reader = follows(&bob, "refusals", writer);
    kpc_buffer *path = NULL;

    ERROR(KPC_ERR_FILE_NOT_REGULAR, kpc_writer_send_file(writer, place("in"), KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NOT_REGULAR, kpc_writer_send_file(writer, "/dev/null", KPC_SOON, &error));
    ERROR(KPC_ERR_IO, kpc_writer_send_file(writer, place("missing"), KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NO_FILE_NAME, kpc_writer_send_file(writer, "/", KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NO_FILE_NAME, kpc_writer_send_file(writer, "in/..", KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NO_FILE_NAME, kpc_writer_send_file(writer, "", KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NAME_SEPARATOR, kpc_writer_send_file(writer, "a\\b", KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_NAME_CONTROL_CHAR, kpc_writer_send_file(writer, "a\nb", KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_writer_send_file(writer, "\xff", KPC_SOON, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_writer_send(writer, KPC_MESSAGE_KIND_FILE, NULL, 0, KPC_SOON, NULL, &error));
    ERROR(KPC_ERR_NO_FILE, kpc_writer_abandon_file(writer, KPC_SOON, &error));
    CHECK(kpc_writer_last_message(writer) == 0);

    ERROR(KPC_ERR_ARG_EMPTY, kpc_reader_receive_file(reader, "", NULL, KPC_SOON, &path, &error));
    ERROR(KPC_ERR_FILE_NAME_EMPTY, kpc_reader_receive_file(reader, ".", "", KPC_SOON, &path, &error));
    ERROR(KPC_ERR_FILE_NAME_SEPARATOR,
          kpc_reader_receive_file(reader, ".", "../up", KPC_SOON, &path, &error));
    ERROR(KPC_ERR_TIMEOUT, kpc_reader_receive_file(reader, place("in"), NULL, 1, &path, &error));
    sends(writer, "words");
    ERROR(KPC_ERR_NO_FILE, kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(takes(reader, 1, "words"));
    makes("small", 10);
    OK(kpc_writer_send_file(writer, place("small"), KPC_SOON, &error));
    ERROR(KPC_ERR_IO, kpc_reader_receive_file(reader, place("nowhere"), NULL, KPC_SOON, &path, &error));
    ERROR(KPC_ERR_IO, kpc_reader_receive_file(reader, place("small"), NULL, KPC_SOON, &path, &error));
    CHECK(path == NULL);
    OK(kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(holds(path, place("in/small")) && is_file("in/small", 10));
    CHECK(unlink(place("in/small")) == 0);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
}

/* A file that changes while it is sent, and one that is given up. */
static void err_file_changed(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "changes");
    kpc_reader *reader = follows(&bob, "changes", writer);
    kpc_buffer *path = NULL;

    makes("draft", 150000);
    makes("other", 10);
    sends_half(&alice, writer, "draft");
    ERROR(KPC_ERR_FILE_UNFINISHED, kpc_writer_send_file(writer, place("other"), KPC_SOON, &error));
    makes("draft", 150001);
    ERROR(KPC_ERR_FILE_CHANGED, kpc_writer_send_file(writer, place("draft"), KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_BROKEN,
          kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    sends_half(&alice, writer, "draft");
    ASYNC(alice.client, kpc_writer_abandon_file_async(writer, KPC_SOON, NULL, &op, &error),
          kpc_writer_abandon_file_result(result, &error));
    OK(kpc_writer_send_file(writer, place("other"), KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_BROKEN,
          kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(path == NULL && entries("in") == 0);
    OK(kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(holds(path, place("in/other")) && is_file("in/other", 10));
    CHECK(unlink(place("in/other")) == 0);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
}

/* Nothing is overwritten, and nothing is lost. */
static void err_file_exists(void)
{
    person alice = comes("alice"), bob = comes("bob");
    kpc_writer *writer = creates(&alice, "names");
    kpc_reader *reader = follows(&bob, "names", writer);
    kpc_buffer *path = NULL;

    makes("photo", 5000);
    makes("in/photo", 1);
    OK(kpc_writer_send_file(writer, place("photo"), KPC_SOON, &error));
    ERROR(KPC_ERR_FILE_EXISTS,
          kpc_reader_receive_file(reader, place("in"), NULL, KPC_SOON, &path, &error));
    CHECK(path == NULL && is_file("in/photo", 1) && entries("in") == 1);
    OK(kpc_reader_file_name(reader, &path, &error));
    CHECK(holds(path, "photo"));
    CHECK(kpc_reader_file_size(reader) == 5000 && kpc_reader_file_received(reader) == 0);
    OK(kpc_reader_receive_file(reader, place("in"), "photo 2", KPC_SOON, &path, &error));
    CHECK(holds(path, place("in/photo 2")) && is_file("in/photo 2", 5000) && is_file("in/photo", 1));
    CHECK(unlink(place("in/photo")) == 0 && unlink(place("in/photo 2")) == 0);
    kpc_writer_free(writer);
    kpc_reader_free(reader);
    leaves(&alice);
    leaves(&bob);
}

int main(void)
{
    kpc_sim_start(&sim, "--instant");
    CHECK(mkdir(place("in"), 0700) == 0);
    writer_send_file();
    err_file_not_regular();
    err_file_changed();
    err_file_exists();
    kpc_sim_stop(&sim);
    return kpc_test_end();
}
