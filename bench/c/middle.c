// What stands around a router when it is measured, and zmq_proxy, the yardstick in its place.
//
//   middle proxy IN OUT                      zmq_proxy with XSUB bound to IN and XPUB bound to OUT, until killed
//   middle send IN RATE SECONDS              two-frame messages of one event of about 200 bytes; RATE 0: as fast as taken
//   middle receive OUT [SLEEP_AFTER]         counts until the message "end"; or sleeps for ever after so many
//
// send and receive print one line of JSON. Times within one machine: the events carry the clock of the sender.
#define _GNU_SOURCE
#include <bson/bson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

// The middle has the queues of Eventstorm; those around it are long, so that what is missing is missing there.
enum { QUEUE = 512, LONG_QUEUE = 100000, ENVELOPE = 32 };

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void check(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "middle: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void *open_socket(void *context, int type, int queue) {
    void *socket = zmq_socket(context, type);
    int linger = 1000;
    check(socket != NULL, "socket");
    zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    return socket;
}

static int run_proxy(const char *in, const char *out) {
    void *context = zmq_ctx_new();
    void *front = open_socket(context, ZMQ_XSUB, QUEUE), *back = open_socket(context, ZMQ_XPUB, QUEUE);
    check(zmq_bind(front, in) == 0, in);
    check(zmq_bind(back, out) == 0, out);
    zmq_proxy(front, back, NULL);
    return 0;
}

// Topic, NUL and stamp: version, flags, count, origin, sequence.
static void stamp(unsigned char *envelope, uint64_t sequence) {
    const uint16_t count = 1;
    memcpy(envelope, "bench.event", 12);
    envelope[12] = 1;
    envelope[13] = 0;
    memcpy(envelope + 14, &count, 2);
    memset(envelope + 16, 7, 8);
    memcpy(envelope + 24, &sequence, 8);
}

static void build(bson_t *event) {
    bson_oid_t id;
    bson_oid_init(&id, NULL);
    bson_init(event);
    BSON_APPEND_INT64(event, "number", 0);  // first, so that its place is known: bytes 12 to 19
    BSON_APPEND_INT64(event, "sent", 0);    // bytes 26 to 33
    BSON_APPEND_OID(event, "_id", &id);
    BSON_APPEND_DATE_TIME(event, "timestamp", 1795000000000);
    BSON_APPEND_UTF8(event, "host", "web-1.example");
    BSON_APPEND_UTF8(event, "method", "GET");
    BSON_APPEND_UTF8(event, "path", "/products/4711/reviews");
    BSON_APPEND_INT32(event, "status", 200);
    BSON_APPEND_INT64(event, "bytes", 5316);
    BSON_APPEND_DOUBLE(event, "duration", 0.0123);
}

static void wait_for_subscriber(void *socket) {
    for (;;) {
        unsigned char text[512];
        const int size = zmq_recv(socket, text, sizeof text, 0);
        check(size >= 0, "subscription");
        if (size > 1 && text[0] == 1 && (memcmp(text + 1, "bench", size - 1 < 5 ? size - 1 : 5) == 0)) return;
    }
}

static int run_send(const char *in, double rate, double seconds) {
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_XPUB, rate == 0 ? QUEUE : LONG_QUEUE);
    int no_drop = rate == 0;
    zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &no_drop, sizeof no_drop);
    check(zmq_connect(socket, in) == 0, in);
    wait_for_subscriber(socket);
    usleep(300000);
    bson_t event;
    build(&event);
    uint8_t *bytes = (uint8_t *)bson_get_data(&event);
    unsigned char envelope[ENVELOPE];
    int64_t sent = 0;
    const int64_t start = now_ns(), end = start + (int64_t)(seconds * 1e9);
    for (int64_t now = start; now < end; now = now_ns()) {
        const int64_t due = rate == 0 ? sent + 64 : (int64_t)((now - start) * rate / 1e9);
        if (sent >= due) {
            struct timespec nap = {0, 50000};
            nanosleep(&nap, NULL);
        }
        for (; sent < due; sent++) {
            const int64_t time = now_ns();
            stamp(envelope, sent);
            memcpy(bytes + 12, &sent, 8);
            memcpy(bytes + 26, &time, 8);
            check(zmq_send(socket, envelope, sizeof envelope, ZMQ_SNDMORE) >= 0, "send");
            check(zmq_send(socket, bytes, event.len, 0) >= 0, "send");
        }
    }
    const double elapsed = (now_ns() - start) / 1e9;
    for (int i = 0; i < 10; i++) {
        usleep(100000);
        const int64_t last = -1;
        stamp(envelope, sent + i);
        memcpy(bytes + 12, &last, 8);
        zmq_send(socket, envelope, sizeof envelope, ZMQ_SNDMORE);
        zmq_send(socket, bytes, event.len, 0);
    }
    printf("{\"events\":%lld,\"seconds\":%.3f,\"bytes\":%u}\n", (long long)sent, elapsed, event.len);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}

static int compare(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int run_receive(const char *out, long sleep_after) {
    void *context = zmq_ctx_new();
    void *socket = open_socket(context, ZMQ_SUB, LONG_QUEUE);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "bench.event", 12);
    check(zmq_connect(socket, out) == 0, out);
    enum { MOST = 1 << 22 };
    int64_t *delays = malloc(MOST * sizeof *delays), events = 0, first = 0, last = 0;
    long kept = 0;
    for (;;) {
        unsigned char envelope[256], bytes[65536];
        check(zmq_recv(socket, envelope, sizeof envelope, 0) >= 0, "envelope");
        const int size = zmq_recv(socket, bytes, sizeof bytes, 0);
        check(size >= 0, "event");
        int64_t number = 0, sent = 0;
        memcpy(&number, bytes + 12, 8);
        memcpy(&sent, bytes + 26, 8);
        if (number < 0) break;
        last = now_ns();
        if (!events++) first = last;
        if (kept < MOST) delays[kept++] = last - sent;
        if (events == sleep_after) pause();
    }
    qsort(delays, kept, sizeof *delays, compare);
    printf("{\"events\":%lld,\"seconds\":%.3f,\"p50\":%.1f,\"p99\":%.1f}\n", (long long)events, (last - first) / 1e9,
           kept ? delays[kept / 2] / 1e3 : 0, kept ? delays[kept * 99 / 100] / 1e3 : 0);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "proxy")) return run_proxy(argv[2], argv[3]);
    if (argc == 5 && !strcmp(argv[1], "send")) return run_send(argv[2], atof(argv[3]), atof(argv[4]));
    if (argc >= 3 && !strcmp(argv[1], "receive")) return run_receive(argv[2], argc > 3 ? atol(argv[3]) : 0);
    fprintf(stderr, "usage: middle proxy IN OUT | send IN RATE SECONDS | receive OUT [SLEEP_AFTER]\n");
    return 64;
}
