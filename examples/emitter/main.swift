// Emits an order a second: the smallest source.
import Eventstorm

let place = CommandLine.arguments.dropFirst().first ?? "tcp://127.0.0.1:5570"
let source = try Source("shop", to: Endpoint.list(place, usual: .connect))
let orders = try source.topic("shop.order")
for number in 1... {
    orders.emit {
        $0["number"] = number
        $0["total"] = Double.random(in: 5...200)
    }
    try await Task.sleep(for: .seconds(1))
}
