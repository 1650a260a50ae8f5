// cannot convert value of type 'Store' to expected argument type 'Client'
import Kpclient

func wrong(_ store: Store, _ builder: CopyBuilder) async throws {
    try await builder.write(store)
}
