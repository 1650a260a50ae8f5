
// ---- Errors ------------------------------------------------------------------------------------

/// A call that failed: what every function here throws, and what the future of an operation holds.
/// Compare status() with the constants of Status.
class Error : public std::runtime_error {
public:
    /// An error of the caller's own.
    Error(Status status, const std::string &message) : std::runtime_error(message), status_(status) {}

    /// The details of `error`, which may be NULL and stays the caller's.
    Error(::kpc_status status, const ::kpc_error *error)
        : std::runtime_error(error ? ::kpc_error_message(error) : ::kpc_status_text(status)),
          status_(static_cast<Status>(status)),
          origin_(static_cast<Origin>(::kpc_error_origin(error))),
          daemon_code_(::kpc_error_daemon_code(error)),
          replica_code_(::kpc_error_replica_code(error)),
          failed_envelope_(::kpc_error_failed_envelope(error)), errno_(::kpc_error_errno(error)) {}

    /// What failed.
    [[nodiscard]] Status status() const noexcept { return status_; }
    /// The name of the status in C: "KPC_ERR_TIMEOUT".
    [[nodiscard]] const char *name() const noexcept {
        return ::kpc_status_name(static_cast<::kpc_status>(status_));
    }
    /// The family of the status.
    [[nodiscard]] Category category() const noexcept {
        return static_cast<Category>(::kpc_status_category(static_cast<::kpc_status>(status_)));
    }
    /// Whether it tells the state of a box, and sending the same again does not change it.
    [[nodiscard]] bool is_expected_outcome() const noexcept {
        return ::kpc_status_is_expected_outcome(static_cast<::kpc_status>(status_));
    }
    /// Who reported it.
    [[nodiscard]] Origin origin() const noexcept { return origin_; }
    /// The number that the daemon sent; -1 if it sent none.
    [[nodiscard]] int daemon_code() const noexcept { return daemon_code_; }
    /// The number that a replica answered with; -1 if there is none.
    [[nodiscard]] int replica_code() const noexcept { return replica_code_; }
    /// The envelope at which a copy command stopped, counted from 1; 0 if there is none.
    [[nodiscard]] std::uint64_t failed_envelope() const noexcept { return failed_envelope_; }
    /// The operating system's error number; 0 if it reported nothing.
    [[nodiscard]] int system_error() const noexcept { return errno_; }

private:
    Status status_;
    Origin origin_ = Origin::Library;
    std::int32_t daemon_code_ = -1;
    std::int32_t replica_code_ = -1;
    std::uint64_t failed_envelope_ = 0;
    std::int32_t errno_ = 0;
};

namespace detail {

/// Receives the error of one call of a function in C, and throws it.
class Check {
public:
    Check() = default;
    Check(const Check &) = delete;
    Check &operator=(const Check &) = delete;
    ~Check() { ::kpc_error_free(error_); }

    ::kpc_error **error() noexcept { return &error_; }
    void operator()(::kpc_status status) const {
        if (status != KPC_OK) {
            throw Error(status, error_);
        }
    }

private:
    ::kpc_error *error_ = nullptr;
};

/// The error that an object holds, if any; it is the caller's.
inline std::optional<Error> kept_error(::kpc_error *error) {
    if (error == nullptr) {
        return std::nullopt;
    }
    const std::unique_ptr<::kpc_error, void (*)(::kpc_error *)> owned(error, ::kpc_error_free);
    return Error(::kpc_error_status(error), error);
}

} // namespace detail
