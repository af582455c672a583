// libbson's public header, and what of it Swift cannot import.
#include <bson/bson.h>
