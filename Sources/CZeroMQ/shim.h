// libzmq's public header, and what of it Swift cannot import.
#include <zmq.h>

// Not in the header unless drafts are asked for, but in every libzmq since 4.3.0.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
