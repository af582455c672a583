/* What an event costs a program in C: six fields by libeventstorm, and the same by libbson and zmq_send.
 *
 *     embed EVENTS
 *
 * Prints nanoseconds per event as JSON: unwanted, wanted by a subscriber of this program that reads, and libbson's.
 */
#include <bson/bson.h>
#include <eventstorm.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, es_error());
    exit(1);
}

static void ignore(const char *topic, const void *event, size_t size, void *context)
{
    (void)topic, (void)event, (void)size, (void)context;
}

static double emit(es_topic_t *topic, es_event_t *event, long events)
{
    double start = now_ns();
    for (long i = 0; i < events; i++) {
        es_event_string(event, "method", "GET");
        es_event_string(event, "path", "/api/v1/orders");
        es_event_int32(event, "status", 200);
        es_event_int64(event, "bytes", i);
        es_event_double(event, "request_time", 0.25);
        es_event_string(event, "client", "192.0.2.7");
        if (es_emit(topic, event) != 0)
            die("es_emit");
    }
    return (now_ns() - start) / events;
}

/* As good as a program can: one buffer for all events, no copy but libzmq's. */
static double send_each(void *publisher, long events)
{
    bson_t event;
    bson_init(&event);
    double start = now_ns();
    for (long i = 0; i < events; i++) {
        bson_oid_t id;
        struct timespec time;
        bson_reinit(&event);
        bson_oid_init(&id, NULL);
        clock_gettime(CLOCK_REALTIME, &time);
        BSON_APPEND_OID(&event, "_id", &id);
        BSON_APPEND_DATE_TIME(&event, "timestamp", time.tv_sec * 1000LL + time.tv_nsec / 1000000);
        BSON_APPEND_UTF8(&event, "method", "GET");
        BSON_APPEND_UTF8(&event, "path", "/api/v1/orders");
        BSON_APPEND_INT32(&event, "status", 200);
        BSON_APPEND_INT64(&event, "bytes", i);
        BSON_APPEND_DOUBLE(&event, "request_time", 0.25);
        BSON_APPEND_UTF8(&event, "client", "192.0.2.7");
        zmq_send(publisher, "bench.event", 11, ZMQ_SNDMORE);
        zmq_send(publisher, bson_get_data(&event), event.len, 0);
    }
    double cost = (now_ns() - start) / events;
    bson_destroy(&event);
    return cost;
}

int main(int argc, char **argv)
{
    long events = argc == 2 ? atol(argv[1]) : 0;
    if (events < 1) {
        fprintf(stderr, "usage: embed EVENTS\n");
        return 64;
    }
    es_source_t *source = es_source_open("bench", "bind:tcp://127.0.0.1:*");
    es_topic_t *topic = source ? es_topic_open(source, "bench.event") : NULL;
    es_event_t *event = es_event_new();
    if (!topic || !event)
        die("es_source_open");
    double unwanted = emit(topic, event, events);
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "connect:%s", es_source_bound(source, 0));
    es_subscriber_t *subscriber = es_subscriber_open("bench", endpoint, "bench.*", ignore, NULL);
    if (!subscriber)
        die("es_subscriber_open");
    while (!es_topic_wanted(topic))
        poll(NULL, 0, 1);
    double wanted = emit(topic, event, events);
    es_source_flush(source, 5000);
    es_counts_t counts;
    es_topic_counts(topic, &counts);
    es_subscriber_close(&subscriber);
    es_event_destroy(&event);
    es_source_close(&source);

    /* The same way: a socket that binds, and one that subscribes, which libzmq's thread reads for. */
    void *context = zmq_ctx_new(), *publisher = zmq_socket(context, ZMQ_PUB), *reader = zmq_socket(context, ZMQ_XSUB);
    char bound[256];
    size_t size = sizeof bound;
    int none = 0;
    zmq_setsockopt(publisher, ZMQ_LINGER, &none, sizeof none);
    zmq_bind(publisher, "tcp://127.0.0.1:*");
    zmq_getsockopt(publisher, ZMQ_LAST_ENDPOINT, bound, &size);
    zmq_connect(reader, bound);
    zmq_send(reader, "\1", 1, 0);
    /* Events arrive from when the subscription is there. */
    char piece[256];
    while (zmq_recv(reader, piece, sizeof piece, ZMQ_DONTWAIT) < 0) {
        zmq_send(publisher, "probe", 5, 0);
        poll(NULL, 0, 1);
    }
    double each = send_each(publisher, events);
    zmq_close(publisher);
    zmq_close(reader);
    zmq_ctx_term(context);
    printf("{\"unwanted_ns\": %.1f, \"wanted_ns\": %.1f, \"refused\": %llu, \"libbson_ns\": %.1f}\n", unwanted, wanted,
           (unsigned long long)counts.refused, each);
    return 0;
}
