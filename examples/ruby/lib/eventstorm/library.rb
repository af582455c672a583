# libeventstorm.so, by Fiddle: what eventstorm.h declares.
require "fiddle"

module Eventstorm
  # The functions of the library, as methods of their names.
  module Library
    HANDLE = Fiddle.dlopen(ENV["EVENTSTORM_LIBRARY"] || "libeventstorm.so.0")
    POINTER = Fiddle::TYPE_VOIDP
    INT = Fiddle::TYPE_INT
    LONG = Fiddle::TYPE_LONG_LONG
    SIZE = Fiddle::TYPE_SIZE_T
    DOUBLE = Fiddle::TYPE_DOUBLE
    BOOL = Fiddle::TYPE_CHAR
    VOID = Fiddle::TYPE_VOID

    # Those that may wait let other threads of Ruby run; the others are over before that would pay.
    WAITING = %i[es_source_close es_source_flush es_source_wait es_subscriber_close].freeze

    {
      es_version: [POINTER], es_error: [POINTER],
      es_source_open: [POINTER, POINTER, POINTER], es_source_close: [INT, POINTER],
      es_source_flush: [INT, POINTER, INT], es_source_wait: [INT, POINTER, INT],
      es_source_counts: [INT, POINTER, POINTER], es_source_bound: [POINTER, POINTER, SIZE],
      es_topic_open: [POINTER, POINTER, POINTER], es_topic_wanted: [BOOL, POINTER],
      es_topic_unwanted: [VOID, POINTER], es_topic_counts: [INT, POINTER, POINTER],
      es_event_new: [POINTER], es_event_destroy: [VOID, POINTER], es_event_clear: [VOID, POINTER],
      es_event_null: [VOID, POINTER, POINTER], es_event_bool: [VOID, POINTER, POINTER, BOOL],
      es_event_int64: [VOID, POINTER, POINTER, LONG], es_event_double: [VOID, POINTER, POINTER, DOUBLE],
      es_event_text: [VOID, POINTER, POINTER, POINTER, SIZE], es_event_binary: [VOID, POINTER, POINTER, POINTER, SIZE],
      es_event_time: [VOID, POINTER, POINTER, LONG],
      es_event_document: [VOID, POINTER, POINTER], es_event_array: [VOID, POINTER, POINTER],
      es_event_end: [VOID, POINTER], es_emit: [INT, POINTER, POINTER], es_emit_bson: [INT, POINTER, POINTER, SIZE],
      es_subscriber_open: [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER],
      es_subscriber_close: [INT, POINTER], es_subscriber_fd: [INT, POINTER],
      es_subscriber_receive: [INT, POINTER, INT, POINTER, POINTER],
      es_subscriber_counts: [INT, POINTER, POINTER], es_subscriber_bound: [POINTER, POINTER, SIZE]
    }.each do |name, (result, *arguments)|
      function = Fiddle::Function.new(HANDLE[name.to_s], arguments, result, need_gvl: !WAITING.include?(name))
      define_singleton_method(name) { |*values| function.call(*values) }
    end

    # Why the last call of this thread failed.
    def self.error = es_error.to_s.force_encoding(Encoding::UTF_8)

    # A result that is neither NULL nor -1.
    def self.check(result)
      raise Error, error if result == -1 || (result.is_a?(Fiddle::Pointer) && result.null?)
      result
    end

    # Calls a function that frees what a pointer points to, and sets that to NULL.
    def self.free(name, pointer)
      place = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      place[0, Fiddle::SIZEOF_VOIDP] = [pointer.to_i].pack("J")
      public_send(name, place)
    end

    # A structure of 64-bit counters.
    def self.counts(name, pointer, type)
      place = Fiddle::Pointer.malloc(8 * type.members.size, Fiddle::RUBY_FREE)
      check(public_send(name, pointer, place))
      type.new(*place[0, 8 * type.members.size].unpack("Q*"))
    end

    # The texts that a function has by index.
    def self.texts(name, pointer)
      found = []
      until (text = public_send(name, pointer, found.size)).null?
        found << text.to_s
      end
      found
    end
  end
end
