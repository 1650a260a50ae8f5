// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "kpclient",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [.library(name: "Kpclient", targets: ["Kpclient"])],
    targets: [
        // kpclient.h and the library, which pkg-config finds.
        .systemLibrary(
            name: "CKpclient",
            pkgConfig: "kpclient"
        ),
        .target(name: "Kpclient", dependencies: ["CKpclient"]),
        // A daemon for tests and examples.
        .target(name: "Simulator", dependencies: ["Kpclient"], path: "Tests/Simulator"),
        .executableTarget(name: "story", dependencies: ["Kpclient", "Simulator"], path: "Examples/Story"),
        .executableTarget(name: "scenarios", dependencies: ["Kpclient", "Simulator"], path: "Tests/Scenarios"),
        .testTarget(name: "KpclientTests", dependencies: ["Kpclient", "Simulator"]),
    ]
)
