# Events under construction.
module Eventstorm
  # Writes what Ruby has into an event of the library.
  class Event
    # Events that nobody builds at the moment: as many as were built at the same time, kept for their memory.
    POOL = []
    private_constant :POOL

    # Lends an event that holds `fields`.
    def self.filled(fields)
      event = POOL.pop || new
      begin
        event.fill(fields)
        yield event
      ensure
        POOL.push(event)
      end
    end

    attr_reader :pointer

    def initialize
      @pointer = Library.check(Library.es_event_new)
    end

    def fill(fields)
      Library.es_event_clear(@pointer)
      fields.each { |key, value| add(name(key), value) }
    end

    private

    def name(key)
      name = key.to_s
      raise ArgumentError, "a field's name has a NUL in it: #{name.inspect}" if name.include?("\0")
      name
    end

    # Adds a value, and what is in it; `name` is nil in arrays.
    def add(name, value)
      case value
      when String then add_text(name, value)
      when Symbol then add_text(name, value.name)
      when nil then Library.es_event_null(@pointer, name)
      when true, false then Library.es_event_bool(@pointer, name, value ? 1 : 0)
      when Integer
        raise RangeError, "#{value} does not fit into 64 bits" unless value.between?(-(1 << 63), (1 << 63) - 1)
        Library.es_event_int64(@pointer, name, value)
      when Float, Rational then Library.es_event_double(@pointer, name, value.to_f)
      when Time then Library.es_event_time(@pointer, name, (value.to_r * 1000).floor)
      when Hash then nest(:es_event_document, name) { value.each { |key, inner| add(name(key), inner) } }
      when Array then nest(:es_event_array, name) { value.each { |inner| add(nil, inner) } }
      else raise TypeError, "an event cannot hold a #{value.class}"
      end
    end

    def add_text(name, text)
      return Library.es_event_binary(@pointer, name, text, text.bytesize) if text.encoding == Encoding::BINARY
      text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace) unless text.encoding == Encoding::UTF_8
      text = text.scrub unless text.valid_encoding?
      Library.es_event_text(@pointer, name, text, text.bytesize)
    end

    def nest(begin_function, name)
      Library.public_send(begin_function, @pointer, name)
      yield
      Library.es_event_end(@pointer)
    end
  end
end
