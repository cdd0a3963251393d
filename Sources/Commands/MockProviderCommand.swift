import ArgumentParser
import Server

struct MockProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock-provider",
        abstract: "Run a provider that is none: for tests and demonstrations.",
        discussion: """
            Speaks OpenAI's, Anthropic's and Google's interfaces, streamed or not, and
            answers by fixed rules; no key is asked for. Point a base URL at it:
              OpenAI      http://127.0.0.1:9090/v1
              Anthropic   http://127.0.0.1:9090
              Google      http://127.0.0.1:9090/v1beta

            Tokens are counted by a rule of its own: one for every 4 bytes of UTF-8 of
            all texts of the messages, rounded up (--bytes-per-token sets another
            number). A request with tools and the word "tool" in the last message is
            answered with a call of the first tool.

            What the options below "Behaviour" say, a call can say for itself, by a
            header x-mock-NAME or by words behind the model's name:
              curl … -H "x-mock-output-tokens: 50"
              {"model": "gpt-4o+output-tokens=50+usage=missing", …}
            Words go before headers, headers before options. A call that names an
            error-status fails, whatever the rate.

            GET /mock/totals shows what was answered, by model; POST /mock/reset sets
            that to zero. SIGTERM and SIGINT let calls in flight end, for some seconds.

            Examples:
              razao mock-provider --port 9090
              razao mock-provider --port 0 --latency-ms 300 --chunk-delay-ms 20
              razao mock-provider --error-rate 0.05 --error-status 429 --retry-after 2
            """)

    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port; 0 takes a free one and says which.") var port = 9_090
    @Option(help: "Seconds that calls in flight have when it is told to stop.")
    var shutdownSeconds = 5
    @Option(help: "The longest body of a request, in bytes.") var maximumBodyBytes = 32 << 20
    @Option(help: "Which calls fail: the same seed, the same ones.") var seed: UInt64 = 1
    @OptionGroup(title: "Behaviour") var behavior: BehaviorOptions

    struct BehaviorOptions: ParsableArguments {
        @Option(help: "Milliseconds before the first byte. Default: 0.") var latencyMs: String?
        @Option(help: "Tokens of an answer, if no fewer are asked for. Default: 16.")
        var outputTokens: String?
        @Option(help: "Tokens in a piece of a stream. Default: 1.") var chunkTokens: String?
        @Option(help: "Milliseconds between two pieces. Default: 0.") var chunkDelayMs: String?
        @Option(help: "Bytes of text that make a token. Default: 4.") var bytesPerToken: String?
        @Option(help: "The share of calls that fail, 0 to 1. Default: 0.") var errorRate: String?
        @Option(help: "The status of calls that fail. Default: 500.") var errorStatus: String?
        @Option(help: "Seconds in their Retry-After. Default: 1 for 429, else none.")
        var retryAfter: String?
        @Option(help: "Close the connection after so many tokens. Default: never.")
        var breakAfter: String?
        @Option(help: "Whether answers report usage: reported or missing.") var usage: String?
        @Flag(help: "Give all output tokens, whatever limit a call sets.") var ignoreLimit = false
        @Option(help: "Input tokens reported as read from a cache. Default: 0.")
        var cachedTokens: String?
        @Flag(help: "Answer with a page of HTML.") var html = false

        func behavior() throws -> MockBehavior {
            var behavior = MockBehavior()
            let given: [(MockSetting, String?)] = [
                (.latency, latencyMs), (.outputTokens, outputTokens), (.chunkTokens, chunkTokens),
                (.chunkDelay, chunkDelayMs), (.bytesPerToken, bytesPerToken),
                (.errorRate, errorRate), (.errorStatus, errorStatus), (.retryAfter, retryAfter),
                (.breakAfter, breakAfter), (.usage, usage), (.cachedTokens, cachedTokens),
                (.ignoreLimit, ignoreLimit ? "true" : nil), (.html, html ? "true" : nil),
            ]
            for (setting, text) in given {
                do {
                    if let text { try behavior.set(setting, to: text) }
                } catch {
                    throw CommandError("--\(error)")
                }
            }
            return behavior
        }
    }

    func run() async throws {
        guard (0...65_535).contains(port) else {
            throw CommandError("--port \(port): give a number from 0 to 65535")
        }
        guard shutdownSeconds >= 0, maximumBodyBytes > 0 else {
            throw CommandError("--shutdown-seconds and --maximum-body-bytes: give whole numbers")
        }
        let options = MockOptions(
            behavior: try behavior.behavior(), seed: seed, maximumBodyBytes: maximumBodyBytes)
        let listener = ListenerOptions(
            host: host, port: port, shutdownSeconds: shutdownSeconds, stopsBySignals: true)
        let server: RunningServer
        do {
            server = try await MockProvider.start(options, at: listener)
        } catch {
            throw CommandError("\(error)")
        }
        Console.line("mock-provider listens on http://\(host):\(server.port)")
        try await server.wait()
    }
}
