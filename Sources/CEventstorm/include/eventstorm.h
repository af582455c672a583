/*  Eventstorm from C and C++: emit events, and receive them.

        es_source_t *source = es_source_open ("shop", "tcp://127.0.0.1:5570");
        es_topic_t *orders = es_topic_open (source, "shop.order");

        es_event_t *event = es_event_new ();
        es_event_string (event, "customer", "Ada");
        es_event_double (event, "total", 129.9);
        es_emit (orders, event);

        es_event_destroy (&event);
        es_source_close (&source);

    Link with `pkg-config --cflags --libs eventstorm`.

    What holds for all functions:

    - A source never waits for the network and never fails because of it. An event that nobody wants costs a few
      nanoseconds; one that finds the queue full is refused, and counted.
    - Nothing is printed, no signal handler is installed, the process is never ended. A thread of the library's own
      sends; it blocks all signals.
    - Functions that return a pointer return NULL on failure, those that return int return -1; es_error () says why.
    - Texts are UTF-8 and end with a NUL unless a size is given.
    - Sources, topics and subscribers may be used from any thread, also at the same time, until they are closed. An
      event under construction belongs to one thread at a time.
    - After fork () the child must open its own: on what was opened before, each call fails with "opened before fork;
      open it again". Closing it in the child frees what the child may free and touches nothing of the parent's.  */

#ifndef EVENTSTORM_H
#define EVENTSTORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  The version of this interface: it grows, but what is here keeps its meaning as long as the major number stays.  */
#define ES_VERSION_MAJOR 0
#define ES_VERSION_MINOR 1

/*  Emits events to whoever subscribes.  */
typedef struct es_source es_source_t;
/*  A topic that a source has opened.  */
typedef struct es_topic es_topic_t;
/*  An event under construction.  */
typedef struct es_event es_event_t;
/*  Receives events.  */
typedef struct es_subscriber es_subscriber_t;

/*  What became of emitted events: emitted = unwanted + refused + queued + sent.  */
typedef struct {
    uint64_t emitted;   /*  every call of es_emit () and es_emit_bson () that found a topic  */
    uint64_t unwanted;  /*  nobody subscribed  */
    uint64_t refused;   /*  the queue was full, or the event broke a limit  */
    uint64_t queued;    /*  wait to be sent  */
    uint64_t sent;      /*  handed to the sockets  */
} es_counts_t;

/*  What became of events on their way to a subscriber: those sent to it are received + lost + malformed.  */
typedef struct {
    uint64_t received;
    uint64_t lost;       /*  sent, and did not arrive: a queue on the way was full, or a link broke  */
    uint64_t malformed;  /*  broken on the way, or no events  */
    uint64_t absent;     /*  unwanted by all while this subscriber was not connected  */
    uint64_t dropped;    /*  received, but this program did not take them from the queue in time  */
    uint64_t unstamped;  /*  received from publishers that number nothing, and counted in `received` nowhere  */
} es_received_t;

/*  The version of the library, such as "0.1.0".  */
const char *es_version (void);

/*  Why the last call of this thread failed; valid until its next call, "" if none has failed.  */
const char *es_error (void);

/* ------------------------------------------------------------------------------------------------------ Sources */

/*  Opens a source.

    name: what it is called in the books; a restarted program keeps its name.
    endpoints: where to connect ("tcp://127.0.0.1:5570", "ipc:///run/es"), or to bind ("bind:tcp://127.0.0.1:*");
    several are joined by commas.

    Fails where an endpoint is wrong or cannot be bound. That nobody listens there yet is no failure.  */
es_source_t *es_source_open (const char *name, const char *endpoints);

/*  Sends what waits, for a second at most, closes, and sets the pointer to NULL. Its topics are gone too.

    Returns 0, or -1 if something was left, which counts as refused. NULL is closed already.  */
int es_source_close (es_source_t **source_p);

/*  Waits until everything emitted so far was handed to the sockets. Returns 0, or -1 if that took longer.  */
int es_source_flush (es_source_t *source, int timeout_ms);

/*  Waits until a subscriber is there and all its subscriptions are known. Returns 0, or -1 if there was none in time.

    Nothing has to wait for it; programs that emit a few events and end should.  */
int es_source_wait (es_source_t *source, int timeout_ms);

/*  What became of the events of all topics.  */
int es_source_counts (es_source_t *source, es_counts_t *counts);

/*  An endpoint that was bound, with the port that the system chose for "*"; NULL if `index` is beyond the last.
    Valid until the source is closed.  */
const char *es_source_bound (es_source_t *source, size_t index);

/* ------------------------------------------------------------------------------------------------------- Topics */

/*  Opens a topic, such as "shop.order": segments joined by dots, of letters, digits and _ - + : @ %, 255 bytes in all.

    Opening it again gives the same topic. It lives as long as its source.  */
es_topic_t *es_topic_open (es_source_t *source, const char *name);

/*  Whether somebody subscribes, as far as is known; some nanoseconds. False for NULL and after fork ().

    Events of unwanted topics need not be built: es_topic_unwanted () counts them, if the books are to know.  */
bool es_topic_wanted (const es_topic_t *topic);

/*  Counts an event that was not built because nobody wants it.  */
void es_topic_unwanted (es_topic_t *topic);

/*  What became of the events of this topic.  */
int es_topic_counts (const es_topic_t *topic, es_counts_t *counts);

/* ------------------------------------------------------------------------------------------------------- Events */

/*  Makes an empty event. It can be filled and emitted any number of times; its memory is used again.  */
es_event_t *es_event_new (void);

/*  Frees an event and sets the pointer to NULL.  */
void es_event_destroy (es_event_t **event_p);

/*  Removes all fields.  */
void es_event_clear (es_event_t *event);

/*  Adds a field. `name` is not NULL, except in arrays, whose elements are numbered by themselves.

    What cannot be added, such as text that is not UTF-8, makes the whole event fail: es_emit () says so. A NULL event
    is passed over, so that no call has to be checked.  */
void es_event_null (es_event_t *event, const char *name);
void es_event_bool (es_event_t *event, const char *name, bool value);
void es_event_int32 (es_event_t *event, const char *name, int32_t value);
void es_event_int64 (es_event_t *event, const char *name, int64_t value);
void es_event_double (es_event_t *event, const char *name, double value);
/*  NULL is the same as es_event_null ().  */
void es_event_string (es_event_t *event, const char *name, const char *value);
void es_event_text (es_event_t *event, const char *name, const char *bytes, size_t size);
void es_event_binary (es_event_t *event, const char *name, const void *bytes, size_t size);
/*  Milliseconds since 1970, UTC.  */
void es_event_time (es_event_t *event, const char *name, int64_t milliseconds);
/*  Twelve bytes.  */
void es_event_oid (es_event_t *event, const char *name, const uint8_t bytes[12]);

/*  Begins a document or an array inside the event; fields go there until es_event_end (). 100 levels at most.  */
void es_event_document (es_event_t *event, const char *name);
void es_event_array (es_event_t *event, const char *name);
void es_event_end (es_event_t *event);

/*  The event's BSON and its size, valid until it changes; NULL if it has failed or something inside it was not
    ended.  */
const void *es_event_bson (es_event_t *event, size_t *size);

/*  Emits an event to all subscribers of the topic, and clears it for the next one.

    `_id` (an ObjectId) and `timestamp` are written in front of it unless it has them.

    Returns 0, also where nobody wants it or the queue is full: the counts tell. -1 if the event has failed or is not
    complete; it is counted as refused then.  */
int es_emit (es_topic_t *topic, es_event_t *event);

/*  Emits a BSON document as it is; `_id` and `timestamp` are added if it has none.

    Returns 0, or -1 if the bytes are not one valid document of at most 8 MiB.  */
int es_emit_bson (es_topic_t *topic, const void *bson, size_t size);

/* -------------------------------------------------------------------------------------------------- Subscribers */

/*  Gets one event, on the thread named at its function; the bytes are valid until it returns.  */
typedef void es_callback_t (const char *topic, const void *bson, size_t size, void *context);

/*  Opens a subscriber.

    name: what it is called in the books.
    endpoints: where to connect, or to bind, as with es_source_open ().
    patterns: what to subscribe to, joined by commas: a topic, a topic followed by ".*" for all below it, or "*".
    callback: gets the events, on a thread of the library's own; while it runs, nothing is received. NULL: they wait in
    a queue of 64 MiB until es_subscriber_receive () takes them; what finds it full is dropped, and counted.  */
es_subscriber_t *es_subscriber_open (
    const char *name, const char *endpoints, const char *patterns, es_callback_t *callback, void *context);

/*  Ends the subscription and sets the pointer to NULL; no callback runs afterwards. Not from within one.  */
int es_subscriber_close (es_subscriber_t **subscriber_p);

/*  A descriptor for poll () and its like: readable while events wait in the queue. -1 with a callback.  */
int es_subscriber_fd (es_subscriber_t *subscriber);

/*  Waits for events in the queue, and calls `callback` for each, on this thread. A timeout below 0 waits without end.

    Returns how many there were, 0 if none came in time.  */
int es_subscriber_receive (es_subscriber_t *subscriber, int timeout_ms, es_callback_t *callback, void *context);

/*  What became of the events, as of some milliseconds ago.  */
int es_subscriber_counts (es_subscriber_t *subscriber, es_received_t *counts);

/*  An endpoint that was bound; NULL if `index` is beyond the last. Valid until the subscriber is closed.  */
const char *es_subscriber_bound (es_subscriber_t *subscriber, size_t index);

#ifdef __cplusplus
}
#endif

#endif
