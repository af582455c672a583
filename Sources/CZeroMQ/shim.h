// libzmq's public header, and what of it Swift cannot import.
#include <zmq.h>
