import Kpclient

func right(_ client: Client, _ store: Store, _ writer: Writer) async throws {
    let (writeCap, readCap, first) = try newKeypair()
    _ = try await client.writeBox(writeCap, index: first, plaintext: [1])
    _ = try await store.importReader("pear", readCap: readCap)
    Task { try await writer.send(kind: messageKind, message: [1]) }
}
