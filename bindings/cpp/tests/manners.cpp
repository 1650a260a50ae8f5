// What is C++'s own: moves, exceptions, futures, durations, views of bytes, wiping. Each test ends
// with no object of the library alive. KPC_SIM names the simulator.
#include <kpclient.hpp>

#include <array>
#include <atomic>
#include <iostream>
#include <new>
#if __cplusplus >= 202002L
#include <span>
#endif
#include <thread>

#include "../examples/simulator.hpp"

namespace kp = kpclient;
using namespace std::chrono_literals;

namespace {

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            throw std::runtime_error(std::to_string(__LINE__) + ": " #condition);                  \
        }                                                                                          \
    } while (false)

/// The status that something fails with; Ok if it does not fail.
template <class Doing> kp::Status status_of(Doing doing) {
    try {
        doing();
    } catch (const kp::Error &error) {
        CHECK(!std::string(error.what()).empty());
        CHECK(std::string(error.name()).rfind("KPC_ERR_", 0) == 0);
        return error.status();
    }
    return kp::Status::Ok;
}

kp::Config config_of(const Simulator &sim) {
    kp::Config config;
    config.set_unix(sim.socket());
    return config;
}

kp::Client connected(const Simulator &sim) {
    kp::Client client(config_of(sim));
    client.connect();
    return client;
}

std::string simulator() {
    const char *named = std::getenv("KPC_SIM");
    return named ? named : "build/bin/kpclientd-sim";
}

bool no_object_is_left() {
    for (int i = 0; i < 6000 && kp::debug_live_objects() != 0; ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return kp::debug_live_objects() == 0;
}

void moved_objects_are_empty() {
    Simulator sim(simulator());
    kp::Client first = connected(sim);
    kp::Client client = std::move(first);
    CHECK(!first && client); // NOLINT: that is what is tested
    CHECK(status_of([&] { first.connect(); }) == kp::Status::BadHandle);
    CHECK(status_of([&] { (void)first.is_connected(); }) == kp::Status::BadHandle);
    CHECK(status_of([&] { first.connect_async(); }) == kp::Status::BadHandle);
    kp::Client &same = client;
    client = std::move(same);
    CHECK(client && client.is_connected());
    first = std::move(client);
    CHECK(first.is_connected() && !client);
    first.reset();
    first.reset();
    CHECK(status_of([&] { first.close(); }) == kp::Status::BadHandle);
    CHECK(kp::Buffer().empty() && kp::Buffer().view().empty() && kp::Buffer().to_vector().empty());
}

void empty_arguments_are_errors() {
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    const kp::Keypair keys = kp::new_keypair();
    const kp::Envelope none;
    CHECK(status_of([&] {
              client.start_resending_encrypted_message({}, keys.write_cap, {}, -1, none);
          }) == kp::Status::BadHandle);
    CHECK(status_of([&] {
              client.start_resending_encrypted_message_async({}, keys.write_cap, {}, -1, none);
          }) == kp::Status::BadHandle);
    const kp::Config nothing(nullptr);
    CHECK(status_of([&] { kp::Client other(nothing); }) == kp::Status::BadHandle);
}

void errors_have_details() {
    CHECK(status_of([] { kp::Config::load_file("/no/such/file.toml"); }) == kp::Status::ConfigIo);
    CHECK(status_of([] { kp::Config::load_text("[Dial"); }) == kp::Status::ConfigParse);
    CHECK(status_of([] { kp::Config::load_file(std::string_view("a\0b", 3)); }) ==
          kp::Status::ArgValue);
    try {
        kp::Config config;
        config.set_unix("/no/such/socket");
        kp::Client(config).connect(200ms);
        CHECK(false);
    } catch (const kp::Error &error) {
        CHECK(error.status() == kp::Status::Connect || error.status() == kp::Status::Timeout);
        CHECK(error.category() == kp::Category::Session || error.category() == kp::Category::Timeout);
        CHECK(error.origin() == kp::Origin::Library && error.system_error() == ENOENT);
        CHECK(error.daemon_code() == -1 && error.replica_code() == -1);
        CHECK(error.failed_envelope() == 0 && !error.is_expected_outcome());
    }
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    const kp::Keypair keys = kp::new_keypair();
    try {
        client.read_box(keys.read_cap, keys.first, kp::Flags::NoRetry);
        CHECK(false);
    } catch (const kp::Error &error) {
        const kp::Error copy = error;
        CHECK(copy.status() == kp::Status::BoxIdNotFound && copy.is_expected_outcome());
        CHECK(copy.origin() == kp::Origin::Replica && copy.category() == kp::Category::Replica);
        CHECK(std::string(copy.what()) == error.what());
    }
}

void durations_become_time_limits() {
    CHECK(kp::Timeout().ms() == KPC_FOREVER && kp::forever.ms() == KPC_FOREVER);
    CHECK(kp::Timeout(std::nullopt).ms() == KPC_FOREVER);
    CHECK(kp::Timeout(std::optional<std::chrono::seconds>()).ms() == KPC_FOREVER);
    CHECK(kp::Timeout(std::optional<std::chrono::seconds>(2s)).ms() == 2000);
    CHECK(kp::Timeout(0s).ms() == KPC_NO_WAIT && kp::Timeout(-1s).ms() == KPC_NO_WAIT);
    CHECK(kp::Timeout(1ns).ms() == 1 && kp::Timeout(1001us).ms() == 2);
    CHECK(kp::Timeout(1500ms).ms() == 1500 && kp::Timeout(0.25s).ms() == 250);
    CHECK(kp::Timeout(std::chrono::hours::max()).ms() == INT32_MAX);
    kp::Config config;
    config.set_reconnect(5ms, 2s);
    CHECK(config.reconnect().min == 5ms && config.reconnect().max == 2s);
    CHECK(status_of([&] { config.set_reconnect(-5ms, 2s); }) == kp::Status::ArgValue);
}

void bytes_are_taken_from_anything() {
    const std::string text("with a \0 in it", 14);
    const std::vector<std::byte> bytes(3, std::byte{7});
    const std::uint8_t array[] = {1, 2, 3, 4};
    CHECK(kp::BytesView(text).size() == 14 && kp::BytesView(bytes).size() == 3);
    CHECK(kp::BytesView("literal").size() == 7 && kp::BytesView(array).size() == 4);
    CHECK(kp::BytesView(std::array<char, 5>()).size() == 5 && kp::BytesView().empty());
    CHECK(kp::BytesView(std::string_view()).empty());
    kp::Buffer buffer{kp::BytesView(text)};
    const kp::Buffer shared = buffer.share();
    buffer.reset();
    CHECK(shared.view() == text && shared.to_string() == text && shared.to_vector().size() == 14);
    CHECK(kp::BytesView(shared).data() == shared.data());
    CHECK(kp::blake2b_256(text) == kp::blake2b_256(shared));
    CHECK(kp::blake2b_256("") != kp::blake2b_256("x"));
    CHECK(status_of([] { kp::Hash::from_bytes({}); }) == kp::Status::ArgSize);
    CHECK(status_of([] { kp::Hash::from_bytes("short"); }) == kp::Status::ArgSize);
    const kp::Service service(kp::blake2b_256("node"), "queue");
    CHECK(service.node() == kp::blake2b_256("node") && service.queue().size() == 5);
    CHECK(status_of([] { kp::Service(kp::Hash(), std::string(99, 'q')); }) == kp::Status::ArgSize);
#if __cplusplus >= 202002L
    const std::span<const std::byte> span(bytes);
    CHECK(kp::BytesView(span).size() == 3);
    CHECK(std::span<const std::uint8_t>(shared).size() == 14);
#endif
}

template <class Value> bool is_wiped(const Value &value) {
    alignas(Value) static unsigned char memory[sizeof(Value)];
    Value *copy = new (memory) Value(value);
    const bool was_there = copy->raw().bytes[0] != 0 || copy->raw().bytes[1] != 0;
    copy->~Value();
    unsigned sum = 0;
    for (const volatile unsigned char &byte : memory) {
        sum |= byte;
    }
    return was_there && sum == 0;
}

void secrets_are_wiped() {
    const kp::Keypair keys = kp::new_keypair();
    CHECK(is_wiped(keys.write_cap) && is_wiped(keys.read_cap) && is_wiped(keys.first));
    CHECK(!is_wiped(kp::blake2b_256("no secret")));
}

void operations_are_futures() {
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    const kp::Service echo = client.get_service("echo");
    std::future<kp::Buffer> plain = client.send_message_await_reply_async(echo, "sliced");
    CHECK(plain.get().view().substr(0, 6) == "sliced");
    const kp::Keypair keys = kp::new_keypair();
    kp::Operation<kp::ReadBoxResult> read = client.read_box_async(keys.read_cap, keys.first);
    CHECK(read.wait_for(1ms) == std::future_status::timeout && read.id() != 0);
    client.write_box(keys.write_cap, keys.first, "there");
    CHECK(read.get().plaintext.view() == "there" && !read.valid());
    read.cancel();
    // What cannot be started says so in its future.
    auto large = client.write_box_async(keys.write_cap, keys.first, std::string(9999, 'x'));
    CHECK(status_of([&] { large.get(); }) == kp::Status::PayloadTooLarge);
    large.cancel();
    kp::Operation<void>().cancel();
    // Those that nobody waits for end by themselves.
    for (int i = 0; i < 20; ++i) {
        client.send_message_await_reply_async(echo, "dropped");
        client.read_box_async(keys.read_cap, keys.first);
    }
    auto closing = client.read_box_async(keys.read_cap, kp::next_message_box_index(keys.first));
    client.close_async().get();
    CHECK(status_of([&] { closing.get(); }) == kp::Status::Closed);
}

void a_thousand_operations_are_cancelled() {
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    const kp::Keypair keys = kp::new_keypair();
    std::vector<kp::Operation<kp::ReadBoxResult>> reads;
    for (int i = 0; i < 1000; ++i) {
        reads.push_back(client.read_box_async(keys.read_cap, keys.first));
    }
    std::thread canceller([&] {
        for (auto &read : reads) {
            read.cancel();
        }
    });
    canceller.join();
    for (auto &read : reads) {
        CHECK(status_of([&] { read.get(); }) == kp::Status::Cancelled);
    }
    // The client may be gone, too.
    auto last = client.read_box_async(keys.read_cap, keys.first);
    client.reset();
    last.cancel();
    const kp::Status ended = status_of([&] { last.get(); });
    CHECK(ended == kp::Status::Closed || ended == kp::Status::Cancelled);
}

void operations_of_a_store_are_cancelled() {
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    kp::Store store = kp::Store::open_async(client, (sim.directory() / "x.db").string()).get();
    kp::Writer writer = store.create_writer_async("pear").get();
    kp::Reader reader = store.import_reader_async("pear", writer.read_cap()).get();
    auto receiving = reader.receive_async();
    receiving.cancel();
    CHECK(status_of([&] { receiving.get(); }) == kp::Status::Cancelled);
    std::vector<std::string> names;
    for (const std::string &name : store.list_writers()) {
        names.push_back(name);
    }
    CHECK(names == std::vector<std::string>{"pear"});
}

void copies_take_several_destinations() {
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    const kp::Keypair one = kp::new_keypair();
    const kp::Keypair other = kp::new_keypair();
    const kp::StreamElements elements = client.create_courier_envelopes_from_multi_payload(
        {{one.write_cap, one.first, "for one"}, {other.write_cap, other.first, "for the other"}},
        true, true, {});
    CHECK(elements.count() >= 1 && !elements.at(0).empty());
    std::size_t seen = 0;
    for (const kp::Buffer &element : elements) {
        seen += element.empty() ? 0 : 1;
    }
    CHECK(seen == elements.count());
    CHECK(status_of([&] { (void)elements.at(99); }) == kp::Status::ArgValue);
}

void listeners_may_throw() {
    Simulator sim(simulator());
    kp::Client client(config_of(sim));
    kp::EventSink sink = kp::EventSink::open(client, 100);
    auto calls = std::make_shared<std::atomic<int>>(0);
    std::future<void> ended = sink.on_event([calls](const kp::Event &event) {
        ++*calls;
        CHECK(event.kind() == kp::EventKind::None);
    });
    CHECK(status_of([&] { (void)sink.next(0s); }) == kp::Status::Busy);
    client.connect();
    try {
        ended.get();
        CHECK(false);
    } catch (const std::runtime_error &error) {
        CHECK(std::string(error.what()).find("EventKind::None") != std::string::npos);
    }
    const kp::Service echo = client.get_service("echo");
    CHECK(!client.send_message_await_reply(echo, "works on").empty());
    client.close();
    CHECK(*calls == 1);
}

void listeners_see_everything() {
    Simulator sim(simulator());
    kp::Client client(config_of(sim));
    kp::EventSink sink = kp::EventSink::open(client, 100);
    bool was_connected = false;
    kp::EventKind last = kp::EventKind::None;
    std::future<void> ended = sink.on_event([&](const kp::Event &event) {
        was_connected = was_connected || event.is_connected();
        last = event.kind();
    });
    client.connect();
    client.close();
    sink.reset();
    ended.get();
    CHECK(was_connected && last == kp::EventKind::Closed);
}

void consumers_may_throw() {
    Simulator sim(simulator());
    kp::Client client(config_of(sim));
    kp::EventSink sink = kp::EventSink::open(client, 100);
    CHECK(!sink.next(0s) && !sink.next(1ms));
    client.connect();
    try {
        for (const kp::Event &event : sink) {
            throw std::out_of_range(event.describe());
        }
        CHECK(false);
    } catch (const std::out_of_range &error) {
        CHECK(!std::string(error.what()).empty());
    }
    client.close();
    kp::EventKind last = kp::EventKind::None;
    for (kp::Event &event : sink) {
        const kp::Event kept = std::move(event);
        last = kept.kind();
    }
    CHECK(last == kp::EventKind::Closed);
    CHECK(status_of([&] { (void)sink.next(); }) == kp::Status::Closed);
    CHECK(sink.begin() == sink.end());
}

void logs_may_throw() {
    Simulator sim(simulator());
    auto lines = std::make_shared<std::atomic<int>>(0);
    {
        kp::Config config = config_of(sim);
        config.set_log(kp::LogLevel::Trace, [lines](kp::LogLevel, std::string_view text) {
            lines->fetch_add(text.empty() ? 0 : 1);
            throw std::runtime_error("a log that fails");
        });
        kp::Client client(config);
        client.connect();
        client.log(kp::LogLevel::Info, "a line of mine");
        client.close();
    }
    CHECK(*lines > 0);
    CHECK(no_object_is_left() && lines.use_count() == 1);
    kp::Config config;
    config.set_log(kp::LogLevel::Trace, nullptr);
    CHECK(config.log_level() == kp::LogLevel::Off);
}

void numbers_have_their_types() {
    CHECK(kp::status_name(kp::Status::Timeout) == "KPC_ERR_TIMEOUT");
    CHECK(kp::status_category(kp::Status::Timeout) == kp::Category::Timeout);
    CHECK(kp::status_from_wire(kp::Reply::StartResending, 1) == kp::Status::BoxIdNotFound);
    CHECK((kp::Flags::NoRetry | kp::Flags::Unchecked) == static_cast<kp::Flags>(5));
    CHECK(kp::version() == KPC_VERSION && kp::version_number() == KPC_VERSION_NUMBER);
    CHECK(kp::Hash::size() == KPC_HASH_SIZE && sizeof(kp::Hash) == KPC_HASH_SIZE);
    Simulator sim(simulator());
    kp::Client client = connected(sim);
    CHECK(client.estimate(1, 1, 0) > 0ns && client.stats().lanes[KPC_LANE_LOCAL].is_open == 1);
    CHECK(client.config().transport() == kp::Transport::Unix);
    CHECK(client.config().address() == sim.socket() && client.sphinx_geometry().nr_hops > 0);
    client.sphinx_geometry().validate();
}

struct Test {
    const char *name;
    void (*run)();
};

#define TEST(name) {#name, name}
const Test tests[] = {
    TEST(moved_objects_are_empty),
    TEST(empty_arguments_are_errors),
    TEST(errors_have_details),
    TEST(durations_become_time_limits),
    TEST(bytes_are_taken_from_anything),
    TEST(secrets_are_wiped),
    TEST(operations_are_futures),
    TEST(a_thousand_operations_are_cancelled),
    TEST(operations_of_a_store_are_cancelled),
    TEST(copies_take_several_destinations),
    TEST(listeners_may_throw),
    TEST(listeners_see_everything),
    TEST(consumers_may_throw),
    TEST(logs_may_throw),
    TEST(numbers_have_their_types),
};

} // namespace

int main(int argc, char **argv) {
    int passed = 0;
    int failed = 0;
    for (const Test &test : tests) {
        if (argc > 1 && std::string(argv[1]) != test.name) {
            continue;
        }
        alarm(120);
        std::string failure;
        try {
            test.run();
        } catch (const std::exception &error) {
            failure = error.what();
        }
        if (failure.empty() && !no_object_is_left()) {
            failure = std::to_string(kp::debug_live_objects()) + " objects are left";
        }
        ++(failure.empty() ? passed : failed);
        std::cout << (failure.empty() ? "ok " : "FAILED ") << test.name
                  << (failure.empty() ? "" : ": " + failure) << std::endl;
    }
    std::cout << "manners of Cpp: " << passed << " passed, " << failed << " failed, 0 skipped\n";
    return failed == 0 ? 0 : 1;
}
