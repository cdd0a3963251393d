import Gateway

/// What became of calls, in Prometheus' text format.
///
/// Source: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
enum GatewayMetrics {
    static func text(_ counts: GatewayCounts) -> String {
        let counters: [(String, String, UInt64)] = [
            ("calls", "Calls that came with a key.", counts.calls),
            ("answered", "Answers that came to their end.", counts.answered),
            ("refused", "Calls turned away for want of budget.", counts.refused),
            ("cut", "Answers cut at a limit.", counts.cut),
            ("failed", "Calls that failed at the provider or on the way.", counts.failed),
            ("cancelled", "Answers whose caller went away.", counts.cancelled),
            ("missing_usage", "Answers whose usage nobody knows.", counts.missingUsage),
            (
                "replayed", "Calls that were told what an earlier one with their key was told.",
                counts.replayed
            ),
            (
                "unkept", "Answers that could not be kept for their Idempotency-Key.",
                counts.unkept
            ),
            (
                "above_hold", "Calls that used more than was set aside: must be zero.",
                counts.aboveHold
            ),
            (
                "unrecorded", "Calls whose end the ledger did not take: must be zero.",
                counts.unrecorded
            ),
            ("events_accepted", "Calls told by their programs, new ones.", counts.postedAccepted),
            (
                "events_duplicate", "Calls told by their programs that were there already.",
                counts.postedDuplicates
            ),
            ("events_refused", "Calls told by their programs, refused.", counts.postedRefused),
        ]
        var text = ""
        for (name, help, value) in counters {
            text += "# HELP razao_\(name)_total \(help)\n# TYPE razao_\(name)_total counter\n"
            text += "razao_\(name)_total \(value)\n"
        }
        text += "# HELP razao_in_flight Calls in flight now.\n# TYPE razao_in_flight gauge\n"
        return text + "razao_in_flight \(counts.inFlight)\n"
    }
}
