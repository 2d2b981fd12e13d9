/* SPDX-License-Identifier: MIT */
/*
 * thread/os_posix.c - POSIX and C11 alone: no fences of all threads, sleep on conditions, events that are pipes. See
 * os.h.
 *
 * A bucket is a lock and a condition. There are a few buckets, and the address of a word says on which of them threads
 * sleep for that word. A sleeper checks its word under the bucket's lock, and a waker, who has changed the word before,
 * takes the same lock: so either the sleeper sees the change, or the waker finds it asleep. Threads that sleep on the
 * same bucket for another word wake too early, which every caller allows.
 */
#include "thread/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

bool stet_fences_exist_(void) { return false; }
bool stet_fences_register_(void) { return false; }
bool stet_fence_all_(void) { return false; }

/* ---- sleep ---- */

#define BUCKETS 16

static struct bucket {
    pthread_mutex_t lock;
    pthread_cond_t woken;
} buckets[BUCKETS];
static pthread_once_t buckets_once = PTHREAD_ONCE_INIT;

/* Makes the condition of a bucket. It has no sleepers, and its times are those of the monotonic clock. */
static void bucket_make_condition(struct bucket *b)
{
#ifdef __APPLE__
    (void)pthread_cond_init(&b->woken, NULL); /* bucket_sleep() uses relative times there */
#else
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&b->woken, &attributes);
    (void)pthread_condattr_destroy(&attributes);
#endif
}

static void buckets_make(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        (void)pthread_mutex_init(&buckets[i].lock, NULL);
        bucket_make_condition(&buckets[i]);
    }
}

static struct bucket *bucket_of(const uint32_t *word)
{
    (void)pthread_once(&buckets_once, buckets_make);
    return &buckets[(uintptr_t)word / 64 % BUCKETS];
}

/*
 * Sleeps on a bucket whose lock the caller holds. `end` is the time by stet_time_() at which the sleep ends, or on
 * macOS how long the sleep lasts; 0: without end.
 */
static void bucket_sleep(struct bucket *b, uint64_t end)
{
    struct timespec time = {.tv_sec = (time_t)(end / 1000000000), .tv_nsec = (long)(end % 1000000000)};
    if (end == 0)
        (void)pthread_cond_wait(&b->woken, &b->lock);
    else
#ifdef __APPLE__
        (void)pthread_cond_timedwait_relative_np(&b->woken, &b->lock, &time);
#else
        (void)pthread_cond_timedwait(&b->woken, &b->lock, &time);
#endif
}

/* A sleep that may be cancelled. */
struct sleep {
    struct bucket *bucket;
    void (*cancelled)(void *);
    void *context;
};

static void sleep_cancelled(void *context)
{
    const struct sleep *s = context;
    (void)pthread_mutex_unlock(&s->bucket->lock);
    if (s->cancelled != NULL)
        s->cancelled(s->context);
}

void stet_os_sleep_until_cancelled_(uint32_t *word, uint32_t value, uint64_t longest, void (*cancelled)(void *),
                                    void *context)
{
    struct sleep s = {bucket_of(word), cancelled, context};
    uint64_t start = 0;
#ifndef __APPLE__
    start = longest != 0 ? stet_time_() : 0;
#endif
    (void)pthread_mutex_lock(&s.bucket->lock);
    pthread_cleanup_push(sleep_cancelled, &s);
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value)
        bucket_sleep(s.bucket, start + longest);
    pthread_cleanup_pop(0);
    (void)pthread_mutex_unlock(&s.bucket->lock);
}

void stet_os_sleep_(uint32_t *word, uint32_t value, uint64_t longest)
{
    int cancel = os_cancel_off();
    stet_os_sleep_until_cancelled_(word, value, longest, NULL, NULL);
    os_cancel_restore(cancel);
}

/*
 * Several words share a bucket's condition. If one sleeper alone were woken, it might be one that sleeps on another
 * word; so all are woken.
 */
void stet_os_wake_(uint32_t *word, bool all)
{
    struct bucket *b = bucket_of(word);
    (void)all;
    (void)pthread_mutex_lock(&b->lock);
    (void)pthread_cond_broadcast(&b->woken);
    (void)pthread_mutex_unlock(&b->lock);
}

/* ---- forks: no thread has the lock of a bucket when the process is copied ---- */

static void buckets_lock(void)
{
    (void)pthread_once(&buckets_once, buckets_make);
    for (unsigned i = 0; i < BUCKETS; i++)
        (void)pthread_mutex_lock(&buckets[i].lock);
}

static void buckets_unlock(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        (void)pthread_mutex_unlock(&buckets[i].lock);
}

/* The threads that slept are not in the child, so the conditions are made anew. */
static void buckets_in_child(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        bucket_make_condition(&buckets[i]);
    buckets_unlock();
}

/*
 * What is registered first is called last before a fork, and first after it. So no bucket is locked when the functions
 * given here run, and they may wake threads.
 */
bool stet_os_at_fork_(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    static bool has_buckets;
    if (!has_buckets)
        has_buckets = pthread_atfork(buckets_lock, buckets_unlock, buckets_in_child) == 0;
    return has_buckets && pthread_atfork(before, in_parent, in_child) == 0;
}

/* ---- the rest ---- */

/* The thread that is in the child after a fork keeps the number that it had in the parent. */
int32_t stet_os_thread_(void)
{
    static int32_t last;
    static _Thread_local int32_t mine;
    if (mine == 0)
        mine = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return mine;
}

bool stet_os_random_(void *bytes, size_t n)
{
    int before = errno;
    bool got = getentropy(bytes, n) == 0;
    errno = before;
    return got;
}

bool stet_os_pages_huge_(void *pages, size_t size, bool huge)
{
    (void)pages, (void)size, (void)huge;
    return false;
}

void stet_os_pages_unused_(void *pages, size_t size) { (void)posix_madvise(pages, size, POSIX_MADV_DONTNEED); }

/* Makes a pipe whose ends do not block, and are closed by exec. False: an error; both ends are closed then. */
static bool pipe_make(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    bool made = true;
    for (unsigned i = 0; i < 2; i++)
        made = made && fcntl(ends[i], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[i], F_SETFL, O_NONBLOCK) == 0;
    if (!made)
        stet_os_event_close_(ends[0], ends[1]);
    return made;
}

int stet_os_event_(int *raiser)
{
    int ends[2];
    bool made = pipe_make(ends);
    *raiser = made ? ends[1] : -1;
    return made ? ends[0] : -1;
}

bool stet_os_event_raise_(int raiser)
{
    int before = errno;
    bool raised = write(raiser, "", 1) == 1 || errno == EAGAIN; /* EAGAIN: the pipe is full, so it is readable */
    errno = before;
    return raised;
}

void stet_os_event_clear_(int fd)
{
    char some[16];
    int before = errno;
    while (read(fd, some, sizeof some) > 0)
        ;
    errno = before;
}

void stet_os_event_close_(int fd, int raiser)
{
    int before = errno;
    (void)close(fd); /* the descriptors are closed even if this reports an error */
    (void)close(raiser);
    errno = before;
}

int stet_os_event_renew_(int fd, int *raiser, bool raised)
{
    int before = errno;
    stet_os_event_close_(fd, *raiser); /* this comes first, because all other descriptor numbers may be in use */
    int renewed = stet_os_event_(raiser);
    if (renewed >= 0 && *raiser == fd)
        *raiser = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (renewed >= 0 && renewed != fd && dup2(renewed, fd) == fd) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)close(renewed);
        renewed = fd;
    }
    if (renewed >= 0 && raised)
        (void)stet_os_event_raise_(*raiser);
    errno = before;
    return renewed;
}
