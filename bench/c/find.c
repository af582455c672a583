// find: what libbson takes to find one field in documents in memory, for scale.
//
//     find FILE FIELD VALUE ROUNDS     prints ns per document of the best round, and how many have the int32 VALUE
#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: find FILE FIELD VALUE ROUNDS\n");
        return 64;
    }
    FILE *file = fopen(argv[1], "rb");
    if (!file) {
        perror(argv[1]);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size);
    if (!bytes || fread(bytes, 1, size, file) != (size_t)size) return 1;
    fclose(file);
    const int value = atoi(argv[3]);
    double best = 1e18;
    long documents = 0, found = 0;
    for (int round = 0; round < atoi(argv[4]); round++) {
        const double start = now();
        documents = found = 0;
        for (long place = 0; place < size; documents++) {
            int32_t length;
            memcpy(&length, bytes + place, 4);
            bson_t document;
            bson_iter_t iter;
            if (bson_init_static(&document, bytes + place, length) && bson_iter_init_find(&iter, &document, argv[2]) &&
                BSON_ITER_HOLDS_INT32(&iter) && bson_iter_int32(&iter) == value)
                found++;
            place += length;
        }
        const double elapsed = now() - start;
        if (elapsed < best) best = elapsed;
    }
    printf("{\"ns\":%.1f,\"found\":%ld}\n", best / documents, found);
    return 0;
}
