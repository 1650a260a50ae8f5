/* What the Go package needs of C: objects are numbers here, since they are no addresses. */
#ifndef KPCGO_RUNTIME_H
#define KPCGO_RUNTIME_H

#include <kpclient.h>

/* An object out of its number, and back. */
#define KPCGO_OBJECT(type, number) ((type *)(uintptr_t)(number))
#define KPCGO_NUMBER(object) ((uint64_t)(uintptr_t)(object))

/* Completes the call with this ticket; on a thread of the library. */
void kpcgo_complete(const kpc_result *result, void *ticket);

/* Passes a line of the log on; on any thread. */
void kpcgo_log(int32_t level, const char *text, void *ticket);

/* Ends a log. */
void kpcgo_log_end(void *ticket);

/* Where the completion of a call goes. */
static inline kpc_completion kpcgo_completion(uint64_t ticket)
{
    kpc_completion done = {kpcgo_complete, (void *)(uintptr_t)ticket, NULL, NULL};
    return done;
}

/* Copies the bytes of a buffer, and frees it. */
void kpcgo_buffer_take(uint64_t buffer, void *bytes);

#endif
