// libwebsockets' public header, and what of it Swift cannot import.
#pragma once
#include <libwebsockets.h>

/// A timer of libwebsockets' own loop and the object it belongs to. `timer` comes first, so that a callback, which is
/// given the timer's address, finds its owner behind it.
struct CWebSockets_timer {
    lws_sorted_usec_list_t timer;
    void *owner;
};

/// Wrapper around OpenSSL's options, which are macros: no TLS before 1.2.
static inline long CWebSockets_noOldTLS(void) { return (long) (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1); }

/// Wrapper around LWS_PRE, a computed macro: the bytes that must be writable in front of everything given to lws_write.
static inline size_t CWebSockets_headroom(void) { return LWS_PRE; }
