// zlib's public header, and what of it Swift cannot use.
#pragma once
#include <zlib.h>

/// Wrapper around inflateInit2, which is a macro: begins to decode gzip, and nothing else. Returns Z_OK or an error.
static inline int CZlib_begin_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
