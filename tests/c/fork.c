/* After fork the child can use nothing of the parent's, harm nothing, and begin anew. */
#define _POSIX_C_SOURCE 200809L
#include "kpc_test.h"

#include <sys/wait.h>
#include <unistd.h>

static kpc_error *error;

static int in_child(kpc_config *config, kpc_buffer *buffer)
{
    kpc_config *own = NULL;
    kpc_buffer *other = NULL;
    kpc_error *parents = error;

    error = NULL;
    STATUS(KPC_ERR_FORKED, kpc_config_set_unix(config, "x", NULL));
    CHECK(kpc_debug_live_objects() == 0);
    CHECK(kpc_buffer_data(buffer) == NULL);
    STATUS(KPC_ERR_FORKED, kpc_buffer_ref(buffer, &other, NULL));
    CHECK(parents == NULL || kpc_error_status(parents) == KPC_ERR_FORKED);
    kpc_config_free(config);
    kpc_buffer_free(buffer);
    kpc_error_free(parents);

    /* Now with tables of its own. */
    ERROR(KPC_ERR_FORKED, kpc_config_set_unix(config, "x", &error));
    STATUS(KPC_OK, kpc_config_new(&own, NULL));
    CHECK(own != config);
    OK(kpc_config_set_unix(own, "x", &error));
    ERROR(KPC_ERR_FORKED, kpc_config_set_unix(config, "x", &error));
    kpc_config_free(config);
    CHECK(kpc_debug_live_objects() == 1);
    kpc_config_free(own);
    return kpc_test_end();
}

static void child_is_fine(kpc_config *config, kpc_buffer *buffer, int depth)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        int failed = in_child(config, buffer);
        if (depth > 0) {
            kpc_config *own = NULL;
            STATUS(KPC_OK, kpc_config_new(&own, NULL));
            child_is_fine(own, buffer, depth - 1);
            OK(kpc_config_set_unix(own, "x", &error));
            kpc_config_free(own);
            failed |= kpc_test_end();
        }
        fflush(stdout);
        _exit(failed);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    kpc_config *config = NULL;
    kpc_buffer *buffer = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_buffer_new((const uint8_t *)"abc", 3, &buffer, &error));
    STATUS(KPC_ERR_ARG_NULL, kpc_config_set_unix(config, NULL, &error));
    child_is_fine(config, buffer, 3);

    /* The parent has lost nothing. */
    kpc_error_free(error);
    OK(kpc_config_set_unix(config, "y", &error));
    CHECK(kpc_buffer_len(buffer) == 3);
    kpc_config_free(config);
    kpc_buffer_free(buffer);
    return kpc_test_end();
}
