import Foundation
import Testing

// What is said of tokenizers in the settings, before a gateway starts.
@Suite struct `A tokenizer in the settings` {
    static let small = Workplace.fixture("tokens/small.tiktoken")

    /// A row: lines of settings, and what is said of them.
    static let faults: [([String], String)] = [
        (["tokenizer.o200k_base.models = openai/gpt-4o"], "tokenizer.o200k_base.file is missing"),
        (["tokenizer.o200k_base.file = \(small)"], "tokenizer.o200k_base.models is missing"),
        (
            ["tokenizer.mine.file = \(small)", "tokenizer.mine.models = openai/gpt-4o"],
            "tokenizer.mine.pattern is missing; give cl100k_base or o200k_base"
        ),
        (
            [
                "tokenizer.o200k_base.file = /nowhere/x", "tokenizer.o200k_base.models = a/b",
            ], "/nowhere/x cannot be read"
        ),
        (
            [
                "tokenizer.o200k_base.file = ledger.conf", "tokenizer.o200k_base.models = a/b",
            ], "ledger.conf line 1 is not a token"
        ),
        (
            [
                "tokenizer.o200k_base.file = \(small)", "tokenizer.o200k_base.models = a/b",
                "tokenizer.x.file = \(small)", "tokenizer.x.models = a/c, a/b",
                "tokenizer.x.pattern = cl100k_base",
            ], "a/b has two tokenizers"
        ),
        (["tokenizer.x.models = gpt-4o"], "give models such as openai/gpt-4o"),
        (["tokenizer.x.pattern = gpt2"], "give cl100k_base or o200k_base"),
        (["tokenizer.x.path = y"], "there is no setting \"tokenizer.x.path\""),
        (["gateway.uncounted = perhaps"], "give refuse or one-at-a-time"),
        (["provider.p.counting = off"], "give yes or no"),
    ]

    @Test(arguments: faults)
    func `that cannot be used is told in a sentence`(lines: [String], words: String) throws {
        let place = try Workplace(initialized: false)
        let settings = ["provider.p.base_url = http://127.0.0.1:9/v1"] + lines
        let path = try place.write("ledger.conf", settings.joined(separator: "\n"))
        try place.refused("gateway", "--port", "0", "--config", path, saying: [words])
    }
}
