
// ---- Operations --------------------------------------------------------------------------------

namespace detail {

template <class Value> class Start;

}

/// A call that is under way: a std::future of what it returns, which can be cancelled. It always
/// becomes ready, with a value or an Error. Dropping it neither waits nor cancels.
template <class Value> class Operation : public std::future<Value> {
public:
    Operation() noexcept = default;

    /// Lets the operation end with Status::Cancelled, or with its value if that is faster. What has
    /// ended stays as it is.
    void cancel() noexcept {
        if (id_ != 0) {
            (void)::kpc_op_cancel(client_, id_, nullptr);
        }
    }
    /// Its number, for functions of kpclient.h; 0 if it never began.
    [[nodiscard]] ::kpc_op id() const noexcept { return id_; }

private:
    friend class detail::Start<Value>;
    Operation(std::future<Value> &&value, ::kpc_client *client, ::kpc_op id) noexcept
        : std::future<Value>(std::move(value)), client_(client), id_(id) {}

    ::kpc_client *client_ = nullptr;
    ::kpc_op id_ = 0;
};

namespace detail {

/// What the library holds of an operation that is under way. Its functions run on a thread of the
/// library and do nothing but fulfil the promise.
template <class Value> struct Pending {
    using Take = Value (*)(const ::kpc_result *, ::kpc_client *);

    Take take;
    ::kpc_client *client;
    std::promise<Value> promise{};

    static void complete(const ::kpc_result *result, void *user_data) noexcept {
        auto &pending = *static_cast<Pending *>(user_data);
        try {
            if constexpr (std::is_void_v<Value>) {
                pending.take(result, pending.client);
                pending.promise.set_value();
            } else {
                pending.promise.set_value(pending.take(result, pending.client));
            }
        } catch (...) {
            pending.promise.set_exception(std::current_exception());
        }
    }
    static void drop(void *user_data) noexcept { delete static_cast<Pending *>(user_data); }
};

/// Starts one operation. If it cannot be started, its future says why.
template <class Value> class Start {
public:
    Start(typename Pending<Value>::Take take, ::kpc_client *client)
        : pending_(new Pending<Value>{take, client}), future_(pending_->promise.get_future()),
          client_(client) {
        done_.fn = &Pending<Value>::complete;
        done_.user_data = pending_.get();
        done_.drop = &Pending<Value>::drop;
    }

    const ::kpc_completion *done() const noexcept { return &done_; }
    ::kpc_op *op() noexcept { return &id_; }
    ::kpc_error **error() noexcept { return check_.error(); }

    Operation<Value> operator()(::kpc_status status) {
        // The library frees what is pending, also when the call has failed.
        (void)pending_.release();
        if (status == KPC_OK) {
            return {std::move(future_), client_, id_};
        }
        std::promise<Value> failed;
        failed.set_exception(std::make_exception_ptr(Error(status, *check_.error())));
        return {failed.get_future(), nullptr, 0};
    }

private:
    std::unique_ptr<Pending<Value>> pending_;
    std::future<Value> future_;
    ::kpc_client *client_;
    ::kpc_completion done_{};
    ::kpc_op id_ = 0;
    Check check_{};
};

} // namespace detail
