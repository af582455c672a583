// What a careful C programmer writes with libzmq and libbson alone: the yardstick of the measurements.
//
//   peer pub single|batch ENDPOINT SECONDS     binds, waits for a subscriber, sends for that long, nothing lost
//   peer pub latency ENDPOINT SECONDS          10,000 events a second, one message each
//   peer sub ENDPOINT [latency]                connects, receives until the message "end"
//
// Each prints one line of JSON: events, seconds, CPU seconds, and for latency p50 and p99 in microseconds.
#define _GNU_SOURCE
#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zmq.h>

enum { BATCH_BYTES = 64 << 10, LATENCY_RATE = 10000, QUEUE = 512 };

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void check(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "peer: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

// The same ten fields as the Swift side writes, with _id and timestamp: about 190 bytes.
static void build(bson_t *event, int64_t number) {
    struct timespec t;
    bson_oid_t id;
    clock_gettime(CLOCK_REALTIME, &t);
    bson_oid_init(&id, NULL);
    BSON_APPEND_OID(event, "_id", &id);
    BSON_APPEND_DATE_TIME(event, "timestamp", t.tv_sec * 1000LL + t.tv_nsec / 1000000);
    BSON_APPEND_UTF8(event, "host", "web-1.example");
    BSON_APPEND_UTF8(event, "service", "checkout");
    BSON_APPEND_UTF8(event, "method", "GET");
    BSON_APPEND_UTF8(event, "path", "/products/4711/reviews");
    BSON_APPEND_INT32(event, "status", 200);
    BSON_APPEND_INT64(event, "bytes", 5316);
    BSON_APPEND_DOUBLE(event, "duration", 0.0123);
    BSON_APPEND_INT64(event, "number", number);
}

static void stamp(unsigned char *envelope, uint16_t count, uint64_t sequence) {
    memcpy(envelope, "bench.event", 12);
    envelope[12] = 1;
    envelope[13] = 0;
    memcpy(envelope + 14, &count, 2);
    memset(envelope + 16, 7, 8);
    memcpy(envelope + 24, &sequence, 8);
}

static void send_two(void *socket, const void *envelope, size_t n, const void *payload, size_t m) {
    check(zmq_send(socket, envelope, n, ZMQ_SNDMORE) >= 0, "zmq_send");
    check(zmq_send(socket, payload, m, 0) >= 0, "zmq_send");
}

static void publish(void *socket, const char *mode, double seconds) {
    unsigned char envelope[32], *batch = malloc(BATCH_BYTES);
    char subscription[64];
    check(zmq_recv(socket, subscription, sizeof subscription, 0) > 0, "zmq_recv");  // somebody subscribed
    const int batched = strcmp(mode, "batch") == 0, paced = strcmp(mode, "latency") == 0;
    const double start = now(CLOCK_MONOTONIC);
    uint64_t sent = 0;
    size_t used = 0;
    uint16_t count = 0;
    for (;;) {
        if (sent % 64 == 0 && now(CLOCK_MONOTONIC) - start >= seconds) break;
        if (paced) {
            struct timespec pause = {0, 0};
            while ((int64_t)(pause.tv_nsec = (long)((start + (double)sent / LATENCY_RATE - now(CLOCK_MONOTONIC)) * 1e9)) > 0)
                nanosleep(&pause, NULL);
        }
        bson_t event;
        bson_init(&event);
        build(&event, paced ? now_ns() : (int64_t)sent);
        if (!batched) {
            stamp(envelope, 1, sent++);
            send_two(socket, envelope, sizeof envelope, bson_get_data(&event), event.len);
        } else {
            if (used + event.len > BATCH_BYTES) {
                stamp(envelope, count, sent - count);
                send_two(socket, envelope, sizeof envelope, batch, used);
                used = count = 0;
            }
            memcpy(batch + used, bson_get_data(&event), event.len);
            used += event.len;
            count++;
            sent++;
        }
        bson_destroy(&event);
    }
    if (count > 0) {
        stamp(envelope, count, sent - count);
        send_two(socket, envelope, sizeof envelope, batch, used);
    }
    const double elapsed = now(CLOCK_MONOTONIC) - start;
    send_two(socket, "end", 3, "", 0);
    printf("{\"events\":%llu,\"seconds\":%.3f,\"cpu\":%.3f}\n", (unsigned long long)sent, elapsed, cpu());
    free(batch);
}

static int by_value(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void subscribe(void *socket, int latency) {
    uint64_t received = 0;
    double start = 0, elapsed = 0;
    int64_t *delays = latency ? malloc(sizeof *delays * 10000000) : NULL;
    zmq_msg_t envelope, payload;
    zmq_msg_init(&envelope);
    zmq_msg_init(&payload);
    for (;;) {
        check(zmq_msg_recv(&envelope, socket, 0) >= 0, "zmq_msg_recv");
        check(zmq_msg_recv(&payload, socket, 0) >= 0, "zmq_msg_recv");
        if (start == 0) start = now(CLOCK_MONOTONIC);
        if (zmq_msg_size(&envelope) == 3) break;
        const uint8_t *bytes = zmq_msg_data(&payload);
        size_t left = zmq_msg_size(&payload);
        while (left >= 5) {
            int32_t length;
            memcpy(&length, bytes, 4);
            if (length < 5 || (size_t)length > left) break;
            bson_t event;
            if (!bson_init_static(&event, bytes, length) || !bson_validate(&event, BSON_VALIDATE_UTF8, NULL)) break;
            if (latency) {
                bson_iter_t field;
                if (bson_iter_init_find(&field, &event, "number")) delays[received] = now_ns() - bson_iter_int64(&field);
            }
            received++;
            bytes += length;
            left -= length;
        }
    }
    elapsed = now(CLOCK_MONOTONIC) - start;
    printf("{\"events\":%llu,\"seconds\":%.3f,\"cpu\":%.3f", (unsigned long long)received, elapsed, cpu());
    if (latency && received > 0) {
        qsort(delays, received, sizeof *delays, by_value);
        printf(",\"p50_us\":%.1f,\"p99_us\":%.1f", delays[received / 2] / 1e3, delays[received * 99 / 100] / 1e3);
    }
    printf("}\n");
}

/// What libbson alone takes for an event: median of blocks of 64.
static void encode(double seconds) {
    enum { BLOCK = 64, MOST = 1 << 20 };
    int64_t *costs = malloc(MOST * sizeof *costs);
    check(costs != NULL, "malloc");
    const int64_t end = now_ns() + (int64_t)(seconds * 1e9);
    size_t count = 0;
    for (int64_t number = 0, start; (start = now_ns()) < end && count < MOST; count++) {
        for (int i = 0; i < BLOCK; i++, number++) {
            bson_t event;
            bson_init(&event);
            build(&event, number);
            bson_destroy(&event);
        }
        costs[count] = now_ns() - start;
    }
    qsort(costs, count, sizeof *costs, by_value);
    printf("{\"p50_ns\":%.1f,\"events\":%zu}\n", (double)costs[count / 2] / BLOCK, count * BLOCK);
    free(costs);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "encode") == 0) {
        encode(atof(argv[2]));
        return 0;
    }
    const int is_pub = argc == 5 && strcmp(argv[1], "pub") == 0;
    if (!is_pub && !(argc >= 3 && strcmp(argv[1], "sub") == 0)) {
        fprintf(stderr, "usage: peer pub single|batch|latency ENDPOINT SECONDS | peer sub ENDPOINT [latency] | peer encode SECONDS\n");
        return 64;
    }
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, is_pub ? ZMQ_XPUB : ZMQ_SUB);
    const int one = 1, queue = strcmp(argv[2], "batch") == 0 || !is_pub ? QUEUE : 64 * QUEUE, linger = is_pub ? -1 : 0;
    zmq_setsockopt(socket, is_pub ? ZMQ_SNDHWM : ZMQ_RCVHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (is_pub) {
        zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &one, sizeof one);  // wait instead of losing
        check(zmq_bind(socket, argv[3]) == 0, argv[3]);
        publish(socket, argv[2], atof(argv[4]));
    } else {
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
        check(zmq_connect(socket, argv[2]) == 0, argv[2]);
        subscribe(socket, argc > 3);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
