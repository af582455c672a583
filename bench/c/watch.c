/* Clients of the live view, as many as wanted: each sends the same messages and reads all that comes.
 *
 *     watch PORT CLIENTS WARM SECONDS FILE
 *
 * FILE holds a message in each line. After WARM seconds bytes are counted for SECONDS; the first client times the marks
 * that eventstorm-bench hits sends: the watch "mark" must ask for [{"max": "n"}, {"min": "start"}].
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_MARKS 1000000

static double *latencies;
static size_t latency_count;
static long seen_mark = -1;

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(int fd, const void *bytes, size_t size)
{
    const char *place = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, place, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            die("send");
        place += sent;
        size -= (size_t)sent;
    }
}

static void send_text(int fd, const char *text, size_t size)
{
    unsigned char head[8] = {0x81};
    size_t length = 2;
    if (size < 126) {
        head[1] = 0x80 | (unsigned char)size;
    } else {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(size >> 8);
        head[3] = (unsigned char)size;
        length = 4;
    }
    /* A mask of zeros changes nothing. */
    send_all(fd, head, length);
    send_all(fd, "\0\0\0\0", 4);
    send_all(fd, text, size);
}

static int dial(int port)
{
    char request[512], byte, last[4] = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    int size = snprintf(request, sizeof request,
        "GET /live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        port, port);
    send_all(fd, request, (size_t)size);
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        if (recv(fd, &byte, 1, 0) != 1)
            die("upgrade");
        memmove(last, last + 1, 3);
        last[3] = byte;
    }
    return fd;
}

/* Rows of marks are [0,n,start]: every mark up to n is in a frame by now. */
static void time_marks(const char *text)
{
    static const char wanted[] = "\"rows\":[[0,";
    double now = now_ms();
    for (const char *row = strstr(text, wanted); row != NULL; row = strstr(row + 1, wanted)) {
        long number;
        double start;
        if (sscanf(row + sizeof wanted - 1, "%ld,%lf", &number, &start) != 2)
            continue;
        while (seen_mark < number && latency_count < MOST_MARKS) {
            seen_mark++;
            latencies[latency_count++] = now - (start + seen_mark * 10.0);
        }
    }
}

/* The first client's bytes, of which frames are made. */
static void read_frames(const unsigned char *bytes, size_t size)
{
    static unsigned char *buffer;
    static size_t filled, room;
    if (filled + size + 1 > room) {
        room = (filled + size + 1) * 2;
        buffer = realloc(buffer, room);
        if (buffer == NULL)
            die("realloc");
    }
    memcpy(buffer + filled, bytes, size);
    filled += size;
    size_t place = 0;
    while (filled - place >= 2) {
        const unsigned char *frame = buffer + place;
        size_t length = frame[1] & 0x7f, head = 2;
        if (length == 126)
            head = 4;
        else if (length == 127)
            head = 10;
        if (filled - place < head)
            break;
        if (head > 2) {
            length = 0;
            for (size_t i = 2; i < head; i++)
                length = length << 8 | frame[i];
        }
        if (filled - place < head + length)
            break;
        unsigned char after = frame[head + length];
        buffer[place + head + length] = 0;
        if (memmem(frame + head, length < 64 ? length : 64, "\"id\":\"mark\"", 11) != NULL)
            time_marks((const char *)frame + head);
        buffer[place + head + length] = after;
        place += head + length;
    }
    memmove(buffer, buffer + place, filled - place);
    filled -= place;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: watch PORT CLIENTS WARM SECONDS FILE\n");
        return 64;
    }
    int port = atoi(argv[1]), clients = atoi(argv[2]);
    double warm = atof(argv[3]) * 1e3, seconds = atof(argv[4]) * 1e3;
    struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &limit);
    struct pollfd *polled = calloc((size_t)clients, sizeof *polled);
    unsigned char *piece = malloc(1 << 20);
    latencies = malloc(MOST_MARKS * sizeof *latencies);
    if (polled == NULL || piece == NULL || latencies == NULL)
        die("malloc");
    for (int i = 0; i < clients; i++) {
        char *line = NULL;
        size_t room = 0;
        ssize_t size;
        FILE *file = fopen(argv[5], "r");
        if (file == NULL)
            die(argv[5]);
        polled[i] = (struct pollfd){.fd = dial(port), .events = POLLIN};
        while ((size = getline(&line, &room, file)) > 1)
            send_text(polled[i].fd, line, (size_t)size - 1);
        free(line);
        fclose(file);
    }
    double begin = now_ms(), counted_since = 0, end = begin + warm + seconds;
    unsigned long long bytes = 0;
    int closed = 0;
    while (now_ms() < end) {
        if (counted_since == 0 && now_ms() >= begin + warm) {
            counted_since = now_ms();
            bytes = 0;
            latency_count = 0;
        }
        if (poll(polled, (nfds_t)clients, 100) <= 0)
            continue;
        for (int i = 0; i < clients; i++) {
            if (polled[i].revents == 0)
                continue;
            ssize_t count = recv(polled[i].fd, piece, 1 << 20, 0);
            if (count <= 0) {
                close(polled[i].fd);
                polled[i].fd = -1;
                closed++;
                continue;
            }
            bytes += (unsigned long long)count;
            if (i == 0)
                read_frames(piece, (size_t)count);
        }
    }
    double elapsed = (now_ms() - counted_since) / 1e3;
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("{\"clients\": %d, \"closed\": %d, \"bytes_per_client\": %.0f, \"marks\": %zu", clients, closed,
        (double)bytes / elapsed / clients, latency_count);
    if (latency_count > 0)
        printf(", \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f", latencies[latency_count / 2],
            latencies[latency_count * 99 / 100], latencies[latency_count - 1]);
    printf("}\n");
    return 0;
}
