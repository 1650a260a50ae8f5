#define _POSIX_C_SOURCE 200809L
#include "person.h"
#include "report.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void person_connect(struct person *person, const kpc_config *config)
{
    kpc_error *error = NULL;

    must(kpc_client_new(config, &person->client, &error), &error, "a client");
    must(kpc_event_sink_open(person->client, 64, &person->sink, &error), &error, "a sink");
    must(kpc_client_connect(person->client, PATIENCE_MS, &error), &error, "connecting");
    check(kpc_client_is_connected(person->client), "%s is not connected", person->name);
}

kpc_event *person_await(struct person *person, int32_t kind, const char *what)
{
    for (;;) {
        kpc_error *error = NULL;
        kpc_event *event = NULL;
        must(kpc_event_sink_next(person->sink, PATIENCE_MS, &event, &error), &error, what);
        if (kpc_event_kind(event) == kind) {
            return event;
        }
        kpc_event_free(event);
    }
}

/* Copies what a buffer holds, and frees it. */
static void take_text(kpc_buffer *buffer, char *text, size_t size)
{
    size_t length = kpc_buffer_len(buffer);

    length = length < size ? length : size - 1;
    if (length > 0) {
        memcpy(text, kpc_buffer_data(buffer), length);
    }
    text[length] = 0;
    kpc_buffer_free(buffer);
}

static void same_text(const char *found, const char *expected)
{
    check(strcmp(found, expected) == 0, "\"%s\" came instead of \"%s\"", found, expected);
}

void person_reads(struct person *person, const kpc_read_cap *cap, const kpc_box_index *index,
                  const char *expected)
{
    kpc_error *error = NULL;
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    char text[256];

    must(kpc_read_box(person->client, cap, index, 0, PATIENCE_MS, &buffer, &next, &error), &error,
         "reading");
    check(number_of(&next) == number_of(index) + 1, "a box was left out");
    take_text(buffer, text, sizeof text);
    same_text(text, expected);
}

void person_reads_not(struct person *person, const kpc_read_cap *cap, const kpc_box_index *index,
                      kpc_status expected)
{
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    kpc_status status = kpc_read_box(person->client, cap, index, KPC_START_NO_RETRY, PATIENCE_MS,
                                     &buffer, &next, NULL);

    check(status == expected && buffer == NULL, "reading box %llu gave %s", number_of(index),
          kpc_status_name(status));
}

/* On a thread of the library: notes the end. */
static void on_end(struct person *person, kpc_status status, kpc_buffer *buffer)
{
    pthread_mutex_lock(&mutex);
    person->status = status;
    take_text(buffer, person->text, sizeof person->text);
    person->completions++;
    pthread_mutex_unlock(&mutex);
}

static void on_read(const kpc_result *result, void *user_data)
{
    kpc_box_index next;
    kpc_buffer *buffer = NULL;
    kpc_status status = kpc_read_box_result(result, &buffer, &next, NULL);

    on_end(user_data, status, buffer);
}

static void on_written(const kpc_result *result, void *user_data)
{
    kpc_box_index next;

    on_end(user_data, kpc_write_box_result(result, &next, NULL), NULL);
}

static void on_drop(void *user_data)
{
    pthread_mutex_lock(&mutex);
    ((struct person *)user_data)->drops++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static kpc_completion new_completion(struct person *person, kpc_completion_fn fn)
{
    kpc_completion done = {NULL, NULL, on_drop, NULL};

    done.fn = fn;
    done.user_data = person;
    person->completions = person->drops = 0;
    return done;
}

void person_begins_reading(struct person *person, const kpc_read_cap *cap,
                           const kpc_box_index *index)
{
    kpc_error *error = NULL;
    kpc_completion done = new_completion(person, on_read);

    must(kpc_read_box_async(person->client, cap, index, 0, KPC_FOREVER, &done, &person->op, &error),
         &error, "beginning to read");
}

void person_begins_writing(struct person *person, const kpc_write_cap *cap,
                           const kpc_box_index *index, const char *text)
{
    kpc_error *error = NULL;
    kpc_completion done = new_completion(person, on_written);

    must(kpc_write_box_async(person->client, cap, index, (const uint8_t *)text, strlen(text), 0,
                             KPC_FOREVER, &done, &person->op, &error),
         &error, "beginning to write");
}

void person_is_waiting(struct person *person)
{
    kpc_status status = kpc_op_wait(person->client, person->op, KPC_NO_WAIT, NULL, NULL);

    check(status == KPC_ERR_TIMEOUT, "%s does not wait any more: %s", person->name,
          kpc_status_name(status));
}

void person_ends(struct person *person, kpc_status expected, const char *expected_text)
{
    struct timespec until;
    int late = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    pthread_mutex_lock(&mutex);
    while (person->drops == 0 && late == 0) {
        late = pthread_cond_timedwait(&changed, &mutex, &until);
    }
    pthread_mutex_unlock(&mutex);
    check(late == 0, "%s still waits", person->name);
    check(person->status == expected, "%s's operation ended with %s", person->name,
          kpc_status_name(person->status));
    same_text(person->text, expected_text);
    person_ended_once(person);
}

void person_ended_once(struct person *person)
{
    int completions, drops;

    pthread_mutex_lock(&mutex);
    completions = person->completions;
    drops = person->drops;
    pthread_mutex_unlock(&mutex);
    check(completions == 1 && drops == 1, "%d completions and %d drops", completions, drops);
}

void person_leaves(struct person *person)
{
    kpc_error *error = NULL;

    must(kpc_client_flush(person->client, PATIENCE_MS, &error), &error, "flushing");
    kpc_client_close(person->client, KPC_FOREVER, NULL);
    kpc_event_free(person_await(person, KPC_EVENT_CLOSED, "the last event"));
    kpc_event_sink_free(person->sink);
    kpc_client_free(person->client);
}

unsigned long long number_of(const kpc_box_index *index)
{
    kpc_error *error = NULL;
    uint64_t number;

    must(kpc_get_message_box_index_counter(index, &number, &error), &error, "the number of a box");
    return (unsigned long long)number;
}
