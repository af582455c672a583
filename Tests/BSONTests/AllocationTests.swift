// Writing, validating and reading events allocates nothing.
//
// The Swift runtime lets a process replace the function that allocates objects. The test does so in processes of its
// own, because other tests run beside it.

import BSON
import CBSON
import Glibc
import Testing

@Suite("Allocations") struct AllocationTests {
    @Test("writing an event allocates nothing once the buffer is large enough")
    func writing() async {
        await #expect(processExitsWith: .success) {
            let texts = ["web-01.local", "frontend", "/api/v1/orders/123456789", "GET"]
            var writer = DocumentWriter(capacity: 1 << 18)
            exitCounting {
                for round in 0..<100 {
                    writer.beginDocument()
                    writer["_id"] = ObjectID()
                    writer["timestamp"] = Datetime.now()
                    writer["host"] = texts[0]
                    writer["service"] = texts[1]
                    writer["path"] = texts[2]
                    writer["status"] = 200 as Int32
                    writer["bytes"] = round
                    writer["method"] = texts[3]
                    writer.document("client") { $0["port"] = 40_312 as Int32 }
                    writer.array("tags") {
                        $0.append(texts[0])
                        $0.append(2.5)
                    }
                    writer.endDocument()
                }
            }
        }
    }

    @Test("validating, iterating and looking up allocates nothing")
    func reading() async {
        await #expect(processExitsWith: .success) {
            let document = Document {
                $0["path"] = "/api/v1/orders/123456789"
                $0.document("client") { $0["port"] = 40_312 as Int32 }
            }
            var sum = 0
            exitCounting {
                for _ in 0..<100 {
                    guard let view = try? DocumentView(validating: document.bytes.span.bytes) else { exit(2) }
                    var elements = view.makeIterator()
                    while let element = elements.next() { sum += element.valueBytes.byteCount }
                    sum += Int(view.find(path: "client.port")?.int32 ?? 0)
                }
            }
        }
    }

    @Test("an allocation is counted")
    func counting() async {
        await #expect(processExitsWith: .exitCode(1)) {
            var texts: [String] = []
            exitCounting { texts.append(String(repeating: "x", count: 100 + texts.count)) }
        }
    }
}

/// Runs `body` once to warm up; then ends the process, with success if running it again allocates no object.
private func exitCounting(_ body: () -> Void) -> Never {
    let flag = "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly"
    guard let allocator = dlsym(nil, "_swift_allocObject"), let swizzled = dlsym(nil, flag) else { exit(3) }
    body()
    CBSON_count_objects(allocator, swizzled)
    let before = CBSON_objects().pointee.count
    body()
    exit(CBSON_objects().pointee.count == before ? 0 : 1)
}
