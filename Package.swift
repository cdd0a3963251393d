// swift-tools-version: 6.2
import PackageDescription

/// One set of language settings for every target: strict memory safety everywhere, and the upcoming
/// features that change how imports and existentials are written.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// How the program is linked: nobody looks its symbols up by name, and its 120,000 relocations, read
/// at every start, take 50 kB in place of 3 MB (glibc 2.36 and newer). A seventh less memory at rest.
let lean = LinkerSetting.unsafeFlags(
    [
        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker",
        "pack-relative-relocs",
    ], .when(configuration: .release))

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
/// What a server is made of: Hummingbird, and the parts of it whose types the module names.
let server: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "Logging", package: "swift-log"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
]

let package = Package(
    name: "razao",
    products: [
        .executable(name: "razao", targets: ["razao"]),
        .library(name: "Money", targets: ["Money"]),
        .library(name: "Ledger", targets: ["Ledger"]),
        .library(name: "LMDB", targets: ["LMDB"]),
        .library(name: "Journal", targets: ["Journal"]),
        .library(name: "Statements", targets: ["Statements"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        // Without what hangs on its traits: configuration and the whole of Foundation.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CPangoCairo", pkgConfig: "pangocairo",
            providers: [.apt(["libpango1.0-dev", "libcairo2-dev"])]),
        .target(name: "LMDB", dependencies: ["CLMDB"], swiftSettings: settings),
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: settings),
        .target(name: "PDF", dependencies: ["CPangoCairo"], swiftSettings: settings),
        .target(name: "Money", swiftSettings: settings),
        .target(name: "Ledger", dependencies: ["Money"], swiftSettings: settings),
        .target(name: "Providers", dependencies: ["Ledger"], swiftSettings: settings),
        .target(
            name: "Journal", dependencies: ["Ledger", "LMDB", "Money", crypto],
            swiftSettings: settings),
        .target(
            name: "Gateway",
            dependencies: ["Providers", "Journal", "Ledger", "Money", "Curl"],
            swiftSettings: settings),
        .target(
            name: "Statements", dependencies: ["Ledger", "Money", "PDF", mustache],
            swiftSettings: settings),
        .target(
            name: "Alerts",
            dependencies: [
                "Gateway", "Curl", "Journal", "Ledger", "Money", "Providers", "Statements", crypto,
            ],
            swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: ["Gateway", "Journal", "Money", "Providers", "Ledger"] + server,
            swiftSettings: settings),
        .target(
            name: "Commands",
            dependencies: [
                "Money", "Ledger", "LMDB", "Curl", "Journal", "Providers", "Gateway", "Statements",
                "Alerts", "Server", arguments, crypto,
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "razao", dependencies: ["Commands", arguments], swiftSettings: settings,
            linkerSettings: [lean]),
        .target(
            name: "TestSupport", dependencies: ["Money", "Ledger"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "LMDBTests", dependencies: ["LMDB", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CurlTests", dependencies: ["Curl", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "MoneyTests", dependencies: ["Money", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "LedgerTests", dependencies: ["Ledger", "Money", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ProvidersTests", dependencies: ["Providers", "Ledger", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "JournalTests",
            dependencies: ["Journal", "Ledger", "LMDB", "Money", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["Gateway", "Providers", "Journal", "Ledger", "Money", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "StatementsTests",
            dependencies: ["Statements", "Ledger", "Money", "PDF", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "AlertsTests",
            dependencies: [
                "Alerts", "Gateway", "Curl", "Journal", "Ledger", "Money", "Statements",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Alerts", "Commands", "Server", "Gateway", "Journal", "Money", "Providers",
                "Ledger", "Curl",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Alerts", "Commands", "Gateway", "Providers", "Curl", "Journal", "Statements",
                "Ledger",
                "Money", "TestSupport", "razao",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
