/*  Calls every function of eventstorm.h, rightly and wrongly, and checks what comes of it; as C and as C++.  */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  /* chroot; C++ has it */
#endif
#include <eventstorm.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                                \
    do {                                                                                                \
        if (!(condition)) {                                                                             \
            fprintf (stderr, "%s:%d: %s; es_error: %s\n", __FILE__, __LINE__, #condition, es_error ()); \
            exit (1);                                                                                   \
        }                                                                                               \
    } while (0)

#define THREADS 8U
#define EVENTS 10000U

typedef struct {
    uint64_t events;
    bool has_ended;
} seen_t;

static void count (const char *topic, const void *bson, size_t size, void *context)
{
    seen_t *seen = (seen_t *) context;
    (void) bson;
    CHECK (strncmp (topic, "load.", 5) == 0 && size > 30);
    if (strcmp (topic, "load.end") == 0) __atomic_store_n (&seen->has_ended, true, __ATOMIC_RELEASE);
    __atomic_add_fetch (&seen->events, 1, __ATOMIC_RELAXED);
}

static void *emit (void *argument)
{
    es_topic_t *topic = (es_topic_t *) argument;
    es_event_t *event = es_event_new ();
    for (unsigned number = 0; number < EVENTS; number++) {
        es_event_int64 (event, "number", number);
        es_event_string (event, "text", "from a thread");
        CHECK (es_emit (topic, event) == 0);
    }
    es_event_destroy (&event);
    return NULL;
}

static void check_events (void)
{
    es_event_t *event = es_event_new ();
    CHECK (event);
    es_event_null (event, "null");
    es_event_bool (event, "bool", true);
    es_event_int32 (event, "int32", -1);
    es_event_int64 (event, "int64", INT64_MIN);
    es_event_double (event, "double", 0.5);
    es_event_string (event, "string", "Grüße");
    es_event_string (event, "nothing", NULL);
    es_event_text (event, "text", "ab\0c", 4);
    es_event_binary (event, "binary", "\xff\0", 2);
    es_event_time (event, "time", 1795220593395);
    es_event_oid (event, "oid", (const uint8_t *) "123456789012");
    es_event_array (event, "array");
    for (int number = 0; number < 12; number++) es_event_int32 (event, NULL, number);
    es_event_document (event, NULL);
    es_event_string (event, "inner", "x");
    es_event_end (event);
    es_event_end (event);
    size_t size = 0;
    const void *bson = es_event_bson (event, &size);
    CHECK (bson && size > 5);
    fwrite (bson, 1, size, stdout);
    /*  It can go on after it was looked at.  */
    es_event_bool (event, "more", false);
    CHECK (es_event_bson (event, &size));
    es_event_clear (event);
    CHECK (es_event_bson (event, &size) && size == 5);

    es_event_string (event, "a", "\xff");
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "not UTF-8"));
    es_event_clear (event);
    es_event_int32 (event, NULL, 1);
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "no name"));
    es_event_clear (event);
    es_event_document (event, "open");
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "not ended"));
    es_event_clear (event);
    es_event_end (event);
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "es_event_end"));
    es_event_clear (event);
    for (int depth = 0; depth < 150; depth++) es_event_array (event, "deep");
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "deeper"));
    es_event_clear (event);
    char *large = (char *) malloc (9 << 20);
    memset (large, 'x', 9 << 20);
    es_event_text (event, "large", large, 9 << 20);
    CHECK (!es_event_bson (event, &size) && strstr (es_error (), "too large"));
    free (large);
    es_event_destroy (&event);
    CHECK (!event);
    es_event_destroy (&event);
    es_event_int32 (NULL, "a", 1);
    es_event_end (NULL);
    CHECK (!es_event_bson (NULL, &size));
}

static void check_wrong (void)
{
    CHECK (!es_source_open (NULL, "tcp://127.0.0.1:*") && strstr (es_error (), "NULL"));
    CHECK (!es_source_open ("\xff", "tcp://127.0.0.1:*") && strstr (es_error (), "UTF-8"));
    CHECK (!es_source_open ("shop", "127.0.0.1") && strstr (es_error (), "tcp://"));
    CHECK (!es_source_open ("shop", "") && strlen (es_error ()) > 0);
    CHECK (!es_source_open ("shop", "bind:tcp://192.0.2.1:1") && strlen (es_error ()) > 0);
    CHECK (!es_topic_open (NULL, "a") && !es_topic_wanted (NULL));
    CHECK (es_emit (NULL, NULL) == -1 && es_emit_bson (NULL, NULL, 0) == -1);
    CHECK (!es_subscriber_open ("s", "tcp://127.0.0.1:1", "a..b", NULL, NULL) && strstr (es_error (), "a..b"));
    CHECK (es_subscriber_receive (NULL, 0, count, NULL) == -1 && es_subscriber_fd (NULL) == -1);
    es_source_t *none = NULL;
    CHECK (es_source_close (&none) == 0 && es_source_close (NULL) == 0);
}

static void check_fork (es_source_t *source, es_topic_t *topic, es_subscriber_t *subscriber)
{
    fflush (stdout);
    pid_t child = fork ();
    if (child == 0) {
        es_event_t *event = es_event_new ();
        const char *reason = "opened before fork; open it again";
        CHECK (es_emit (topic, event) == -1 && strcmp (es_error (), reason) == 0);
        CHECK (!es_topic_wanted (topic) && !es_topic_open (source, "other"));
        es_counts_t counts;
        CHECK (es_source_counts (source, &counts) == -1 && strcmp (es_error (), reason) == 0);
        CHECK (es_subscriber_receive (subscriber, 0, count, NULL) == -1 && strcmp (es_error (), reason) == 0);
        CHECK (es_source_close (&source) == 0 && !source);
        CHECK (es_subscriber_close (&subscriber) == 0);
        /*  Its own works.  */
        source = es_source_open ("child", "bind:tcp://127.0.0.1:*");
        CHECK (source && es_topic_open (source, "own") && es_source_close (&source) == 0);
        /*  Not by exit: what a checker of memory thinks of a child's inheritance is no matter of this test.  */
        execl ("/bin/true", "true", (char *) NULL);
        _exit (1);
    }
    int status = -1;
    CHECK (child > 0 && waitpid (child, &status, 0) == child && status == 0);
}

/*  In a server that has shut itself in, without a device, and in one that has no descriptor left.  */
static void check_shut_in (void)
{
    pid_t child = fork ();
    if (child == 0) {
        if (geteuid () == 0) CHECK (chroot ("/usr") == 0 && chdir ("/") == 0);
        es_source_t *source = es_source_open ("child", "bind:tcp://127.0.0.1:*");
        CHECK (source && es_source_close (&source) == 0);
        struct rlimit limit = {8, 8};
        CHECK (setrlimit (RLIMIT_NOFILE, &limit) == 0);
        CHECK (!es_source_open ("child", "bind:tcp://127.0.0.1:*"));
        CHECK (strcmp (es_error (), "no file descriptors: Too many open files") == 0);
        /*  Not by exit: what a checker of memory thinks of a child's inheritance is no matter of this test.  */
        raise (SIGKILL);
    }
    int status = -1;
    CHECK (child > 0 && waitpid (child, &status, 0) == child && WIFSIGNALED (status));
}

int main (void)
{
    check_events ();
    check_wrong ();
    es_source_t *source = es_source_open ("test", "bind:tcp://127.0.0.1:*");
    CHECK (source);
    const char *bound = es_source_bound (source, 0);
    CHECK (bound && !es_source_bound (source, 1));
    es_topic_t *topic = es_topic_open (source, "load.threads");
    CHECK (topic && topic == es_topic_open (source, "load.threads"));
    CHECK (!es_topic_open (source, "a b") && strstr (es_error (), "a b"));
    es_event_t *event = es_event_new ();
    es_event_int32 (event, "unwanted", 1);
    CHECK (es_emit (topic, event) == 0);
    es_topic_unwanted (topic);
    es_counts_t counts;
    CHECK (es_topic_counts (topic, &counts) == 0 && counts.unwanted == 2 && counts.emitted == 2);

    char endpoint[256];
    snprintf (endpoint, sizeof endpoint, "connect:%s", bound);
    seen_t called = {0, false}, taken = {0, false};
    es_subscriber_t *calling = es_subscriber_open ("calling", endpoint, "load.*", count, &called);
    es_subscriber_t *waiting = es_subscriber_open ("waiting", endpoint, "load.threads, load.end", NULL, NULL);
    CHECK (calling && waiting && es_subscriber_fd (calling) == -1 && es_subscriber_fd (waiting) >= 0);
    while (!es_topic_wanted (topic)) poll (NULL, 0, 1);
    /*  Both are there when both have got one.  */
    uint64_t probes = 0;
    while (taken.events == 0 || __atomic_load_n (&called.events, __ATOMIC_RELAXED) == 0) {
        es_event_int32 (event, "probe", 1);
        CHECK (es_emit (topic, event) == 0);
        probes++;
        struct pollfd item = {es_subscriber_fd (waiting), POLLIN, 0};
        if (poll (&item, 1, 10) > 0) CHECK (es_subscriber_receive (waiting, 0, count, &taken) > 0);
    }
    CHECK (es_source_wait (source, 1000) == 0);

    pthread_t threads[THREADS];
    for (unsigned number = 0; number < THREADS; number++) pthread_create (&threads[number], NULL, emit, topic);
    for (unsigned number = 0; number < THREADS; number++) pthread_join (threads[number], NULL);
    CHECK (es_source_flush (source, 5000) == 0);
    CHECK (es_topic_counts (topic, &counts) == 0);
    CHECK (counts.emitted == probes + 2 + THREADS * EVENTS && counts.sent + counts.refused + 2 == counts.emitted);
    es_topic_t *end = es_topic_open (source, "load.end");
    while (!es_topic_wanted (end)) poll (NULL, 0, 1);
    CHECK (es_emit (end, event) == 0);
    es_received_t received;
    do {
        CHECK (es_subscriber_receive (waiting, 100, count, &taken) >= 0);
        CHECK (es_subscriber_counts (waiting, &received) == 0 && received.malformed == 0 && received.dropped == 0);
    } while (!taken.has_ended || taken.events != received.received);
    CHECK (received.received + received.lost > THREADS * EVENTS);
    while (!__atomic_load_n (&called.has_ended, __ATOMIC_ACQUIRE)) poll (NULL, 0, 1);

    check_fork (source, topic, waiting);
    check_shut_in ();
    es_event_destroy (&event);
    CHECK (es_subscriber_close (&calling) == 0 && es_subscriber_close (&waiting) == 0 && !waiting);
    CHECK (es_source_close (&source) == 0 && !source);
    CHECK (es_version ()[0] >= '0');
    return 0;
}
