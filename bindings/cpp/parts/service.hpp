
/// An address in the mixnet: a queue of a node.
class Service {
public:
    Service() noexcept = default;
    explicit Service(const ::kpc_service &raw) noexcept : raw_(raw) {}
    Service(const Hash &node, BytesView queue) {
        if (queue.size() > sizeof(raw_.queue)) {
            throw Error(Status::ArgSize, "the name of a queue is too long");
        }
        raw_.node = node.raw();
        std::memcpy(raw_.queue, detail::data(queue), queue.size());
        raw_.queue_len = queue.size();
    }

    /// The hash of the node's identity key.
    [[nodiscard]] Hash node() const noexcept { return Hash(raw_.node); }
    /// The name of the queue.
    [[nodiscard]] BytesView queue() const noexcept { return {raw_.queue, raw_.queue_len}; }
    /// As the functions of kpclient.h take it.
    [[nodiscard]] const ::kpc_service &raw() const noexcept { return raw_; }
    [[nodiscard]] ::kpc_service &raw() noexcept { return raw_; }
    void copy_to(::kpc_service &raw) const noexcept { raw = raw_; }

private:
    ::kpc_service raw_{};
};

/// What a copy stream writes to one channel, and from which box on.
struct Destination {
    WriteCap write_cap;
    BoxIndex start_index;
    /// Is not copied.
    BytesView payload;

    /// As the functions of kpclient.h take it.
    void copy_to(::kpc_destination &raw) const noexcept {
        raw.write_cap = write_cap.raw();
        raw.start_index = start_index.raw();
        raw.payload = payload.data();
        raw.payload_len = payload.size();
    }
};
