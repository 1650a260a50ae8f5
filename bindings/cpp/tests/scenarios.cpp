// Runs bindings/scenarios/scenarios.json: scenarios TABLE [NAME...]. KPC_SIM names the simulator.
#include <kpclient.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <signal.h>
#include <sys/wait.h>

#include "stores.hpp"

using namespace std::chrono_literals;

namespace {

constexpr int minute = 60;
std::string now_running;

class World : private Stores {
public:
    using Stores::Stores;

    void act(const std::string &action, Step &step) {
        static const std::map<std::string, void (World::*)(Step &)> actions = {
            {"client", &World::client}, {"connect", &World::connect},
            {"connected", &World::connected}, {"close", &World::close},
            {"config_text", &World::config_text}, {"config_file", &World::config_file},
            {"services", &World::services}, {"service", &World::service}, {"echo", &World::echo},
            {"keypair", &World::keypair}, {"write_box", &World::write_box},
            {"read_box", &World::read_box}, {"tombstone", &World::tombstone},
            {"copy", &World::copy}, {"voucher_mint", &World::voucher_mint},
            {"voucher_induct", &World::voucher_induct}, {"voucher_open", &World::voucher_open},
            {"events", &World::events}, {"event", &World::event},
            {"loop_throws", &World::loop_throws}, {"log_has_thrown", &World::log_has_thrown},
            {"fork", &World::fork}, {"read_cap_text", &World::read_cap_text},
            {"parse_text", &World::parse_text}, {"store", &World::store},
            {"close_store", &World::close_store}, {"create_writer", &World::create_writer},
            {"open_writer", &World::open_writer}, {"import_reader", &World::import_reader},
            {"open_reader", &World::open_reader}, {"mint_voucher", &World::mint_voucher},
            {"induct_voucher", &World::induct_voucher}, {"open_voucher", &World::open_voucher},
            {"cancel_voucher", &World::cancel_voucher}, {"vouchers", &World::vouchers},
            {"send", &World::send}, {"sent", &World::sent}, {"wait_stored", &World::wait_stored},
            {"send_tombstones", &World::send_tombstones}, {"erase_before", &World::erase_before},
            {"receive", &World::receive}, {"acknowledge", &World::acknowledge},
            {"history", &World::history}, {"forget_before", &World::forget_before},
            {"poll_now", &World::poll_now}, {"skip", &World::skip},
            {"make_file", &World::make_file}, {"make_directory", &World::make_directory},
            {"send_file", &World::send_file}, {"receive_file", &World::receive_file},
            {"abandon_file", &World::abandon_file}, {"unfinished_file", &World::unfinished_file},
            {"file_progress", &World::file_progress}, {"wait", &World::wait},
            {"cancel", &World::cancel}, {"free", &World::free}, {"forget", &World::forget},
            {"collect", &World::collect}, {"sim", &World::sim}, {"sim_until", &World::sim_until},
            {"exit", &World::exit}};
        const auto found = actions.find(action);
        if (found == actions.end()) {
            wrong("nobody knows the action " + action);
        }
        const std::uint64_t rounds = step.has("start") ? 1 : step.number("many", 1);
        for (round_ = 0; round_ < rounds; ++round_) {
            (this->*found->second)(step);
        }
    }

private:
    kp::Keypair &keys_of(Step &step) { return keys_.at(step.text("keys")); }
    kp::BoxIndex at(Step &step) {
        const std::string name = step.text("at");
        return keys_.count(name) != 0 ? keys_.at(name).first : indices_.at(name);
    }

    /// Does a call and looks at what it returns, or starts it, for a step `wait` to look at.
    template <class Waits, class Starts, class Looks>
    void call(Step &step, Waits waits, Starts starts, Looks looks) {
        if (!step.has("start")) {
            looks(waits(round_), round_);
            return;
        }
        for (std::uint64_t i = 0; i < step.number("many", 1); ++i) {
            auto operation = std::make_shared<decltype(starts(i))>(starts(i));
            started_[step.text("start")].push_back(
                {[=] { looks(operation->get(), i); }, [=] { operation->cancel(); }});
        }
    }

    void client(Step &step) {
        kp::Config config;
        const bool is_there = step.text_or("socket", "") != "nowhere";
        config.set_unix(is_there ? sim_.socket() : sim_.socket() + ".nowhere");
        config.set_reconnect(10ms, 50ms);
        if (step.text_or("log", "") == "throws") {
            config.set_log(kp::LogLevel::Info, [complaints = complaints_](auto, auto line) {
                ++*complaints;
                wrong(std::string(line));
            });
        }
        clients_[step.text("as")] = kp::Client(config);
    }
    void connect(Step &step) { client_of(step).connect(step.timeout()); }
    void connected(Step &step) {
        client(step);
        clients_.at(step.text("as")).connect(step.timeout());
    }
    void close(Step &step) { client_of(step).close(step.timeout()); }
    void config_text(Step &step) { (void)kp::Config::load_text(step.content()); }
    void config_file(Step &step) { (void)kp::Config::load_file(step.text("path")); }

    void services(Step &step) {
        std::uint64_t found = 0;
        for (const kp::Service &one : client_of(step).get_services(step.text("name"))) {
            found += one.queue().empty() ? 0 : 1;
        }
        if (found < step.number("at_least", 0)) {
            wrong("only " + std::to_string(found) + " services");
        }
    }
    void service(Step &step) { (void)client_of(step).get_service(step.text("name")); }

    void echo(Step &step) {
        kp::Client &client = client_of(step);
        const bool is_numbered = step.is_true("numbered");
        const auto text = [is_numbered, content = step.content()](std::uint64_t i) {
            return is_numbered ? content + std::to_string(i) : content;
        };
        const kp::Timeout timeout = step.timeout();
        const kp::Service service = client.get_service("echo");
        call(step, [&](auto i) { return client.send_message_await_reply(service, text(i), timeout); },
             [&](auto i) { return client.send_message_await_reply_async(service, text(i), timeout); },
             [text](const kp::Buffer &reply, auto i) {
                 if (reply.view().rfind(text(i), 0) != 0) {
                     wrong("another reply than was sent");
                 }
             });
    }

    void keypair(Step &step) {
        keys_[step.text("as")] = kp::new_keypair();
    }
    void keep_index(const std::string &name, const kp::BoxIndex &index) {
        if (!name.empty()) {
            indices_[name] = index;
        }
    }
    void write_box(Step &step) {
        kp::Client &client = client_of(step);
        const kp::WriteCap cap = keys_of(step).write_cap;
        const kp::BoxIndex index = at(step);
        const std::string text = step.content();
        const kp::Flags flags = step.is_true("no_retry") ? kp::Flags::NoRetry : kp::Flags::None;
        const kp::Timeout timeout = step.timeout();
        call(step, [&](auto) { return client.write_box(cap, index, text, flags, timeout); },
             [&](auto) { return client.write_box_async(cap, index, text, flags, timeout); },
             [this, as = step.text_or("as", "")](const kp::BoxIndex &next, auto) {
                 keep_index(as, next);
             });
    }
    void read_box(Step &step) {
        kp::Client &client = client_of(step);
        const kp::ReadCap cap = keys_of(step).read_cap;
        const kp::BoxIndex index = at(step);
        const kp::Flags flags = step.is_true("no_retry") ? kp::Flags::NoRetry : kp::Flags::None;
        const kp::Timeout timeout = step.timeout();
        const bool is_whole = step.has("text");
        const bool is_checked = step.has("begins") || is_whole;
        const std::string text = is_whole ? step.content() : step.text_or("begins", "");
        call(step, [&](auto) { return client.read_box(cap, index, flags, timeout); },
             [&](auto) { return client.read_box_async(cap, index, flags, timeout); },
             [=, this_ = this, as = step.text_or("as", "")](const kp::ReadBoxResult &read, auto) {
                 const std::string_view found = read.plaintext.view();
                 if (is_checked && (is_whole ? found != text : found.rfind(text, 0) != 0)) {
                     wrong("the box says something else");
                 }
                 this_->keep_index(as, read.next);
             });
    }
    void tombstone(Step &step) {
        kp::Client &client = client_of(step);
        const kp::WriteCap cap = keys_of(step).write_cap;
        const auto count = static_cast<std::uint32_t>(step.number("count", 1));
        const kp::Tombstones made = client.tombstone_range(cap, at(step), count, step.timeout());
        if (made.count() != count || made.error()) {
            wrong("fewer tombstones");
        }
        for (std::size_t i = 0; i < made.count(); ++i) {
            client.start_resending_encrypted_message({}, cap, {}, -1, made.envelope_at(i));
        }
    }
    void copy(Step &step) {
        kp::Client &client = client_of(step);
        kp::CopyBuilder builder(client);
        builder.add(client, keys_of(step).write_cap, at(step), step.content(), step.timeout());
        builder.finish(client);
    }

    void voucher_mint(Step &step) {
        vouchers_[step.text("as")] = kp::Voucher::mint(
            client_of(step), keys_of(step).write_cap, step.text("name"), step.timeout());
    }
    void voucher_induct(Step &step) {
        const kp::Voucher &minted = vouchers_.at(step.text("minted"));
        const kp::Voucher &other = vouchers_.at(step.text_or("payload_of", step.text("minted")));
        const std::string wanted = step.text_or("name", "");
        kp::Voucher inducted = kp::Voucher::induct(client_of(step), minted.hash(), other.payload(),
                                                   step.content(), step.timeout());
        expect(inducted.display_name(), wanted);
        vouchers_[step.text("as")] = std::move(inducted);
    }
    void voucher_open(Step &step) {
        const kp::Buffer secret = vouchers_.at(step.text("minted")).keys().secret_key;
        const kp::Buffer sealed = vouchers_.at(step.text("inducted")).sealed_reply();
        const kp::Voucher opened = kp::Voucher::open(client_of(step), secret, sealed,
                                                     keys_of(step).write_cap, step.timeout());
        expect(opened.who_reply().view(), step.content());
    }

    void events(Step &step) {
        sinks_[step.text("as")] = kp::EventSink::open(client_of(step), 1000);
    }
    void event(Step &step) {
        static const std::map<std::string, kp::EventKind> kinds = {
            {"CONNECTION_STATUS", kp::EventKind::ConnectionStatus},
            {"PKI_DOCUMENT", kp::EventKind::PkiDocument},
            {"DISCONNECTED", kp::EventKind::Disconnected},
            {"RESUMED", kp::EventKind::Resumed},
            {"RESTARTED", kp::EventKind::Restarted},
            {"CLOSED", kp::EventKind::Closed}};
        const kp::EventKind wanted = kinds.at(step.text("kind"));
        for (const kp::Event &event : sinks_.at(step.text("of"))) {
            if (event.kind() == wanted) {
                return;
            }
        }
        wrong("no such event");
    }

    void read_cap_text(Step &step) {
        const kp::Keypair &keys = keys_of(step);
        texts_[step.text("as")] = keys.read_cap.to_text(keys.first).to_string();
    }
    void parse_text(Step &step) {
        const bool is_kept = step.has("text_of");
        (void)kp::shared_text_parse(is_kept ? texts_.at(step.text("text_of")) : step.content());
    }

    void loop_throws(Step &step) {
        try {
            kp::EventSink sink = kp::EventSink::open(client_of(step), 10);
            for (const kp::Event &event : sink) {
                throw event.kind();
            }
        } catch (kp::EventKind) {
            return;
        }
        wrong("there was no event");
    }
    void log_has_thrown(Step &) {
        while (complaints_->load() == 0) {
            std::this_thread::sleep_for(1ms);
        }
    }
    void fork(Step &step) {
        kp::Client &client = client_of(step);
        const std::string wanted = "KPC_ERR_" + step.text("child_fails");
        const pid_t child = ::fork();
        if (child == 0) {
            try {
                client.flush(std::chrono::minutes(1));
            } catch (const kp::Error &error) {
                _exit(error.name() == wanted ? 0 : 2);
            }
            _exit(3);
        }
        int ended = -1;
        waitpid(child, &ended, 0);
        if (ended != 0) {
            wrong("the child ended with " + std::to_string(ended));
        }
    }

    /// Every one must end in the same way: the first failure is thrown when all have failed so.
    void wait(Step &step) {
        std::vector<Started> all = std::move(started_.at(step.text("for")));
        std::exception_ptr failure;
        std::size_t failed = 0;
        std::set<kp::Status> kinds;
        for (Started &one : all) {
            try {
                one.get();
            } catch (const kp::Error &error) {
                failure = failure ? failure : std::current_exception();
                kinds.insert(error.status());
                ++failed;
            }
        }
        if (failed != 0 && (failed != all.size() || kinds.size() != 1)) {
            wrong("only " + std::to_string(failed) + " failed, or in several ways");
        }
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
    void cancel(Step &step) {
        for (Started &one : started_.at(step.text("what"))) {
            one.cancel();
        }
    }

    template <class Object>
    static bool reset(std::map<std::string, Object> &objects, const std::string &name) {
        const auto found = objects.find(name);
        if (found == objects.end()) {
            return false;
        }
        found->second.reset();
        return true;
    }
    void free(Step &step) {
        const std::string what = step.text("what");
        if (!reset(clients_, what) && !reset(sinks_, what) && !reset(stores_, what) &&
            !reset(writers_, what) && !reset(readers_, what) && !reset(vouchers_, what)) {
            wrong("there is no " + what);
        }
    }
    void forget(Step &step) {
        const std::string what = step.text("what");
        if (clients_.erase(what) + sinks_.erase(what) + stores_.erase(what) + writers_.erase(what) +
                readers_.erase(what) + vouchers_.erase(what) == 0) {
            wrong("there is no " + what);
        }
    }
    void collect(Step &) {}

    void sim(Step &step) { sim_.tell(step.text("say")); }
    void sim_until(Step &step) {
        const auto least = static_cast<double>(step.number("at_least", 0));
        const auto most = static_cast<double>(step.number("at_most", UINT32_MAX));
        const std::string path = step.text("count");
        for (;;) {
            Json part = Json::parse(sim_.tell("stats"));
            std::istringstream names(path);
            for (std::string name; std::getline(names, name, '.');) {
                part = part.has(name) ? Json(part.at(name)) : Json();
            }
            if (part.number >= least && part.number <= most) {
                return;
            }
            std::this_thread::sleep_for(5ms);
        }
    }
    [[noreturn]] void exit(Step &) {
        // Nobody closes anything, and so nobody removes what is in the way of others.
        std::filesystem::remove_all(sim_.directory());
        std::exit(0);
    }

    std::uint64_t round_ = 0;
    std::shared_ptr<std::atomic<int>> complaints_ = std::make_shared<std::atomic<int>>(0);
    std::map<std::string, kp::Keypair> keys_{};
    std::map<std::string, kp::BoxIndex> indices_{};
    std::map<std::string, kp::Voucher> vouchers_{};
};

const std::map<std::string, kp::Category> categories = {
    {"ARGUMENT", kp::Category::Argument}, {"SESSION", kp::Category::Session},
    {"DAEMON", kp::Category::Daemon},     {"REPLICA", kp::Category::Replica},
    {"COPY", kp::Category::Copy},         {"TIMEOUT", kp::Category::Timeout},
    {"INTERNAL", kp::Category::Internal}};

/// What C++ has not, of what a scenario may need, and why.
const std::map<std::string, std::string> missing = {
    {"tokens", "an operation is cancelled itself, and a call has no token"},
    {"collector", "there is none: what is forgotten is freed"},
    {"wrong types", "what has another type does not compile"}};

void one_step(World &world, const Json &fields) {
    const std::string fails = fields.has("fails") ? "KPC_ERR_" + fields.at("fails").text : "";
    Step step(fields);
    try {
        world.act(fields.at("do").text, step);
    } catch (const kp::Error &error) {
        if (step.has("class") && error.category() != categories.at(step.text("class"))) {
            wrong(std::string("another class: ") + error.name());
        }
        if (error.name() != fails) {
            wrong(error.name() + (": " + std::string(error.what())));
        }
        return;
    }
    if (!fails.empty()) {
        wrong("no error, " + fails.substr(8) + " expected");
    }
    step.all_were_read();
}

/// Nothing, or what went wrong.
std::string run(const Json &scenario) {
    std::string at = "start";
    try {
        std::vector<std::string> options;
        if (scenario.has("sim")) {
            for (const Json &option : scenario.at("sim").list) {
                options.push_back(option.text);
            }
        }
        const char *simulator = std::getenv("KPC_SIM");
        World world(simulator ? simulator : "build/bin/kpclientd-sim", options);
        int number = 0;
        for (const Json &fields : scenario.at("steps").list) {
            at = "step " + std::to_string(++number) + " (" + fields.at("do").text + ")";
            alarm(minute);
            one_step(world, fields);
        }
        at = "end";
        alarm(minute);
    } catch (const std::exception &error) {
        return at + ": " + error.what();
    }
    for (int i = 0; i < minute * 100 && kp::debug_live_objects() != 0; ++i) {
        std::this_thread::sleep_for(10ms);
    }
    const std::size_t left = kp::debug_live_objects();
    return left == 0 ? "" : std::to_string(left) + " objects are left";
}

/// The same for one that ends its process: it has one of its own.
std::string run_alone(const char *table) {
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "scenarios", table, now_running.c_str(), nullptr);
        _exit(127);
    }
    int ended = -1;
    waitpid(child, &ended, 0);
    return ended == 0 ? "" : "it ended with " + std::to_string(ended);
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        std::cerr << "usage: scenarios TABLE [NAME...]\n";
        return 2;
    }
    signal(SIGALRM, [](int) {
        constexpr char text[] = "FAILED: a step takes longer than a minute\n";
        (void)!write(STDOUT_FILENO, text, sizeof text - 1);
        _exit(1);
    });
    std::ifstream file(argv[1]);
    std::stringstream text;
    text << file.rdbuf();
    const std::vector<std::string> names(argv + 2, argv + argc);
    int passed = 0;
    int failed = 0;
    for (const Json &scenario : Json::parse(text.str()).list) {
        now_running = scenario.at("name").text;
        const bool is_named = std::count(names.begin(), names.end(), now_running) != 0;
        if (!is_named && !names.empty()) {
            continue;
        }
        const auto lacks =
            missing.find(scenario.has("needs") ? scenario.at("needs").text : std::string());
        if (lacks != missing.end()) {
            std::cout << "left out " << now_running << ": " << lacks->second << std::endl;
            continue;
        }
        const std::string failure =
            scenario.has("alone") && names.empty() ? run_alone(argv[1]) : run(scenario);
        ++(failure.empty() ? passed : failed);
        std::cout << (failure.empty() ? "ok " : "FAILED ") << now_running
                  << (failure.empty() ? "" : ": " + failure) << std::endl;
    }
    std::cout << "scenarios in C++: " << passed << " passed, " << failed << " failed, 0 skipped\n";
    return failed == 0 ? 0 : 1;
}
