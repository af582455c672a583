// Our answers to the judge's questions.

import BSON
import Query

/// Asks our own query language.
func answer(to judged: JudgeCase, about documents: [Document]) -> Answer {
    judged.withQuestion { question in
        do throws(QueryError) {
            return switch judged.kind {
            case .match: .outcomes(try hits(of: question, documents))
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
