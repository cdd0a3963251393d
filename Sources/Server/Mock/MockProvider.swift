/// How a mock provider is started.
public struct MockOptions: Sendable, Equatable {
    /// How calls are answered that say nothing themselves.
    public var behavior: MockBehavior
    /// Which calls fail, where some shall.
    public var seed: UInt64
    /// The longest body that is read.
    public var maximumBodyBytes: Int

    /// Options; bodies may have 32 MiB, as at the providers.
    public init(
        behavior: MockBehavior = MockBehavior(), seed: UInt64 = 1, maximumBodyBytes: Int = 32 << 20
    ) {
        self.behavior = behavior
        self.seed = seed
        self.maximumBodyBytes = maximumBodyBytes
    }
}

/// A provider that is none: it speaks OpenAI's, Anthropic's and Google's interfaces, and answers by
/// fixed rules.
///
/// ```swift
/// let server = try await MockProvider.start(MockOptions(), at: ListenerOptions(port: 9090))
/// try await server.wait()
/// ```
/// `GET /mock/totals` tells what it has answered, `POST /mock/reset` sets that to zero.
public enum MockProvider {
    /// Starts one; returns when it listens. Calls are answered on `executor`, or on the threads
    /// that all tasks share. Throws ``ListenError`` where it cannot.
    public static func start(
        _ options: MockOptions, at listener: ListenerOptions, on executor: (any TaskExecutor)? = nil
    ) async throws -> RunningServer {
        try await RunningServer.start(listener, on: executor, MockService(options))
    }
}
