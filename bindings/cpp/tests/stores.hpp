// What scenarios do with a store: channels, vouchers, files.
#ifndef STORES_HPP
#define STORES_HPP

#include <fstream>
#include <iterator>

#include "../examples/simulator.hpp"
#include "step.hpp"

/// What a scenario has: its simulator, and everything by its name.
class Stores {
public:
    Stores(const std::string &simulator, const std::vector<std::string> &options)
        : sim_(simulator, options) {}

protected:
    struct Started {
        std::function<void()> get;
        std::function<void()> cancel;
    };

    kp::Client &client_of(Step &step) { return clients_.at(step.text("client")); }
    kp::Store &store_of(Step &step) { return stores_.at(step.text("store")); }
    kp::Writer &writer_of(Step &step) { return writers_.at(step.text("writer")); }
    kp::Reader &reader_of(Step &step) { return readers_.at(step.text("reader")); }
    template <class Object>
    void keep(std::map<std::string, Object> &objects, Step &step, Object &&object) {
        objects[step.text_or("as", "")] = std::move(object);
    }
    static void expect(std::string_view found, const std::string &wanted) {
        if (found != wanted) {
            wrong("\"" + std::string(found) + "\" instead of \"" + wanted + "\"");
        }
    }
    static void expect(std::uint64_t found, std::uint64_t wanted) {
        expect(std::to_string(found), std::to_string(wanted));
    }

    void store(Step &step) {
        const std::string path = place(step.text("file"));
        keep(stores_, step, kp::Store::open(client_of(step), path, step.timeout()));
    }
    void close_store(Step &step) { store_of(step).close(step.timeout()); }
    void create_writer(Step &step) {
        keep(writers_, step, store_of(step).create_writer(step.text("name"), {}, step.timeout()));
    }
    void open_writer(Step &step) {
        keep(writers_, step, store_of(step).open_writer(step.text("name"), step.timeout()));
    }
    void import_reader(Step &step) {
        const kp::ReadCap cap = writers_.at(step.text("from")).read_cap();
        keep(readers_, step,
             store_of(step).import_reader(step.text("name"), cap, {}, step.timeout()));
    }
    void open_reader(Step &step) {
        keep(readers_, step, store_of(step).open_reader(step.text("name"), step.timeout()));
    }

    void mint_voucher(Step &step) {
        const kp::Buffer minted =
            store_of(step).mint_voucher(step.text("name"), step.text("display"), step.timeout());
        if (step.has("same_as")) {
            expect(minted.view(), texts_.at(step.text("same_as")));
        }
        texts_[step.text_or("as", "")] = minted.to_string();
    }
    void induct_voucher(Step &step) {
        const std::string voucher =
            step.has("voucher") ? texts_.at(step.text("voucher")) : step.text("voucher_text");
        const std::string wanted = step.text("display");
        kp::StoreInductVoucherResult inducted = store_of(step).induct_voucher(
            step.text("name"), voucher, step.content(), step.timeout());
        expect(inducted.display_name, wanted);
        keep(readers_, step, std::move(inducted.reader));
    }
    void open_voucher(Step &step) {
        kp::StoreOpenVoucherResult opened =
            store_of(step).open_voucher(step.text("name"), step.timeout());
        expect(opened.who_reply.view(), step.content());
        keep(writers_, step, std::move(opened.writer));
    }
    void cancel_voucher(Step &step) {
        store_of(step).cancel_voucher(step.text("name"), step.timeout());
    }
    void vouchers(Step &step) {
        std::vector<std::string> found;
        for (const std::string &name : store_of(step).list_vouchers(step.timeout())) {
            found.push_back(name);
        }
        expect_all(found, step.texts("names"));
    }

    void send(Step &step) {
        writer_of(step).send(KPC_MESSAGE_KIND, step.content(), step.timeout());
    }
    void sent(Step &step) {
        while (writer_of(step).last_message() < step.number("number", 0)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    void wait_stored(Step &step) {
        writer_of(step).wait_stored(writer_of(step).last_message(), step.timeout());
    }
    void send_tombstones(Step &step) {
        writer_of(step).tombstone(static_cast<std::uint32_t>(step.number("count", 1)), step.timeout());
    }
    void erase_before(Step &step) {
        writer_of(step).erase_before(step.number("number", 0), step.timeout());
        writer_of(step).wait_erased(step.number("number", 0), step.timeout());
    }

    void receive(Step &step) {
        static const std::map<std::string, kp::Arrival> arrivals = {
            {"MESSAGE", kp::Arrival::Message},
            {"TOMBSTONE", kp::Arrival::Tombstone},
            {"SKIPPED", kp::Arrival::Skipped}};
        const kp::Message message = reader_of(step).receive(step.timeout());
        expect(message.number(), step.number("number", 0));
        if (message.arrival() != arrivals.at(step.text_or("arrival", "MESSAGE"))) {
            wrong("another arrival");
        }
        expect(message.data().view(), step.content());
    }
    void acknowledge(Step &step) {
        reader_of(step).acknowledge(step.number("number", 0), step.timeout());
    }
    void history(Step &step) {
        const auto most = static_cast<std::uint32_t>(step.number("max", 0));
        std::vector<std::string> found;
        for (const kp::Message &message :
             reader_of(step).messages(step.number("number", 0), most, step.timeout())) {
            found.push_back(message.data().to_string());
        }
        expect_all(found, step.texts("texts"));
    }
    void forget_before(Step &step) {
        reader_of(step).forget_before(step.number("number", 0), step.timeout());
    }
    void poll_now(Step &step) { reader_of(step).poll_now(); }
    void skip(Step &step) { reader_of(step).skip(reader_of(step).next_index()); }

    void make_file(Step &step) {
        const std::string bytes = file_content(step.number("size", 0));
        std::ofstream(place(step.text("file")), std::ios::binary) << bytes;
    }
    void make_directory(Step &step) {
        std::filesystem::create_directory(place(step.text("file")));
    }
    void send_file(Step &step) {
        kp::Writer &writer = writer_of(step);
        const std::string path = step.has("path") ? step.text("path") : place(step.text("file"));
        if (!step.has("start")) {
            writer.send_file(path, step.timeout());
            return;
        }
        auto sending =
            std::make_shared<kp::Operation<void>>(writer.send_file_async(path, step.timeout()));
        started_[step.text("start")].push_back(
            {[=] { sending->get(); }, [=] { sending->cancel(); }});
    }
    void receive_file(Step &step) {
        const std::filesystem::path directory = place(step.text("into"));
        const std::string name = step.text_or("name", "");
        const std::string wanted = (directory / step.text_or("found", "")).string();
        const std::string bytes = file_content(step.number("size", 0));
        const std::optional<std::string_view> given =
            step.has("name") ? std::optional<std::string_view>(name) : std::nullopt;
        const std::string found =
            reader_of(step).receive_file(directory.string(), given, step.timeout());
        expect(found, wanted);
        std::ifstream file(found, std::ios::binary);
        const std::string content(std::istreambuf_iterator<char>(file), {});
        if (content != bytes) {
            wrong("the file holds something else");
        }
    }
    void abandon_file(Step &step) { writer_of(step).abandon_file(step.timeout()); }
    void unfinished_file(Step &step) {
        const std::string wanted = place(step.text_or("file", ""));
        const std::uint64_t size = step.number("size", 0);
        expect(writer_of(step).file_path(), wanted);
        expect(writer_of(step).file_size(), size);
    }
    void file_progress(Step &step) {
        const std::uint64_t size = step.number("size", 0);
        std::uint64_t done = 0;
        for (const kp::Event &event : sinks_.at(step.text("of"))) {
            if (event.kind() != kp::EventKind::FileProgress) {
                continue;
            }
            if (event.file_done() <= done || event.file_size() != size) {
                wrong("no progress");
            }
            done = event.file_done();
            if (done >= size) {
                return;
            }
        }
    }

    Simulator sim_;
    std::map<std::string, std::string> texts_{};
    std::map<std::string, kp::Client> clients_{};
    std::map<std::string, kp::EventSink> sinks_{};
    std::map<std::string, kp::Store> stores_{};
    std::map<std::string, kp::Writer> writers_{};
    std::map<std::string, kp::Reader> readers_{};
    std::map<std::string, std::vector<Started>> started_{};

private:
    std::string place(const std::string &name) const { return (sim_.directory() / name).string(); }
    static std::string file_content(std::uint64_t size) {
        std::string bytes;
        for (std::uint64_t at = 0; at < size; ++at) {
            bytes.push_back(static_cast<char>(at * 7 % 251));
        }
        return bytes;
    }
    static void expect_all(const std::vector<std::string> &found,
                           const std::vector<std::string> &wanted) {
        expect(found.size(), wanted.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            expect(found[i], wanted[i]);
        }
    }
};

#endif
