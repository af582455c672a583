"""Messages of Python's logging as events."""
import logging

import eventstorm


class LogHandler(logging.Handler):
    """Emits each message of Python's logging as an event.

        logging.getLogger().addHandler(eventstorm.LogHandler(source))

    A message costs next to nothing while nobody subscribes: it is not even put together.
    """

    def __init__(self, source, topic="log.message", level=logging.NOTSET):
        super().__init__(level)
        self._topic = source.topic(topic)
        # What a record has by itself; all else came by `extra`.
        self._usual = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def createLock(self):
        """Without a lock: the library needs none, and one would be inherited by forked children as it is."""
        self.lock = None

    def emit(self, record):
        try:
            if not self._topic.wanted:
                self._topic.emit({})
                return
            self._topic.emit(self._fields(record))
        except Exception:  # a program does not fail for its log
            self.handleError(record)

    def _fields(self, record):
        fields = {
            "message": record.getMessage(), "severity": record.levelname.lower(), "logger": record.name,
            "file": record.pathname, "line": record.lineno, "function": record.funcName, "pid": record.process,
            "thread": record.threadName,
        }
        if record.exc_info:
            fields["exception"] = (self.formatter or logging.Formatter()).formatException(record.exc_info)
        for name, value in vars(record).items():
            if name not in self._usual and name not in fields:
                fields[name] = value if isinstance(value, (str, bool, int, float, type(None))) else str(value)
        return fields
