    class Iterator;
    struct End {};

    /// Takes the next event; nothing if none comes in time. Status::Closed when none will come any
    /// more, after EventKind::Closed.
    [[nodiscard]] std::optional<Event> next(Timeout timeout = forever);
    /// For a loop over the events to come, which ends after EventKind::Closed.
    [[nodiscard]] Iterator begin();
    [[nodiscard]] End end() const noexcept { return {}; }
    /// Hands every event to a function, on a thread of the library. The future becomes ready after
    /// the last event; if the function throws, the future holds the exception, and the function is
    /// not called again.
    std::future<void> on_event(std::function<void(const Event &)> listener);
