
// ---- Values ------------------------------------------------------------------------------------

namespace detail {

/// Plain bytes of fixed size, that can be copied.
template <class Raw> class Value {
public:
    Value() noexcept = default;
    explicit Value(const Raw &raw) noexcept : raw_(raw) {}

    [[nodiscard]] BytesView bytes() const noexcept { return {raw_.bytes, sizeof(raw_.bytes)}; }
    /// As the functions of kpclient.h take it.
    [[nodiscard]] const Raw &raw() const noexcept { return raw_; }
    [[nodiscard]] Raw &raw() noexcept { return raw_; }

    friend bool operator==(const Value &a, const Value &b) noexcept { return a.compare(b) == 0; }
    friend bool operator!=(const Value &a, const Value &b) noexcept { return a.compare(b) != 0; }
    friend bool operator<(const Value &a, const Value &b) noexcept { return a.compare(b) < 0; }

private:
    [[nodiscard]] int compare(const Value &other) const noexcept {
        return std::memcmp(raw_.bytes, other.raw_.bytes, sizeof(raw_.bytes));
    }

    Raw raw_{};
};

/// The same, wiped when it ends.
template <class Raw> class Secret : public Value<Raw> {
public:
    using Value<Raw>::Value;
    Secret() noexcept = default;
    Secret(const Secret &) noexcept = default;
    Secret &operator=(const Secret &) noexcept = default;
    ~Secret() { ::kpc_wipe(&this->raw(), sizeof(Raw)); }
};

/// A struct of C with its members.
template <class Raw> class Record : public Raw {
public:
    Record() noexcept : Raw{} {}
    explicit Record(const Raw &raw) noexcept : Raw(raw) {}

    /// As the functions of kpclient.h take it.
    [[nodiscard]] const Raw &raw() const noexcept { return *this; }
    [[nodiscard]] Raw &raw() noexcept { return *this; }
};

} // namespace detail
