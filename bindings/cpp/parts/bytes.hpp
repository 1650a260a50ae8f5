
// ---- Bytes and time limits ---------------------------------------------------------------------

/// Bytes that a call reads: made of a string, a vector, an array or a span of bytes or characters.
/// It does not own them. A string literal counts without its NUL.
class BytesView {
public:
    constexpr BytesView() noexcept = default;
    BytesView(const void *bytes, std::size_t size) noexcept
        : data_(static_cast<const std::uint8_t *>(bytes)), size_(size) {}
    BytesView(const char *text) noexcept : BytesView(text, std::strlen(text)) {}

    template <class Bytes, class Element = std::remove_cv_t<std::remove_reference_t<
                               decltype(*std::declval<const Bytes &>().data())>>,
              class = std::enable_if_t<sizeof(Element) == 1 && !std::is_same_v<Element, bool> &&
                                       std::is_trivially_copyable_v<Element> &&
                                       !std::is_same_v<Bytes, BytesView>>>
    BytesView(const Bytes &bytes) noexcept : BytesView(bytes.data(), bytes.size()) {}

    template <std::size_t Size>
    BytesView(const std::uint8_t (&bytes)[Size]) noexcept : BytesView(bytes, Size) {}
    template <std::size_t Size>
    BytesView(const std::byte (&bytes)[Size]) noexcept : BytesView(bytes, Size) {}

    [[nodiscard]] const std::uint8_t *data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] const std::uint8_t *begin() const noexcept { return data_; }
    [[nodiscard]] const std::uint8_t *end() const noexcept { return data_ + size_; }

private:
    const std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

/// How long a call may take: a duration of std::chrono, or no limit, which std::nullopt and
/// nothing at all say too. A duration that is over counts as 0; a fraction of a millisecond, as one.
class Timeout {
public:
    constexpr Timeout() noexcept = default;
    constexpr Timeout(std::nullopt_t) noexcept {}
    template <class Count, class Period>
    constexpr Timeout(std::chrono::duration<Count, Period> duration) noexcept
        : ms_(milliseconds(std::chrono::duration<double, std::milli>(duration).count())) {}
    template <class Count, class Period>
    constexpr Timeout(const std::optional<std::chrono::duration<Count, Period>> &duration) noexcept
        : ms_(duration ? Timeout(*duration).ms_ : KPC_FOREVER) {}

    /// As the functions of kpclient.h take it.
    [[nodiscard]] constexpr std::int32_t ms() const noexcept { return ms_; }

private:
    static constexpr std::int32_t milliseconds(double ms) noexcept {
        if (!(ms > 0)) {
            return KPC_NO_WAIT;
        }
        if (ms >= static_cast<double>(INT32_MAX)) {
            return INT32_MAX;
        }
        const auto whole = static_cast<std::int32_t>(ms);
        return static_cast<double>(whole) < ms ? whole + 1 : whole;
    }

    std::int32_t ms_ = KPC_FOREVER;
};

/// No time limit.
inline constexpr Timeout forever{};
