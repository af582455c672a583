"""libeventstorm.so, by ctypes: what eventstorm.h declares."""
import ctypes
import os
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p


class Counts(ctypes.Structure):
    """es_counts_t: emitted = unwanted + refused + queued + sent."""
    _fields_ = [(name, c_uint64) for name in ("emitted", "unwanted", "refused", "queued", "sent")]


class Received(ctypes.Structure):
    """es_received_t: those sent to a subscriber are received + lost + malformed."""
    _fields_ = [(name, c_uint64) for name in ("received", "lost", "malformed", "absent", "dropped", "unstamped")]


CALLBACK = ctypes.CFUNCTYPE(None, c_char_p, POINTER(ctypes.c_char), c_size_t, c_void_p)

_FUNCTIONS = {
    "es_version": (c_char_p,),
    "es_error": (c_char_p,),
    "es_source_open": (c_void_p, c_char_p, c_char_p),
    "es_source_close": (c_int, POINTER(c_void_p)),
    "es_source_flush": (c_int, c_void_p, c_int),
    "es_source_wait": (c_int, c_void_p, c_int),
    "es_source_counts": (c_int, c_void_p, POINTER(Counts)),
    "es_source_bound": (c_char_p, c_void_p, c_size_t),
    "es_topic_open": (c_void_p, c_void_p, c_char_p),
    "es_topic_wanted": (c_bool, c_void_p),
    "es_topic_unwanted": (None, c_void_p),
    "es_topic_counts": (c_int, c_void_p, POINTER(Counts)),
    "es_event_new": (c_void_p,),
    "es_event_destroy": (None, POINTER(c_void_p)),
    "es_event_clear": (None, c_void_p),
    "es_event_null": (None, c_void_p, c_char_p),
    "es_event_bool": (None, c_void_p, c_char_p, c_bool),
    "es_event_int64": (None, c_void_p, c_char_p, c_int64),
    "es_event_double": (None, c_void_p, c_char_p, c_double),
    "es_event_text": (None, c_void_p, c_char_p, c_char_p, c_size_t),
    "es_event_binary": (None, c_void_p, c_char_p, c_char_p, c_size_t),
    "es_event_time": (None, c_void_p, c_char_p, c_int64),
    "es_event_oid": (None, c_void_p, c_char_p, c_char_p),
    "es_event_document": (None, c_void_p, c_char_p),
    "es_event_array": (None, c_void_p, c_char_p),
    "es_event_end": (None, c_void_p),
    "es_emit": (c_int, c_void_p, c_void_p),
    "es_emit_bson": (c_int, c_void_p, c_char_p, c_size_t),
    "es_subscriber_open": (c_void_p, c_char_p, c_char_p, c_char_p, CALLBACK, c_void_p),
    "es_subscriber_close": (c_int, POINTER(c_void_p)),
    "es_subscriber_fd": (c_int, c_void_p),
    "es_subscriber_receive": (c_int, c_void_p, c_int, CALLBACK, c_void_p),
    "es_subscriber_counts": (c_int, c_void_p, POINTER(Received)),
    "es_subscriber_bound": (c_char_p, c_void_p, c_size_t),
}


def load():
    """Opens the library: the one that EVENTSTORM_LIBRARY names, else the one that is installed."""
    library = ctypes.CDLL(os.environ.get("EVENTSTORM_LIBRARY") or "libeventstorm.so.0")
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


es = load()


def error():
    """Why the last call of this thread failed."""
    return es.es_error().decode()
