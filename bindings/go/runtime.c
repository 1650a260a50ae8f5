#include "runtime.h"

#include <string.h>

#include "_cgo_export.h"

void kpcgo_complete(const kpc_result *result, void *ticket)
{
    kpcgoComplete(KPCGO_NUMBER(result), (uint64_t)(uintptr_t)ticket);
}

void kpcgo_log(int32_t level, const char *text, void *ticket)
{
    kpcgoLog(level, (char *)text, (uint64_t)(uintptr_t)ticket);
}

void kpcgo_log_end(void *ticket)
{
    kpcgoLogEnd((uint64_t)(uintptr_t)ticket);
}

void kpcgo_buffer_take(uint64_t buffer, void *bytes)
{
    kpc_buffer *taken = KPCGO_OBJECT(kpc_buffer, buffer);

    if (kpc_buffer_len(taken) != 0) {
        memcpy(bytes, kpc_buffer_data(taken), kpc_buffer_len(taken));
    }
    kpc_buffer_free(taken);
}
