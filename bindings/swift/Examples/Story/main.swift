// All of the library in one program: it connects, sends an echo, opens a channel, writes to it, reads it
// elsewhere, follows events, cancels a read, and goes on although its daemon is killed in the middle.
//
//     KPC_SIM=build/bin/kpclientd-sim swift run story
//
// The daemon is the simulator, which the program starts itself, to be able to kill it.

import Foundation
import Kpclient
import Simulator

let daemon = try Simulator()
defer { daemon.end() }
let file = daemon.directory.appendingPathComponent("thinclient.toml").path
try daemon.configuration.write(toFile: file, atomically: true, encoding: .utf8)

func connected() async throws -> Client {
    let client = try Client(Config.loadFile(file))
    try await client.connect(timeout: .seconds(60))
    return client
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Alice writes two boxes, and Bob reads them with what she has sent him as text.
func channel(_ alice: Client, _ bob: Client) async throws {
    let (writeCap, readCap, first) = try newKeypair()
    let shared = try readCap.toText(index: first)
    var place = first
    for message in ["good morning", "good night"] {
        place = try await alice.writeBox(writeCap, index: place, plaintext: Array(message.utf8))
        print("Alice writes: \(message)")
    }
    var (_, _, cap, index) = try sharedTextParse(shared)
    for _ in 1...2 {
        let message: [UInt8]
        (message, index) = try await bob.readBox(cap, index: index)
        print("Bob reads: \(text(message))")
    }
}

/// A box that nobody has written, and a read of it that is given up.
func cancelled(_ client: Client) async throws {
    let (_, readCap, first) = try newKeypair()
    do {
        _ = try await client.readBox(readCap, index: first, flags: .noRetry)
    } catch KpcError.boxIDNotFound {
        print("nobody has written it")
    }
    // Without that flag a read waits until the box is written, or nobody wants it any more.
    let reading = Task { try await client.readBox(readCap, index: first) }
    reading.cancel()
    do {
        _ = try await reading.value
    } catch is CancellationError {
        print("a read was cancelled")
    }
}

/// Bob waits for a box while the daemon goes and comes back, which the events tell.
func killed(_ alice: Client, _ bob: Client) async throws {
    let (writeCap, readCap, first) = try newKeypair()
    async let reading = bob.readBox(readCap, index: first)
    let events = try bob.events()
    try daemon.say("restart")
    telling: for await event in events {
        switch event {
        case .disconnected: print("the daemon is gone")
        case .restarted:
            print("there is another one")
            break telling
        default: break
        }
    }
    _ = try await alice.writeBox(writeCap, index: first, plaintext: Array("still there".utf8))
    print("Bob reads after all: \(text(try await reading.plaintext))")
}

let (alice, bob) = (try await connected(), try await connected())
print("connected")
let reply = try await alice.sendMessageAwaitReply(alice.getService("echo"), payload: Array("hello mixnet".utf8))
print("echo: \(text(reply.prefix(12)))")
try await channel(alice, bob)
try await cancelled(bob)
try await killed(alice, bob)
try await alice.close()
try await bob.close()
