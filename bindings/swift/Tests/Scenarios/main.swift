// The scenarios that every language runs, bindings/scenarios: TABLE [NAME...].

import Foundation
import Kpclient
import Simulator

/// What Swift has not, of what a scenario may need, and why.
let missing = [
    "exceptions": "a log function that throws does not compile",
    "fork": "Swift has no fork",
    "wrong types": "what has another type does not compile",
]

/// Runs a scenario that ends its process; says why it failed.
func inAProcess(_ table: String, _ name: String) throws -> String? {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = [table, name]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let isWell = process.terminationReason == .exit && process.terminationStatus == 0 && said.isEmpty
    return isWell ? nil : "it ended with \(process.terminationStatus): \(said)"
}

/// Why a scenario failed, or nil.
@MainActor
func run(_ scenario: JSON) async throws -> String? {
    let simulator = try Simulator(scenario["sim"]?.list?.compactMap(\.text) ?? [])
    defer { simulator.end() }
    let world = World(simulator)
    for (i, fields) in (scenario["steps"]?.list ?? []).enumerated() {
        let step = try Step(fields)
        if let why = await world.step(step) {
            world.end()
            return "step \(i + 1) (\(step.action)): \(why)"
        }
    }
    world.end()
    return await isDownTo(0) ? nil : "\(debugLiveObjects()) objects are left"
}

guard CommandLine.arguments.count > 1 else { fatalError("scenarios TABLE [NAME...]") }
let path = CommandLine.arguments[1]
let wanted = CommandLine.arguments.dropFirst(2)
let table = try JSON(String(contentsOfFile: path, encoding: .utf8))
var (passed, failed) = (0, 0)
for scenario in table.list ?? [] {
    let name = scenario["name"]?.text ?? ""
    if !wanted.isEmpty && !wanted.contains(name) { continue }
    if let why = missing[scenario["needs"]?.text ?? ""] {
        print("left out \(name): \(why)")
        continue
    }
    let why: String?
    do {
        let endsItself = scenario["alone"]?.isTrue == true && wanted.isEmpty
        why = endsItself ? try inAProcess(path, name) : try await run(scenario)
    } catch {
        why = "\(error)"
    }
    if why == nil { passed += 1 } else { failed += 1 }
    print(why.map { "FAILED \(name): \($0)" } ?? "ok \(name)")
    fflush(nil)
}
print("scenarios in Swift: \(passed) passed, \(failed) failed, 0 skipped")
exit(failed == 0 ? 0 : 1)
