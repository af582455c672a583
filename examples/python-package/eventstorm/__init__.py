"""Emits and receives events over ZeroMQ, without a broker and without ever waiting for the network.

    import eventstorm

    source = eventstorm.Source("shop", "tcp://127.0.0.1:5570")
    orders = source.topic("shop.order")
    orders.emit(customer="Ada", total=129.9)
    source.close()

Everything may be used from any thread. After os.fork() a source opens itself again in the child when it is next used.
"""
import atexit
import ctypes
import datetime
import os
import threading
import weakref
from collections import namedtuple

from ._library import CALLBACK, Counts as _Counts, Received as _Received, error as _error, es as _es

__all__ = ["Counts", "Error", "LogHandler", "Received", "Source", "Subscriber", "Topic", "version"]

Counts = namedtuple("Counts", ["emitted", "unwanted", "refused", "queued", "sent"])
Counts.__doc__ = "What became of emitted events: emitted = unwanted + refused + queued + sent."
Received = namedtuple("Received", ["received", "lost", "malformed", "absent", "dropped", "unstamped"])
Received.__doc__ = "What became of events on their way to a subscriber."

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_sources = weakref.WeakSet()


class Error(Exception):
    """What the library refuses, in its words."""


def version():
    """The version of the library."""
    return _es.es_version().decode()


def _place(address):
    """Where C finds the pointer that it is to free."""
    return ctypes.byref(ctypes.c_void_p(address))


def _check(result):
    if result is None or result == -1:
        raise Error(_error())
    return result


def _name(text):
    """A field's name as C has it."""
    name = text.encode()
    if b"\0" in name:
        raise ValueError(f"a field's name has a NUL in it: {text!r}")
    return name


class _Event(threading.local):
    """The event that this thread builds; its memory is used again."""

    def __init__(self):
        self.pointer = _es.es_event_new()

    def __del__(self, destroy=_es.es_event_destroy, place=_place):
        destroy(place(self.pointer))

    def fill(self, fields):
        _es.es_event_clear(self.pointer)
        for key, value in fields.items():
            self.add(_name(key), value)

    def add(self, name, value):
        """Adds a value, and what is in it; `name` is None in arrays."""
        event = self.pointer
        if isinstance(value, str):
            text = value.encode("utf-8", "replace")
            _es.es_event_text(event, name, text, len(text))
        elif value is None:
            _es.es_event_null(event, name)
        elif isinstance(value, bool):
            _es.es_event_bool(event, name, value)
        elif isinstance(value, int):
            if not -1 << 63 <= value < 1 << 63:
                raise OverflowError(f"{value} does not fit into 64 bits")
            _es.es_event_int64(event, name, value)
        elif isinstance(value, float):
            _es.es_event_double(event, name, value)
        elif isinstance(value, datetime.datetime):
            _es.es_event_time(event, name, (value.astimezone(datetime.timezone.utc) - _EPOCH) // _MILLISECOND)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            binary = bytes(value)
            _es.es_event_binary(event, name, binary, len(binary))
        elif isinstance(value, dict):
            _es.es_event_document(event, name)
            for key, inner in value.items():
                self.add(_name(key), inner)
            _es.es_event_end(event)
        elif isinstance(value, (list, tuple)):
            _es.es_event_array(event, name)
            for inner in value:
                self.add(None, inner)
            _es.es_event_end(event)
        elif len(getattr(value, "binary", b"")) == 12:  # an ObjectId of pymongo
            _es.es_event_oid(event, name, value.binary)
        else:
            raise TypeError(f"an event cannot hold a {type(value).__name__}")


class Source:
    """Emits events to whoever subscribes.

    name: what it is called in the books; a restarted program keeps its name.
    endpoints: where to connect, or with "bind:" before it to bind; several are joined by commas.
    """

    def __init__(self, name, endpoints="tcp://127.0.0.1:5570"):
        self._arguments = name.encode(), endpoints.encode()
        self._lock = threading.Lock()
        self._topics = {}
        self._generation = 0
        self._is_closed = False
        self._pointer = _check(_es.es_source_open(*self._arguments))
        _sources.add(self)

    def topic(self, name):
        """Opens a topic, such as "shop.order"; opening it again gives the same."""
        self._live()
        with self._lock:
            if name not in self._topics:
                self._topics[name] = Topic(self, name)
            return self._topics[name]

    def wait(self, seconds):
        """Waits until a subscriber is there and all its subscriptions are known; whether there was one."""
        return _es.es_source_wait(self._live(), int(seconds * 1000)) == 0

    def flush(self, seconds):
        """Waits until all was handed to the sockets; whether it was."""
        return _es.es_source_flush(self._live(), int(seconds * 1000)) == 0

    @property
    def counts(self):
        """What became of the events of all topics."""
        counts = _Counts()
        _check(_es.es_source_counts(self._live(), counts))
        return Counts(*(getattr(counts, name) for name in Counts._fields))

    @property
    def bound(self):
        """The endpoints that were bound, with the ports that the system chose."""
        found = []
        while (endpoint := _es.es_source_bound(self._live(), len(found))) is not None:
            found.append(endpoint.decode())
        return found

    def close(self):
        """Sends what waits, for a second at most; whether that was all."""
        with self._lock:
            if self._is_closed:
                return True
            self._is_closed = True
            return self._pointer is None or _es.es_source_close(_place(self._pointer)) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _live(self):
        if self._is_closed:
            raise Error("the source is closed")
        if self._pointer is None:
            with self._lock:
                if self._pointer is None:
                    self._pointer = _check(_es.es_source_open(*self._arguments))
        return self._pointer

    def _after_fork(self):
        """In the child: what it inherited is its parent's."""
        self._lock = threading.Lock()
        self._pointer = None
        self._generation += 1


class Topic:
    """A topic of a source."""

    def __init__(self, source, name):
        self.name = name
        self._source = source
        self._generation = None
        self._open()

    def _open(self):
        self._pointer = _check(_es.es_topic_open(self._source._live(), self.name.encode()))
        self._generation = self._source._generation

    def _live(self):
        self._source._live()
        if self._generation != self._source._generation:
            self._open()
        return self._pointer

    @property
    def wanted(self):
        """Whether somebody subscribes: what is work to find out need not be found out for nobody."""
        return _es.es_topic_wanted(self._live())

    def emit(self, fields=None, **more):
        """Emits an event, which gets an _id and a timestamp unless it has them; whether anybody wants it.

        Values are None, bool, int, float, str, bytes, datetime, ObjectId, and dicts and lists of these.
        """
        pointer = self._live()
        if not _es.es_topic_wanted(pointer):
            _es.es_topic_unwanted(pointer)
            return False
        _event.fill({**fields, **more} if fields else more)
        _check(_es.es_emit(pointer, _event.pointer))
        return True

    def emit_bson(self, document):
        """Emits bytes that are a BSON document."""
        _check(_es.es_emit_bson(self._live(), document, len(document)))

    @property
    def counts(self):
        """What became of the events of this topic."""
        counts = _Counts()
        _check(_es.es_topic_counts(self._live(), counts))
        return Counts(*(getattr(counts, name) for name in Counts._fields))


class Subscriber:
    """Receives events; they wait in a queue of 64 MiB, and what finds it full is dropped and counted.

    patterns: topics, topics followed by ".*" for all below them, or "*".
    """

    def __init__(self, name, endpoints="tcp://127.0.0.1:5571", patterns=("*",)):
        joined = patterns if isinstance(patterns, str) else ",".join(patterns)
        self._pointer = _check(
            _es.es_subscriber_open(name.encode(), endpoints.encode(), joined.encode(), CALLBACK(), None))

    def receive(self, seconds=None):
        """Waits for events; returns those that are there as pairs of a topic and the bytes of a BSON document."""
        found = []

        @CALLBACK
        def take(topic, bson, size, _):
            found.append((topic.decode(), bson[:size]))

        _check(_es.es_subscriber_receive(self._pointer, -1 if seconds is None else int(seconds * 1000), take, None))
        return found

    def fileno(self):
        """A descriptor that is readable while events wait, for select and asyncio."""
        return _check(_es.es_subscriber_fd(self._pointer))

    @property
    def counts(self):
        """What became of the events on their way here."""
        counts = _Received()
        _check(_es.es_subscriber_counts(self._pointer, counts))
        return Received(*(getattr(counts, name) for name in Received._fields))

    @property
    def bound(self):
        """The endpoints that were bound."""
        found = []
        while (endpoint := _es.es_subscriber_bound(self._pointer, len(found))) is not None:
            found.append(endpoint.decode())
        return found

    def close(self):
        """Ends the subscription."""
        if self._pointer:
            _es.es_subscriber_close(_place(self._pointer))
            self._pointer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _reopen():
    global _event
    _event = _Event()
    for source in _sources:
        source._after_fork()


@atexit.register
def _close():
    for source in list(_sources):
        source.close()


_event = _Event()
os.register_at_fork(after_in_child=_reopen)

from .logs import LogHandler  # noqa: E402  (it needs what is above)
