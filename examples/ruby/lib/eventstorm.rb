# Emits and receives events over ZeroMQ, without a broker and without ever waiting for the network.
#
#   require "eventstorm"
#
#   source = Eventstorm::Source.new("shop", "tcp://127.0.0.1:5570")
#   orders = source.topic("shop.order")
#   orders.emit(customer: "Ada", total: 129.9)
#   source.close
#
# Everything may be used from any thread. After fork a source opens itself again in the child when it is next used.
module Eventstorm
  # What the library refuses, in its words.
  class Error < StandardError; end

  # What became of emitted events: emitted = unwanted + refused + queued + sent.
  Counts = Struct.new(:emitted, :unwanted, :refused, :queued, :sent)
  # What became of events on their way to a subscriber.
  Received = Struct.new(:received, :lost, :malformed, :absent, :dropped, :unstamped)
end

require_relative "eventstorm/library"
require_relative "eventstorm/event"
require_relative "eventstorm/source"
require_relative "eventstorm/subscriber"

module Eventstorm
  # The version of the library.
  def self.version = Library.es_version.to_s
end
