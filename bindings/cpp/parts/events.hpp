
// ---- Events and log lines ----------------------------------------------------------------------

inline std::optional<Event> EventSink::next(Timeout timeout) {
    Event event;
    detail::Check check;
    const ::kpc_status status =
        ::kpc_event_sink_next(raw(), timeout.ms(), event.out(), check.error());
    if (status == KPC_ERR_TIMEOUT) {
        return std::nullopt;
    }
    check(status);
    return event;
}

/// Where a loop over a sink's events is.
class EventSink::Iterator {
public:
    explicit Iterator(EventSink &sink) : sink_(&sink) { ++*this; }

    Event &operator*() noexcept { return *event_; }
    Event *operator->() noexcept { return &*event_; }
    Iterator &operator++() {
        event_.reset();
        try {
            event_ = sink_->next();
        } catch (const Error &error) {
            if (error.status() != Status::Closed) {
                throw;
            }
        }
        return *this;
    }
    friend bool operator!=(const Iterator &at, End) noexcept { return at.event_.has_value(); }
    friend bool operator==(const Iterator &at, End) noexcept { return !at.event_.has_value(); }

private:
    EventSink *sink_;
    std::optional<Event> event_{};
};

inline EventSink::Iterator EventSink::begin() { return Iterator(*this); }

namespace detail {

/// A function that the library calls with events, on a thread of its own.
struct Listener {
    std::function<void(const Event &)> function;
    std::promise<void> ended{};
    bool has_thrown = false;

    static void call(const ::kpc_event *lent, void *user_data) noexcept {
        auto &listener = *static_cast<Listener *>(user_data);
        if (listener.has_thrown) {
            return;
        }
        Event event(const_cast<::kpc_event *>(lent));
        try {
            listener.function(event);
        } catch (...) {
            listener.has_thrown = true;
            listener.ended.set_exception(std::current_exception());
        }
        (void)event.release();
    }
    static void drop(void *user_data) noexcept {
        const std::unique_ptr<Listener> listener(static_cast<Listener *>(user_data));
        if (!listener->has_thrown) {
            listener->ended.set_value();
        }
    }
};

/// A function that the library calls with lines of its log.
struct Log {
    std::function<void(LogLevel, std::string_view)> function;

    static void call(std::int32_t level, const char *text, void *user_data) noexcept {
        try {
            static_cast<Log *>(user_data)->function(static_cast<LogLevel>(level), text);
        } catch (...) {
            // A log has nobody to tell.
        }
    }
    static void drop(void *user_data) noexcept { delete static_cast<Log *>(user_data); }
};

} // namespace detail

inline std::future<void> EventSink::on_event(std::function<void(const Event &)> function) {
    ::kpc_event_sink *const sink = raw();
    auto listener = std::make_unique<detail::Listener>();
    listener->function = std::move(function);
    std::future<void> ended = listener->ended.get_future();
    detail::Check check;
    // The library frees the listener, also when this fails.
    check(::kpc_event_sink_on_event(sink, &detail::Listener::call, listener.release(),
                                    &detail::Listener::drop, check.error()));
    return ended;
}

inline void Config::set_log(LogLevel level, std::function<void(LogLevel, std::string_view)> log) {
    ::kpc_config *const config = raw();
    detail::Check check;
    if (!log) {
        check(::kpc_config_set_log(config, static_cast<std::int32_t>(level), nullptr, nullptr, nullptr,
                                   check.error()));
        return;
    }
    auto held = std::make_unique<detail::Log>(detail::Log{std::move(log)});
    // The library frees what is held, also when this fails.
    check(::kpc_config_set_log(config, static_cast<std::int32_t>(level), &detail::Log::call,
                               held.release(), &detail::Log::drop, check.error()));
}
