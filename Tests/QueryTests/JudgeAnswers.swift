// Our answers to the judge's questions.

import BSON

@testable import Query

/// Asks our own query language.
func answer(to judged: JudgeCase, about documents: [Document]) -> Answer {
    judged.withQuestion { question in
        do throws(QueryError) {
            return switch judged.kind {
            case .match: .outcomes(try hits(of: question, documents))
            case .project: .outcomes(try projected(by: question, documents))
            case .expression: .outcomes(try values(of: question, documents))
            case .pipeline: try results(of: question, documents, inParts: judged.number % 2 == 1)
            case .update: .outcomes(try updated(by: question, documents))
            }
        } catch {
            return .refused(error.message)
        }
    }
}

private func hits(of question: ElementView, _ documents: [Document]) throws(QueryError) -> [Outcome] {
    guard let query = question.document else { throw QueryError("no document") }
    let match = try Match(query)
    return documents.map { document in
        let view = document.view
        do throws(QueryError) { return .hit(try match.matches(view)) } catch { return .failed(error.message) }
    }
}

private func projected(by question: ElementView, _ documents: [Document]) throws(QueryError) -> [Outcome] {
    guard let fields = question.document else { throw QueryError("no document") }
    let projection = try Projection(fields)
    return documents.map { document in
        outcome { writer throws(QueryError) in
            let view = document.view
            try projection.apply(view, to: &writer)
        }
    }
}

private func updated(by question: ElementView, _ documents: [Document]) throws(QueryError) -> [Outcome] {
    guard let changes = question.document else { throw QueryError("no document") }
    let update = try Update(changes)
    return documents.map { document in
        outcome { writer throws(QueryError) in
            let view = document.view
            try update.apply(view, to: &writer)
        }
    }
}

/// What is written as a whole document.
private func outcome(_ write: (inout DocumentWriter) throws(QueryError) -> Void) -> Outcome {
    var writer = DocumentWriter()
    do throws(QueryError) { try write(&writer) } catch { return .failed(error.message) }
    let result = Document(copying: DocumentView(unchecked: writer.bytes))
    return .value(Document { $0.document("value", copying: result.view) })
}

private func values(of question: ElementView, _ documents: [Document]) throws(QueryError) -> [Outcome] {
    let expression = try Expression(question)
    return documents.map { document in
        let view = document.view
        do throws(QueryError) {
            let value = try expression.evaluate(view, now: .now())
            let key = [UInt8]("value".utf8)
            return .value(Document { value.append(to: &$0, key: key.span.bytes) })
        } catch {
            return .failed(error.message)
        }
    }
}

/// Runs a pipeline over all documents at once, or in three parts that are merged, where that is possible.
private func results(
    of question: ElementView, _ documents: [Document], inParts: Bool
) throws(QueryError) -> Answer {
    guard let stages = question.array else { throw QueryError("no array") }
    let pipeline = try Pipeline(stages)
    do throws(QueryError) {
        let count = inParts && pipeline.isDivisible ? 3 : 1
        var whole: PipelineRun?
        for part in 0..<count {
            let run = pipeline.run()
            for document in documents[documents.count * part / count..<documents.count * (part + 1) / count] {
                let view = document.view
                if try !run.add(view) { break }
            }
            if let whole { try whole.merge(run) } else { whole = run }
        }
        guard let whole else { throw QueryError("no run") }
        try whole.finish()
        var results: [Document] = []
        whole.drain { results.append(Document(copying: $0)) }
        return .results(results)
    } catch {
        return .failed(error.message)
    }
}
