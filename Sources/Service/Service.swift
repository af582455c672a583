// What every program shares: options, configuration, logging, signals, supervision.

/// The version that every program prints and that beats and status documents carry.
public let eventstormVersion = "0.1.0"
/// The day of that version, as manual pages show it.
let eventstormDate = "2026-11-21"
