import Alerts
import ArgumentParser
import Curl
import Foundation
import Gateway
import Journal
import Logging
import Providers
import Server

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Run the gateway: every call held, metered and recorded.",
        discussion: """
            Any OpenAI or Anthropic client uses it by its base URL and a key of yours:
              OpenAI      http://127.0.0.1:8080/v1
              Anthropic   http://127.0.0.1:8080

            Providers that are known by name need only their key in the environment:
            OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, GROQ_API_KEY,
            MISTRAL_API_KEY, DEEPSEEK_API_KEY. Others stand in ledger.conf, as
            provider.NAME.base_url and so on.

            Examples:
              razao key create acme --name chatbot
              OPENAI_API_KEY=sk-… razao gateway
              razao gateway --port 0 --config gateway.conf

            Programs that call providers themselves post their usage to /api/events.

            Alerts of budgets are raised by themselves and sent to where alerts.… in
            ledger.conf says; see: razao alerts.

            SIGHUP reads the settings anew, for the calls that come from then on; the
            log says what changed, and what needs a restart. SIGTERM and SIGINT take
            no more calls, let those in flight end and record them.

            One gateway at a time runs on a data folder; other commands may run beside
            it.
            """)

    @Option(help: "The address to listen on. Default: gateway.host.") var host: String?
    @Option(help: "The port; 0 takes a free one. Default: gateway.port.") var port: Int?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try common.settings()
        let folder = common.folder(settings)
        let environment = ProcessInfo.processInfo.environment
        let gateway = try GatewaySetup.settings(settings, environment)
        let targets = try AlertSetup.targets(settings, environment)
        if let port, !(0...65_535).contains(port) {
            throw CommandError("--port \(port): give a number from 0 to 65535")
        }
        let opened = try GatewaySetup.open(folder, settings)
        do {
            try await serve(opened, settings, gateway, targets)
        } catch {
            opened.close()
            throw error
        }
        opened.close()
    }

    /// Each call in flight has two connections: as many files as the system allows.
    private func raiseFileLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func serve(
        _ opened: GatewaySetup.Opened, _ settings: Settings, _ gateway: GatewaySettings,
        _ targets: AlertTargets
    ) async throws {
        raiseFileLimit()
        let loop = try TransferLoop()
        let engine = GatewayEngine(
            journal: opened.journal,
            upstream: CurlUpstream(loop: loop), settings: gateway, people: opened.people,
            kept: opened.kept)
        if opened.kept.isNewForDamage {
            Console.line(
                "cache/ was damaged and is new: answers kept for Idempotency-Key are gone")
        }
        try await endLeftovers(engine, settings)
        let host = host ?? settings.text("gateway.host")
        let shutdown = Settings.seconds(settings.text("gateway.shutdown"), atMost: 3_600) ?? 30
        let listener = ListenerOptions(
            host: host, port: port ?? Int(settings.text("gateway.port")) ?? 8_080,
            idleSeconds: Settings.seconds(settings.text("gateway.idle_timeout"), atMost: 3_600)
                ?? 75,
            shutdownSeconds: shutdown, stopsBySignals: true)
        let log = Logger(label: "razao.gateway") { StreamLogHandler.standardError(label: $0) }
        let office = try await AlertSetup.Office.opened(opened.journal, targets, loop)
        let reload = await reload(engine, office.post, settings, gateway, log)
        defer { reload.cancel() }
        let watch = AlertWatch(
            journal: opened.journal, settled: engine.settled, post: office.post, by: "gateway"
        ) { log.notice("\($0)") }
        let watching = Task { await watch.run() }
        do {
            let server = try await GatewayServer.start(engine, log: log, at: listener)
            Console.line("gateway listens on http://\(host):\(server.port)")
            let names = gateway.providers.keys.sorted().joined(separator: ", ")
            Console.line("providers: \(names)")
            try await server.wait()
        } catch let error as ListenError {
            watching.cancel()
            await loop.close(within: .zero)
            await watching.value
            office.close()
            throw CommandError("\(error)")
        }
        await engine.finish(within: .seconds(shutdown))
        // What is not sent yet stays in the outbox, for the next one.
        watching.cancel()
        await watching.value
        office.close()
        await loop.close(within: .seconds(5))
        let counts = engine.counts
        Console.line(
            "gateway stopped; \(counts.calls) calls, \(counts.answered) answered, "
                + "\(counts.refused) refused, \(counts.cut) cut, \(counts.failed) failed")
    }

    /// Reads the settings anew whenever SIGHUP says so, until the task is cancelled.
    private func reload(
        _ engine: GatewayEngine, _ post: AlertPost, _ settings: Settings,
        _ gateway: GatewaySettings, _ log: Logger
    ) async -> Task<Void, Never> {
        // What a flag says, no file changes.
        let flags = [
            (host != nil, "gateway.host"), (port != nil, "gateway.port"),
            (common.data != nil, "data.folder"),
        ].filter(\.0).map(\.1)
        let reload = GatewayReload(
            settings, gateway, post.targets, pinned: Set(flags),
            environment: ProcessInfo.processInfo.environment,
            read: { [common] in try common.settings() },
            use: { gateway, targets in
                engine.use(gateway)
                post.use(targets)
            })
        return await Hangup.onEach {
            for line in reload.run() {
                log.log(level: line.isGood ? .info : .warning, "\(line.text)")
            }
        }
    }

    /// Ends what a gateway that was killed left open, and says so.
    private func endLeftovers(_ engine: GatewayEngine, _ settings: Settings) async throws {
        let policy =
            GatewayEngine.LeftoverPolicy(rawValue: settings.text("gateway.leftover_holds"))
            ?? .abandon
        let leftovers = try await engine.endLeftovers(policy)
        guard !leftovers.isEmpty else { return }
        let what = policy == .abandon ? "recorded as abandoned, usage unknown" : "released"
        for leftover in leftovers.prefix(Self.shownLeftovers) {
            Console.line("left open: \(leftover.id) of \(leftover.client) at \(leftover.at)")
        }
        if leftovers.count > Self.shownLeftovers {
            Console.line("… and \(leftovers.count - Self.shownLeftovers) more")
        }
        Console.line(
            "the last gateway was killed: \(counted(leftovers.count, "call")) left open, \(what)")
    }

    private static let shownLeftovers = 20
}
