// swift-tools-version: 6.2
import PackageDescription

// Apart from the root package, so that building the program does not build its bench. Everything is
// measured through the public interface, as another program would use it.
let package = Package(
    name: "bench",
    dependencies: [.package(name: "razao", path: "../..")],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "Journal", package: "razao"),
                .product(name: "Ledger", package: "razao"),
                .product(name: "LMDB", package: "razao"),
                .product(name: "Money", package: "razao"),
                .product(name: "Statements", package: "razao"),
            ],
            swiftSettings: [
                .strictMemorySafety(),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
