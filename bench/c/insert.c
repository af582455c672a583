// What a careful C programmer writes with libmongoc alone: the yardstick of the MongoDB sink.
//
//   insert URI DATABASE COLLECTION COUNT plain|series    inserts documents by mongoc_collection_insert_many, 1,000 a time
//
// Prints one line of JSON: documents, seconds, CPU seconds, and how many of those went into building the documents.
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 1000 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// The ten fields of eventstorm-bench: about 190 bytes.
static void fill(bson_t *document, int64_t number) {
    bson_oid_t id;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    bson_oid_init(&id, NULL);
    bson_append_oid(document, "_id", 3, &id);
    bson_append_date_time(document, "timestamp", 9, t.tv_sec * 1000LL + t.tv_nsec / 1000000);
    bson_append_utf8(document, "host", 4, "web-1.example", 13);
    bson_append_utf8(document, "service", 7, "checkout", 8);
    bson_append_utf8(document, "method", 6, "GET", 3);
    bson_append_utf8(document, "path", 4, "/products/4711/reviews", 22);
    bson_append_int32(document, "status", 6, 200);
    bson_append_int64(document, "bytes", 5, 5316);
    bson_append_double(document, "duration", 8, 0.0123);
    bson_append_int64(document, "number", 6, number);
}

static mongoc_collection_t *create(mongoc_client_t *client, char **arguments, int is_series) {
    mongoc_database_t *database = mongoc_client_get_database(client, arguments[2]);
    bson_error_t error;
    if (is_series) {
        bson_t *options = BCON_NEW("timeseries", "{", "timeField", BCON_UTF8("timestamp"), "metaField",
                                   BCON_UTF8("host"), "}");
        if (!mongoc_database_create_collection(database, arguments[3], options, &error)) {
            fprintf(stderr, "create: %s\n", error.message);
            exit(1);
        }
        bson_destroy(options);
    }
    mongoc_database_destroy(database);
    return mongoc_client_get_collection(client, arguments[2], arguments[3]);
}

int main(int count, char **arguments) {
    if (count != 6) {
        fprintf(stderr, "usage: insert URI DATABASE COLLECTION COUNT plain|series\n");
        return 64;
    }
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(arguments[1]);
    if (!client) return 64;
    const int total = atoi(arguments[4]);
    mongoc_collection_t *collection = create(client, arguments, strcmp(arguments[5], "series") == 0);
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false));
    bson_t *documents[BATCH];
    bson_error_t error;
    double building = 0;
    const double start = now(), start_cpu = cpu();
    for (int sent = 0; sent < total; sent += BATCH) {
        const double before = cpu();
        for (int i = 0; i < BATCH; i++) {
            documents[i] = bson_new();
            fill(documents[i], sent + i);
        }
        building += cpu() - before;
        if (!mongoc_collection_insert_many(collection, (const bson_t **)documents, BATCH, options, NULL, &error)) {
            fprintf(stderr, "insert: %s\n", error.message);
            return 1;
        }
        for (int i = 0; i < BATCH; i++) bson_destroy(documents[i]);
    }
    printf("{\"documents\": %d, \"seconds\": %.4f, \"cpu\": %.4f, \"building\": %.4f}\n", total, now() - start,
           cpu() - start_cpu, building);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    mongoc_cleanup();
    return 0;
}
