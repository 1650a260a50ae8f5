// cannot convert value of type 'WriteCap' to expected argument type 'ReadCap'
import Kpclient

func wrong(_ client: Client) async throws {
    let (writeCap, _, first) = try newKeypair()
    _ = try await client.readBox(writeCap, index: first)
}
