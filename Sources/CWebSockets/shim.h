// libwebsockets' public header, and what of it Swift cannot import.
#include <libwebsockets.h>
