# The gem against itself: ruby -Ilib test.rb. Ends with status 1 at the first thing that is not as it should be.
require "eventstorm"

def check(what, is_true)
  return if is_true
  warn "not so: #{what}"
  exit! 1
end

def fails(with, error = Eventstorm::Error)
  yield
  check("#{with} is refused", false)
rescue error => failure
  check("'#{failure.message}' says #{with}", failure.message.include?(with))
end

SUBSCRIBER = Eventstorm::Subscriber.new("test", "bind:tcp://127.0.0.1:*", "test.*")
SOURCE = Eventstorm::Source.new("test", SUBSCRIBER.bound.first)
TOPIC = SOURCE.topic("test.ruby")

# Waits for so many events; returns their bytes.
def receive(count)
  found = []
  deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
  while found.size < count && Process.clock_gettime(Process::CLOCK_MONOTONIC) < deadline
    found += SUBSCRIBER.receive(0.5)
  end
  check("#{count} events come, not #{found.size}", found.size == count)
  check("all of one topic", found.map(&:first).uniq == ["test.ruby"])
  found.map(&:last)
end

check("a subscriber comes", SOURCE.wait(20))
100.times { TOPIC.wanted? || sleep(0.01) }
check("its interest is known", TOPIC.wanted?)

# Each kind of value, as BSON has it.
check("an event is wanted", TOPIC.emit({int: 1}, text: "Grüße", list: [nil, true, {deep: 0.5}], raw: "\0\xFF".b))
bytes = receive(1).first
[
  ["\x12int\0", [1].pack("q<")], ["\x02text\0", [8].pack("l<"), "Grüße\0"], ["\x0A0\0\x08", "1\0\x01"],
  ["\x01deep\0", [0.5].pack("E")], ["\x05raw\0", [2, 0].pack("l<C"), "\0\xFF"], ["\x07_id\0"], ["\x09timestamp\0"]
].each { |parts| check("an event holds #{parts}", bytes.b.include?(parts.map(&:b).join)) }

# What cannot be said in UTF-8, and what cannot be an event.
check("other encodings become UTF-8", TOPIC.emit(text: "ä".encode("ISO-8859-1"), broken: "a\xFF"))
bytes = receive(1).first
check("text is repaired", bytes.b.include?("ä\0".b) && bytes.b.include?("a\u{FFFD}\0".b))
fails("cannot hold", TypeError) { TOPIC.emit(object: Object.new) }
fails("64 bits", RangeError) { TOPIC.emit(huge: 1 << 64) }
fails("NUL", ArgumentError) { TOPIC.emit("a\0b" => 1) }
fails("transport is missing") { Eventstorm::Source.new("test", "nowhere") }
fails("empty segment") { SOURCE.topic("a..b") }

# Threads.
Array.new(4) { |number| Thread.new { 250.times { |n| TOPIC.emit(number: number, n: n) } } }.each(&:join)
receive(1000)

# A child opens a source of its own.
child = fork do
  TOPIC.emit(before: 1)  # opens it; nobody is known to listen yet
  check("a subscriber comes to the child", SOURCE.wait(20))
  100.times { TOPIC.wanted? || sleep(0.01) }
  check("the child's event is wanted", TOPIC.emit(child: true))
  SOURCE.close
  exit! 0
end
check("the child ends well", Process.wait2(child).last.success?)
deadline = 0
deadline += 1 until SUBSCRIBER.receive(0.5).any? { |_, event| event.include?("child") } || deadline == 40
check("the child's event comes", deadline < 40)

counts = TOPIC.counts
check("#{counts} balance", counts.emitted == counts.unwanted + counts.refused + counts.queued + counts.sent)
check("#{counts} are those of the parent", counts.emitted == 1002)
check("nothing is lost", SUBSCRIBER.counts.lost.zero?)
SUBSCRIBER.close
check("all was sent", SOURCE.close)
fails("closed") { TOPIC.emit(late: 1) }
puts "as it should be"
