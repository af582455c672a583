// Our answers to the judge's questions.

import BSON

@testable import Query

/// Asks our own query language.
func answer(to judged: JudgeCase, about documents: [Document]) -> Answer {
    judged.withQuestion { question in
        do throws(QueryError) {
            return switch judged.kind {
            case .match: .outcomes(try hits(of: question, documents))
            case .expression: .outcomes(try values(of: question, documents))
            default: .refused("not built")
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
        do throws(QueryError) { return .hit(try match.matches(view)) } catch { return .failed }
    }
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
            return .failed
        }
    }
}
