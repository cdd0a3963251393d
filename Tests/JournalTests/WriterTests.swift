import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

@Suite struct `What a commit costs` {
    @Test(arguments: [(0.0003, 0.000_008), (0.006, 0.000_008), (0, 0.000_002)])
    func `is told apart from what each event adds`(fixed: Double, each: Double) throws {
        try withSeed { random in
            var cost = CommitCost()
            for _ in 0..<300 {
                let events = random.int(1...1_024)
                cost.note(events: events, seconds: fixed + each * Double(events))
            }
            try #require(abs(cost.fixed - fixed) < 0.000_02)
        }
    }

    @Test func `is never more than the shortest commit, and known for groups of one size`() throws {
        try withSeed { random in
            var cost = CommitCost()
            for _ in 0..<300 {
                cost.note(events: 64, seconds: 0.001)
                try #require(cost.fixed > 0 && cost.fixed <= 0.001)
            }
        }
    }
}
