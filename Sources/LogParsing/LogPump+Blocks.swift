// Lines by all cores: blocks go to threads, and their events to the output in the order of the lines.
internal import BSON
internal import CSystem

// A thread parses its block without knowing the lines before it. It begins in the context that was known when it got
// the block, a few blocks behind. That was right if the context that the block really has, known when those before it
// are parsed, agrees. Where it does not, the lines are parsed again, here and in their order. Lines that go on with a
// message of the block before are always parsed here, and so are mails put together, of lines that the threads parsed.
// So the events are those of one thread in any case, and in the same order.

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
        let context = plan.parsers[parser].context ?? LineContext()
        workers.submit { $0.fill(lines, at: base, of: splitter, parser: parser, in: context, at: now) }
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
            if let context = plan.parsers[block.parser].context, block.isRight(in: context), let blocks = output.blocks
            {
                parse(block.linesBefore, of: block)
                join(block, to: blocks)
            } else {
                parse(block.lines, of: block)
            }
        }
    }

    /// Parses lines of a block here.
    private mutating func parse(_ lines: Range<Int>, of block: LineBlock) {
        if lines.isEmpty { return }
        let hadBlocks = hasBlocks
        (isParsingAgain, hasBlocks) = (true, false)
        block.split(lines, to: &self)
        (isParsingAgain, hasBlocks) = (false, hadBlocks)
    }

    /// Takes what a thread made of a block.
    private mutating func join(_ block: LineBlock, to blocks: any BlockOutput) {
        guard let context = block.contextBehind, block.linesBefore != block.lines else { return }
        plan.parsers[block.parser].goOn(in: context, to: output)
        let spliced = SplicedOutput(block, into: blocks, output)
        plan.parsers[block.parser].take(block.mails, to: spliced)
        spliced.finish()
        tally.add(block.tally)
    }
}

extension LogFollower {
    /// The processors that this process may use.
    public static var processors: Int { max(1, Int(CSystem_processors())) }
}
