
// ---- Objects -----------------------------------------------------------------------------------

namespace detail {

/// The only owner of one object of the library. An object that was moved from, or freed, is empty:
/// whatever is asked of it fails with Status::BadHandle.
template <class Raw, void (*Free)(Raw *)> class Handle {
public:
    Handle() noexcept = default;
    explicit Handle(Raw *raw, ::kpc_client *client = nullptr) noexcept
        : raw_(raw), client_(client) {}
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    Handle(Handle &&other) noexcept
        : raw_(std::exchange(other.raw_, nullptr)), client_(other.client_) {}
    Handle &operator=(Handle &&other) noexcept {
        if (this != &other) {
            Free(std::exchange(raw_, std::exchange(other.raw_, nullptr)));
            client_ = other.client_;
        }
        return *this;
    }
    ~Handle() { Free(raw_); }

    /// Whether there is an object.
    explicit operator bool() const noexcept { return raw_ != nullptr; }
    /// Frees the object now.
    void reset() noexcept { Free(std::exchange(raw_, nullptr)); }
    /// For functions of kpclient.h; the object stays where it is.
    [[nodiscard]] Raw *raw() const {
        if (raw_ == nullptr) {
            throw Error(Status::BadHandle, "the object was moved from, or freed");
        }
        return raw_;
    }
    /// Gives the object to the caller, who frees it.
    [[nodiscard]] Raw *release() noexcept { return std::exchange(raw_, nullptr); }
    /// Where a function of kpclient.h puts an object. `client` is the one it belongs to.
    [[nodiscard]] Raw **out(::kpc_client *client = nullptr) noexcept {
        reset();
        client_ = client;
        return &raw_;
    }
    /// The client that cancels the operations of this object; NULL where there is none.
    [[nodiscard]] ::kpc_client *client() const noexcept { return client_; }

private:
    Raw *raw_ = nullptr;
    ::kpc_client *client_ = nullptr;
};

/// A pointer that is never NULL, so that no bytes are as good as some.
inline const std::uint8_t *data(BytesView bytes) noexcept {
    static constexpr std::uint8_t none = 0;
    return bytes.data() ? bytes.data() : &none;
}
inline const char *data(std::string_view text) noexcept { return text.data() ? text.data() : ""; }

/// A text with a NUL behind it, for the time of one call; wiped, as it may be a capability.
class Text {
public:
    Text(std::string_view text) : text_(text), is_there_(true) {
        if (text_.find('\0') != std::string::npos) {
            throw Error(Status::ArgValue, "a text with a NUL in it");
        }
    }
    Text(const std::optional<std::string_view> &text) : Text(text.value_or(std::string_view())) {
        is_there_ = text.has_value();
    }
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;
    ~Text() { ::kpc_wipe(text_.data(), text_.size()); }

    [[nodiscard]] const char *get() const noexcept { return is_there_ ? text_.c_str() : nullptr; }

private:
    std::string text_;
    bool is_there_;
};

/// Values in a row, as C takes them; wiped, as there may be capabilities in them.
template <class Raw> class Row {
public:
    template <class Value> explicit Row(const std::vector<Value> &values) {
        raw_.resize(values.size());
        auto raw = raw_.begin();
        for (const Value &value : values) {
            value.copy_to(*raw++);
        }
    }
    Row(const Row &) = delete;
    Row &operator=(const Row &) = delete;
    ~Row() { ::kpc_wipe(raw_.data(), raw_.size() * sizeof(Raw)); }

    [[nodiscard]] const Raw *data() const noexcept { return raw_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return raw_.size(); }

private:
    std::vector<Raw> raw_;
};

template <class Value> auto pointer(const std::optional<Value> &value) noexcept {
    return value ? &value->raw() : nullptr;
}

inline std::uint32_t ms(std::chrono::milliseconds time) {
    if (time.count() < 0 || time.count() > static_cast<std::chrono::milliseconds::rep>(UINT32_MAX)) {
        throw Error(Status::ArgValue, "a time that does not fit 32 bits of milliseconds");
    }
    return static_cast<std::uint32_t>(time.count());
}

} // namespace detail

/// Bytes of any length that the library hands out. They are read in place; what held a secret is
/// wiped with the last Buffer of it. An empty one has no bytes.
class Buffer : public detail::Handle<::kpc_buffer, ::kpc_buffer_free> {
public:
    using Handle::Handle;
    /// A copy of `bytes`.
    explicit Buffer(BytesView bytes) {
        detail::Check check;
        check(::kpc_buffer_new(bytes.data(), bytes.size(), out(), check.error()));
    }

    [[nodiscard]] const std::uint8_t *data() const noexcept {
        return *this ? ::kpc_buffer_data(raw()) : nullptr;
    }
    [[nodiscard]] std::size_t size() const noexcept { return *this ? ::kpc_buffer_len(raw()) : 0; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] const std::uint8_t *begin() const noexcept { return data(); }
    [[nodiscard]] const std::uint8_t *end() const noexcept { return data() + size(); }
    /// The bytes as characters; they are not copied.
    [[nodiscard]] std::string_view view() const noexcept {
        return {reinterpret_cast<const char *>(data()), size()};
    }
    /// A copy, which is not wiped.
    [[nodiscard]] std::string to_string() const { return std::string(view()); }
    /// A copy, which is not wiped.
    [[nodiscard]] std::vector<std::byte> to_vector() const {
        const auto *first = reinterpret_cast<const std::byte *>(data());
        return {first, first + size()};
    }
    /// Another owner of the same bytes.
    [[nodiscard]] Buffer share() const {
        Buffer other;
        detail::Check check;
        check(::kpc_buffer_ref(raw(), other.out(), check.error()));
        return other;
    }
};

namespace detail {

/// A place in a list that is read by position.
template <class List> class Position {
public:
    Position(const List &list, std::size_t at) noexcept : list_(&list), at_(at) {}
    auto operator*() const { return list_->at(at_); }
    Position &operator++() noexcept {
        ++at_;
        return *this;
    }
    friend bool operator==(const Position &a, const Position &b) noexcept { return a.at_ == b.at_; }
    friend bool operator!=(const Position &a, const Position &b) noexcept { return a.at_ != b.at_; }

private:
    const List *list_;
    std::size_t at_;
};

} // namespace detail
