// Everything once: connect, an echo, a channel, a box that is written and read elsewhere, events, a
// read that is cancelled, and a daemon that is killed in the middle of a read.
//
//   $ c++ -std=c++17 story.cpp -o story $(pkg-config --cflags --libs kpclient)
//   $ ./story build/bin/kpclientd-sim
//   connected, 3 echo services
//   echo: hello mixnet
//   bob read: a message in a box
//   cancelled: KPC_ERR_CANCELLED
//   the daemon was killed: Disconnected, Restarted
//   bob read: written after the crash
//   bob received: number 1, a message on a channel
//   no such service: KPC_ERR_SERVICE_NOT_FOUND
#include <kpclient.hpp>

#include <iostream>

#include "simulator.hpp"

using namespace std::chrono_literals;

static kpclient::Client connected(const Simulator &daemon) {
    // With a daemon of your own: kpclient::Config::load_file("thinclient.toml").
    kpclient::Config config;
    config.set_unix(daemon.socket());
    kpclient::Client client(config);
    client.connect(60s);
    return client;
}

/// A channel that remembers: what is sent arrives once, whatever crashes.
static void on_a_channel(const Simulator &daemon, kpclient::Client &alice, kpclient::Client &bob) {
    kpclient::Store hers = kpclient::Store::open(alice, (daemon.directory() / "alice.db").string());
    kpclient::Store his = kpclient::Store::open(bob, (daemon.directory() / "bob.db").string());
    kpclient::Writer writer = hers.create_writer("pear");
    kpclient::Reader reader = his.import_reader("pear", writer.read_cap());
    writer.send(KPC_MESSAGE_KIND, "a message on a channel");
    const kpclient::Message message = reader.receive();
    std::cout << "bob received: number " << message.number() << ", " << message.data().view() << '\n';
    reader.acknowledge(message.number());
}

static void tell(Simulator &daemon) {
    kpclient::Client alice = connected(daemon);
    kpclient::Client bob = connected(daemon);
    std::cout << "connected, " << alice.get_services("echo").count() << " echo services\n";

    const std::string greeting = "hello mixnet";
    const kpclient::Buffer reply =
        alice.send_message_await_reply(alice.get_service("echo"), greeting, 60s);
    std::cout << "echo: " << reply.view().substr(0, greeting.size()) << '\n';

    // A stream of boxes: Alice has the capability to write, Bob that to read.
    const auto [write_cap, read_cap, first] = kpclient::new_keypair();
    const kpclient::BoxIndex second = alice.write_box(write_cap, first, "a message in a box");
    std::cout << "bob read: " << bob.read_box(read_cap, first).plaintext.view() << '\n';

    // Nobody has written the second box yet: an operation waits for it, until it is cancelled.
    auto waiting = bob.read_box_async(read_cap, second);
    waiting.cancel();
    try {
        waiting.get();
    } catch (const kpclient::Error &error) {
        std::cout << "cancelled: " << error.name() << '\n';
    }

    // The next read is at the daemon, whose network stands still, when that is killed. It is sent
    // again to the daemon that follows.
    daemon.tell("hold");
    kpclient::EventSink events = kpclient::EventSink::open(bob, 100);
    auto reading = bob.read_box_async(read_cap, second);
    daemon.wait_until("\"queued\":1,");
    daemon.kill_and_start();
    std::cout << "the daemon was killed:";
    for (const kpclient::Event &event : events) {
        if (event.kind() == kpclient::EventKind::Disconnected) {
            std::cout << " Disconnected,";
        } else if (event.kind() == kpclient::EventKind::Restarted) {
            std::cout << " Restarted\n";
            break;
        }
    }
    alice.write_box(write_cap, second, "written after the crash");
    std::cout << "bob read: " << reading.get().plaintext.view() << '\n';

    on_a_channel(daemon, alice, bob);

    try {
        alice.get_service("no such service");
    } catch (const kpclient::Error &error) {
        if (error.status() == kpclient::Status::ServiceNotFound) {
            std::cout << "no such service: " << error.name() << '\n';
        }
    }
    alice.close();
    bob.close();
}

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: story KPCLIENTD-SIM\n";
        return 2;
    }
    try {
        Simulator daemon(argv[1], {"--patient-couriers"});
        tell(daemon);
        return 0;
    } catch (const std::exception &error) {
        std::cerr << "story: " << error.what() << '\n';
        return 1;
    }
}
