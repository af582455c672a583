# Sources and topics.
module Eventstorm
  # Emits events to whoever subscribes.
  class Source
    # name: what it is called in the books; a restarted program keeps its name.
    # endpoints: where to connect, or with "bind:" before it to bind; several are joined by commas.
    #
    # With a block the source is closed behind it.
    def self.open(name, endpoints = "tcp://127.0.0.1:5570")
      source = new(name, endpoints)
      return source unless block_given?
      begin
        yield source
      ensure
        source.close
      end
    end

    # Counts how often the source was opened: once more in each forked child.
    attr_reader :generation

    def initialize(name, endpoints = "tcp://127.0.0.1:5570")
      @name = name
      @endpoints = endpoints
      @lock = Mutex.new
      @topics = {}
      @generation = 0
      open_again
      at_exit { close }
    end

    # Opens a topic, such as "shop.order"; opening it again gives the same.
    def topic(name)
      pointer
      @lock.synchronize { @topics[name] ||= Topic.new(self, name) }
    end

    # Waits until a subscriber is there and all its subscriptions are known; whether there was one.
    def wait(seconds) = Library.es_source_wait(pointer, (seconds * 1000).to_i).zero?

    # Waits until all was handed to the sockets; whether it was.
    def flush(seconds) = Library.es_source_flush(pointer, (seconds * 1000).to_i).zero?

    # What became of the events of all topics.
    def counts = Library.counts(:es_source_counts, pointer, Counts)

    # The endpoints that were bound, with the ports that the system chose.
    def bound = Library.texts(:es_source_bound, pointer)

    # Sends what waits, for a second at most; whether that was all.
    def close
      return true if @is_closed
      @is_closed = true
      @process != Process.pid || Library.free(:es_source_close, @pointer).zero?
    end

    # The source as C has it; a forked child opens one of its own.
    def pointer
      raise Error, "the source is closed" if @is_closed
      @lock.synchronize { open_again if @process != Process.pid } if @process != Process.pid
      @pointer
    end

    private

    def open_again
      @pointer = Library.check(Library.es_source_open(@name, @endpoints))
      @process = Process.pid
      @generation += 1
    end
  end

  # A topic of a source.
  class Topic
    attr_reader :name

    def initialize(source, name)
      @source = source
      @name = name
      open
    end

    # Whether somebody subscribes: what is work to find out need not be found out for nobody.
    def wanted? = Library.es_topic_wanted(pointer) != 0

    # Emits an event, which gets an _id and a timestamp unless it has them; whether anybody wants it.
    #
    # Values are nil, true, false, Integer, Float, String (binary data by its encoding), Symbol, Time, Hash and Array.
    def emit(fields = {}, **more)
      topic = pointer
      if Library.es_topic_wanted(topic).zero?
        Library.es_topic_unwanted(topic)
        return false
      end
      fields = fields.merge(more) unless more.empty?
      Event.filled(fields) { |event| Library.check(Library.es_emit(topic, event.pointer)) }
      true
    end

    # Emits bytes that are a BSON document.
    def emit_bson(document)
      Library.check(Library.es_emit_bson(pointer, document, document.bytesize))
      true
    end

    # What became of the events of this topic.
    def counts = Library.counts(:es_topic_counts, pointer, Counts)

    private

    def pointer
      source = @source.pointer
      open if @generation != @source.generation
      source && @pointer
    end

    def open
      @pointer = Library.check(Library.es_topic_open(@source.pointer, @name))
      @generation = @source.generation
    end
  end
end
