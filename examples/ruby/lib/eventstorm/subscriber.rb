# Receiving events.
require "io/wait"

module Eventstorm
  # Receives events; they wait in a queue of 64 MiB, and what finds it full is dropped and counted.
  class Subscriber
    # patterns: topics, topics followed by ".*" for all below them, or "*".
    def initialize(name, endpoints = "tcp://127.0.0.1:5571", *patterns)
      patterns = ["*"] if patterns.empty?
      @pointer = Library.check(Library.es_subscriber_open(name, endpoints, patterns.join(","), nil, nil))
    end

    # Waits for events; returns those that are there as pairs of a topic and the bytes of a BSON document.
    def receive(seconds = nil)
      # The callback runs in Ruby, so the wait is one of Ruby's, on the descriptor.
      return [] unless queue.wait_readable(seconds)
      found = []
      take = Fiddle::Closure::BlockCaller.new(
        Fiddle::TYPE_VOID, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_VOIDP]
      ) { |topic, bson, size, _| found << [topic.to_s, bson[0, size]] }
      Library.check(Library.es_subscriber_receive(@pointer, 0, take, nil))
      found
    end

    # An IO that is readable while events wait, for select.
    def queue
      @queue ||= IO.for_fd(Library.check(Library.es_subscriber_fd(@pointer)), autoclose: false)
    end

    # What became of the events on their way here.
    def counts = Library.counts(:es_subscriber_counts, @pointer, Received)

    # The endpoints that were bound.
    def bound = Library.texts(:es_subscriber_bound, @pointer)

    # Ends the subscription.
    def close
      Library.free(:es_subscriber_close, @pointer) unless @is_closed
      @is_closed = true
    end
  end
end
