// Lines by all cores: blocks go to threads, and their events to the output in the order of the lines.
internal import BSON
internal import CSystem

// A thread parses its block without knowing the lines before it. That is right where the parser's context, which says
// what they decide about later ones, is the same as if it had known them, and the block left it so. Where it is not,
// the lines are parsed again, here and in their order. So the events are those of one thread in any case, and the guess
// of the threads, which is that the context stays as it is, is only a matter of time.

extension LogPump {
    /// Whether the lines of an input may be parsed by other threads.
    ///
    /// Those behind a line that waits for them may not.
    public func takesBlocks(of input: Int) -> Bool {
        guard workers != nil, !isParsingAgain, input < parserOfInput.count else { return false }
        return plan.parsers[parserOfInput[input]].context != nil
    }

    /// Gives lines to a thread.
    public mutating func take(_ lines: RawSpan, at base: UInt64, of splitter: LineSplitter) -> Bool {
        guard let workers, splitter.input < parserOfInput.count, output.isWanted || live.contains(splitter.input) else {
            return false
        }
        while workers.isFull || workers.hasParsed { takeOldest(of: workers) }
        let parser = parserOfInput[splitter.input]
        workers.submit { $0.fill(lines, at: base, of: splitter, parser: parser) }
        hasBlocks = true
        return true
    }

    /// Waits until the lines that were taken are parsed, and hands their events on.
    mutating func settle() {
        guard hasBlocks, let workers else { return }
        // First, since lines that are parsed again look at it.
        hasBlocks = false
        while !workers.isEmpty { takeOldest(of: workers) }
    }

    private mutating func takeOldest(of workers: BlockWorkers) {
        workers.takeOldest { block in
            if let context = block.context, context == plan.parsers[block.parser].context, let blocks = output.blocks {
                block.append(to: blocks)
                tally.add(block.tally)
                return
            }
            let hadBlocks = hasBlocks
            (isParsingAgain, hasBlocks) = (true, false)
            block.split(to: &self)
            (isParsingAgain, hasBlocks) = (false, hadBlocks)
        }
    }
}

extension LogFollower {
    /// The processors that this process may use.
    public static var processors: Int { max(1, Int(CSystem_processors())) }
}
