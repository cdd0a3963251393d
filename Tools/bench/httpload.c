/* Calls an HTTP server over many connections at once and tells how long it takes.
 *
 *   httpload PORT PATH CALLERS SECONDS BODYFILE [HEADER...]
 *
 * Each caller sends BODYFILE by POST, reads the whole answer, and sends again. Prints one line of
 * JSON: calls, errors, calls a second, and percentiles in microseconds of the time to the first
 * byte of the body (a stream's headers cost a gateway nothing, so they are not it) and to its end.
 * One thread, epoll, answers with a length or in chunks; the loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SAMPLES = 4 << 20, BUFFER = 1 << 16 };

typedef struct {
    int fd;
    double begun;
    double first;      /* 0 until the first byte of the body */
    int in_body;
    long length;       /* of the body; -1 for chunks */
    long received;     /* bytes of the body so far, without framing */
    long events;       /* blank lines of the body: a stream's events */
    char last;
    long chunk;        /* bytes that the chunk still has; -1 in the line of its size */
    long size;         /* the size as read so far */
    int is_last;       /* in the lines behind the last chunk */
    int line;          /* characters of the line so far */
    int status;
    int head_size;
    char head[4096];
} Caller;

static float *first_times, *whole_times;
static long samples, errors, least_events = 1L << 60, most_events;
static char *request;
static size_t request_size;
static int port;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void die(const char *what) {
    fprintf(stderr, "httpload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void send_call(Caller *c) {
    c->in_body = 0;
    c->first = 0;
    c->length = -1;
    c->received = 0;
    c->head_size = 0;
    c->events = c->size = c->is_last = c->line = 0;
    c->last = 0;
    c->chunk = -1;
    c->begun = now();
    size_t done = 0;
    while (done < request_size) {
        ssize_t n = write(c->fd, request + done, request_size - done);
        if (n <= 0) die("write");
        done += n;
    }
}

static void connect_caller(Caller *c, int poll) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event)) die("epoll");
}

static void note(Caller *c, const char *bytes, long count) {
    for (long i = 0; i < count; i++) {
        if (bytes[i] == '\n' && c->last == '\n') c->events++;
        c->last = bytes[i];
    }
    c->received += count;
}

/* Takes in bytes of a body in chunks; true behind the last. */
static int take_chunks(Caller *c, const char *bytes, long count) {
    long i = 0;
    while (i < count) {
        if (c->chunk > 0) {
            long part = c->chunk < count - i ? c->chunk : count - i;
            note(c, bytes + i, part);
            c->chunk -= part;
            i += part;
            if (c->chunk == 0) { c->chunk = -1; c->size = 0; c->line = -2; }
            continue;
        }
        char byte = bytes[i++];
        if (c->line < 0) { c->line++; continue; }  /* CR LF behind a chunk */
        if (byte == '\n') {
            if (c->is_last && c->line == 0) return 1;
            if (!c->is_last && c->size == 0) c->is_last = 1;
            else if (!c->is_last) c->chunk = c->size;
            c->line = 0;
        } else if (byte != '\r') {
            c->line++;
            int digit = byte <= '9' ? byte - '0' : (byte | 32) - 'a' + 10;
            if (!c->is_last) c->size = c->size * 16 + digit;
        }
    }
    return 0;
}

/* Takes in bytes; true when the answer is complete. */
static int take(Caller *c, const char *bytes, long count) {
    if (!c->in_body) {
        long room = (long)sizeof c->head - 1 - c->head_size, part = count < room ? count : room;
        memcpy(c->head + c->head_size, bytes, part);
        c->head_size += part;
        c->head[c->head_size] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end) {
            if (part < count) { fprintf(stderr, "httpload: a head is too long\n"); exit(1); }
            return 0;
        }
        long size = end + 4 - c->head, before = c->head_size - part;
        c->in_body = 1;
        c->status = atoi(c->head + 9);
        *end = 0;
        char *length = strcasestr(c->head, "\ncontent-length:");
        if (length) c->length = atol(length + 16);
        bytes += size - before;
        count -= size - before;
    }
    if (count > 0 && !c->first) c->first = now();
    if (c->length >= 0) {
        note(c, bytes, count);
        return c->received >= c->length;
    }
    return take_chunks(c, bytes, count);
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(float *values, double share) {
    return samples ? values[(long)(share * (samples - 1))] : 0;
}

int main(int count, char **words) {
    if (count < 6) {
        fprintf(stderr, "httpload PORT PATH CALLERS SECONDS BODYFILE [HEADER...]\n");
        return 2;
    }
    port = atoi(words[1]);
    int callers = atoi(words[3]);
    double seconds = atof(words[4]);
    FILE *file = fopen(words[5], "r");
    if (!file) die(words[5]);
    char *body = malloc(1 << 24);
    size_t body_size = fread(body, 1, 1 << 24, file);
    fclose(file);
    request = malloc(body_size + 8192);
    int head = sprintf(
        request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n", words[2], body_size);
    for (int i = 6; i < count; i++) head += sprintf(request + head, "%s\r\n", words[i]);
    head += sprintf(request + head, "\r\n");
    memcpy(request + head, body, body_size);
    request_size = head + body_size;
    first_times = malloc(sizeof(float) * MOST_SAMPLES);
    whole_times = malloc(sizeof(float) * MOST_SAMPLES);

    int poll = epoll_create1(0);
    Caller *all = calloc(callers, sizeof(Caller));
    for (int i = 0; i < callers; i++) connect_caller(&all[i], poll);
    char *buffer = malloc(BUFFER);
    double start = now(), warm = start + 0.5, end = warm + seconds, measured_from = 0;
    for (int i = 0; i < callers; i++) send_call(&all[i]);
    int open = callers;
    struct epoll_event events[256];
    while (open > 0) {
        int ready = epoll_wait(poll, events, 256, 60000);
        if (ready <= 0) die("no answer for a minute");
        for (int i = 0; i < ready; i++) {
            Caller *c = events[i].data.ptr;
            ssize_t n = read(c->fd, buffer, BUFFER);
            int done = n <= 0 ? -1 : take(c, buffer, n);
            if (!done) continue;
            double at = now();
            if (done > 0 && c->status == 200) {
                if (c->events < least_events) least_events = c->events;
                if (c->events > most_events) most_events = c->events;
            }
            if (done < 0 || c->status != 200) errors++;
            else if (at >= warm && at < end && samples < MOST_SAMPLES) {
                if (!measured_from) measured_from = at;
                first_times[samples] = (c->first - c->begun) * 1e6;
                whole_times[samples++] = (at - c->begun) * 1e6;
            }
            if (at >= end) {
                close(c->fd);
                open--;
                continue;
            }
            if (done < 0) {
                close(c->fd);
                connect_caller(c, poll);
            }
            send_call(c);
        }
    }
    qsort(first_times, samples, sizeof(float), by_value);
    qsort(whole_times, samples, sizeof(float), by_value);
    printf("{\"calls\": %ld, \"errors\": %ld, \"per_second\": %.1f, "
           "\"least_events\": %ld, \"most_events\": %ld, "
           "\"first_p50\": %.1f, \"first_p99\": %.1f, \"whole_p50\": %.1f, \"whole_p99\": %.1f}\n",
           samples, errors, samples / seconds, least_events, most_events, percentile(first_times, 0.5),
           percentile(first_times, 0.99), percentile(whole_times, 0.5),
           percentile(whole_times, 0.99));
    return 0;
}
