/* A thread that polls the descriptors of event sinks, each until it is readable once. Node offers
 * no way to poll a foreign descriptor from JavaScript, and libuv is no part of the stable interface
 * of addons. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "addon.h"

struct watch {
    int fd;
    double id;
};

struct watcher {
    pthread_t thread;
    pthread_mutex_t lock;
    struct home *home;
    int wake[2];
    bool ends;
    struct watch *watches;
    size_t count, room;
};

static void wake(struct watcher *watcher)
{
    /* A full pipe wakes as well. */
    while (write(watcher->wake[1], "", 1) < 0 && errno == EINTR)
        ;
}

static bool take_out(struct watcher *watcher, double id)
{
    for (size_t at = 0; at < watcher->count; at++) {
        if (watcher->watches[at].id == id) {
            watcher->watches[at] = watcher->watches[--watcher->count];
            return true;
        }
    }
    return false;
}

/* What is to be polled now, with the pipe at its end. NULL without memory: then only later. */
static struct pollfd *list(struct watcher *watcher, struct watch **watches, size_t *count)
{
    *count = watcher->count;
    struct pollfd *polled = calloc(watcher->count + 1, sizeof *polled);
    *watches = calloc(watcher->count + 1, sizeof **watches);
    if (!polled || !*watches) {
        free(polled);
        free(*watches);
        return NULL;
    }
    for (size_t at = 0; at < watcher->count; at++) {
        (*watches)[at] = watcher->watches[at];
        polled[at] = (struct pollfd){watcher->watches[at].fd, POLLIN, 0};
    }
    polled[watcher->count] = (struct pollfd){watcher->wake[0], POLLIN, 0};
    return polled;
}

static void poll_once(struct watcher *watcher)
{
    struct watch *watches;
    size_t count;
    char drained[64];
    pthread_mutex_lock(&watcher->lock);
    struct pollfd *polled = list(watcher, &watches, &count);
    pthread_mutex_unlock(&watcher->lock);
    if (!polled) {
        poll(NULL, 0, 100);
        return;
    }
    if (poll(polled, (nfds_t)count + 1, -1) > 0) {
        while (read(watcher->wake[0], drained, sizeof drained) > 0)
            ;
        pthread_mutex_lock(&watcher->lock);
        for (size_t at = 0; at < count; at++) {
            /* What was removed meanwhile may be another's descriptor by now. */
            if (polled[at].revents && take_out(watcher, watches[at].id))
                home_ready(watcher->home, watches[at].id);
        }
        pthread_mutex_unlock(&watcher->lock);
    }
    free(polled);
    free(watches);
}

static void *run(void *data)
{
    struct watcher *watcher = data;
    for (;;) {
        pthread_mutex_lock(&watcher->lock);
        bool ends = watcher->ends;
        pthread_mutex_unlock(&watcher->lock);
        if (ends)
            return NULL;
        poll_once(watcher);
    }
}

/* Signals are for the threads of Node. */
static bool start_thread(struct watcher *watcher)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&watcher->thread, NULL, run, watcher);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

static struct watcher *watcher_new(struct home *home)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher || pipe(watcher->wake) != 0) {
        free(watcher);
        return NULL;
    }
    for (int end = 0; end < 2; end++) {
        fcntl(watcher->wake[end], F_SETFD, FD_CLOEXEC);
        fcntl(watcher->wake[end], F_SETFL, O_NONBLOCK);
    }
    watcher->home = home;
    pthread_mutex_init(&watcher->lock, NULL);
    if (start_thread(watcher))
        return watcher;
    close(watcher->wake[0]);
    close(watcher->wake[1]);
    pthread_mutex_destroy(&watcher->lock);
    free(watcher);
    return NULL;
}

static bool grow(struct watcher *watcher)
{
    if (watcher->count < watcher->room)
        return true;
    size_t room = watcher->room ? 2 * watcher->room : 8;
    struct watch *watches = realloc(watcher->watches, room * sizeof *watches);
    if (!watches)
        return false;
    watcher->watches = watches;
    watcher->room = room;
    return true;
}

bool watcher_add(struct watcher **place, struct home *home, int fd, double id)
{
    if (!*place)
        *place = watcher_new(home);
    struct watcher *watcher = *place;
    if (!watcher)
        return false;
    pthread_mutex_lock(&watcher->lock);
    bool added = grow(watcher);
    if (added)
        watcher->watches[watcher->count++] = (struct watch){fd, id};
    pthread_mutex_unlock(&watcher->lock);
    wake(watcher);
    return added;
}

bool watcher_remove(struct watcher *watcher, double id)
{
    if (!watcher)
        return false;
    pthread_mutex_lock(&watcher->lock);
    bool removed = take_out(watcher, id);
    pthread_mutex_unlock(&watcher->lock);
    wake(watcher);
    return removed;
}

void watcher_end(struct watcher *watcher)
{
    if (!watcher)
        return;
    pthread_mutex_lock(&watcher->lock);
    watcher->ends = true;
    pthread_mutex_unlock(&watcher->lock);
    wake(watcher);
    pthread_join(watcher->thread, NULL);
    close(watcher->wake[0]);
    close(watcher->wake[1]);
    pthread_mutex_destroy(&watcher->lock);
    free(watcher->watches);
    free(watcher);
}
