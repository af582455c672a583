"""The package against itself: python3 -m unittest, in this folder."""
import datetime
import logging
import os
import threading
import time
import unittest

import eventstorm


class EventstormTests(unittest.TestCase):
    def setUp(self):
        self.subscriber = eventstorm.Subscriber("test", "bind:tcp://127.0.0.1:*", ["test.*"])
        self.source = eventstorm.Source("test", self.subscriber.bound[0])
        self.topic = self.source.topic("test.python")
        self.logs = self.source.topic("test.log")
        self.assertTrue(self.source.wait(20))
        self.addCleanup(self.subscriber.close)
        self.addCleanup(self.source.close)

    def receive(self, count):
        """Waits for so many events; returns their bytes."""
        found = []
        end = time.monotonic() + 20
        while len(found) < count and time.monotonic() < end:
            found += self.subscriber.receive(0.5)
        self.assertEqual(len(found), count)
        return [bson for _, bson in found]

    def test_each_kind_of_value_is_what_bson_has_for_it(self):
        at = datetime.datetime(2026, 11, 21, 7, 35, tzinfo=datetime.timezone.utc)
        inner = [None, True, {"deep": 0.5}]
        self.assertTrue(self.topic.emit({"int": 1}, text="Grüße", list=inner, raw=b"\0\xff", at=at))
        event = self.receive(1)[0]
        for part in (b"\x12int\0\1\0\0\0\0\0\0\0", "\x02text\0\x08\0\0\0Grüße\0".encode(), b"\x0a0\0\x081\0\1",
                     b"\x01deep\0\0\0\0\0\0\0\xe0\x3f", b"\x05raw\0\2\0\0\0\0\0\xff",
                     b"\x09at\0" + int(at.timestamp() * 1000).to_bytes(8, "little"), b"\x07_id\0", b"\x09timestamp\0"):
            self.assertIn(part, event)

    def test_what_cannot_be_an_event_is_refused(self):
        for error, fields in ((TypeError, {"a": object()}), (OverflowError, {"a": 1 << 64}), (ValueError, {"a\0b": 1})):
            self.assertRaises(error, self.topic.emit, fields)
        self.assertRaisesRegex(eventstorm.Error, "transport is missing", eventstorm.Source, "test", "nowhere")
        self.assertRaisesRegex(eventstorm.Error, "empty segment", self.source.topic, "a..b")
        self.topic.emit(text="a\ud800")
        self.assertIn(b"\x02text\0\3\0\0\0a?\0", self.receive(1)[0])

    def test_threads_emit_at_the_same_time_and_the_counts_balance(self):
        threads = [threading.Thread(target=lambda: [self.topic.emit(n=n) for n in range(250)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.receive(1000)
        counts = self.topic.counts
        self.assertEqual(counts.emitted, 1000)
        self.assertEqual(counts.emitted, counts.unwanted + counts.refused + counts.queued + counts.sent)
        self.assertEqual(self.subscriber.counts.lost, 0)

    def test_a_forked_child_has_a_source_of_its_own(self):
        child = os.fork()
        if child == 0:
            self.topic.emit(before=1)  # opens it; nobody is known to listen yet
            done = self.source.wait(20) and self.topic.emit(child=True) and self.source.close()
            os._exit(0 if done else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        end = time.monotonic() + 20
        while not any(b"child" in event for _, event in self.subscriber.receive(0.5)):
            self.assertLess(time.monotonic(), end)
        self.assertTrue(self.topic.emit(parent=True))

    def test_messages_of_logging_are_events(self):
        logger = logging.getLogger("shop")
        handler = eventstorm.LogHandler(self.source, "test.log")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        try:
            raise RuntimeError("no stock")
        except RuntimeError:
            logger.exception("order %d failed", 7, extra={"order": 7})
        event = self.receive(1)[0]
        for part in (b"\x02message\0\x0f\0\0\0order 7 failed\0", b"\x02severity\0\6\0\0\0error\0", b"no stock",
                     b"\x12order\0\7\0\0\0\0\0\0\0", b"\x02logger\0\5\0\0\0shop\0"):
            self.assertIn(part, event)

    def test_a_program_does_not_fail_for_its_log(self):
        logger = logging.getLogger("late")
        handler = eventstorm.LogHandler(self.source, "test.log")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        self.source.close()
        logging.raiseExceptions, before = False, logging.raiseExceptions
        self.addCleanup(setattr, logging, "raiseExceptions", before)
        logger.error("nobody hears this")


if __name__ == "__main__":
    unittest.main()
