    /// Sets where log lines go, in place of what is set; an empty function is for none. It runs on any
    /// thread; what it throws is lost.
    void set_log(LogLevel level, std::function<void(LogLevel, std::string_view)> log);
