//! Clients of a simulator.

use std::time::Duration;

use kpclient::bacap::keypair;
use kpclient::client::{Client, Destination, Log};
use kpclient::config::{Config, Dial, TcpNetwork};
use kpclientd_sim::daemon::server::Bound;
use kpclientd_sim::daemon::thinclient_toml;
use kpclientd_sim::network::NetworkConfig;
use kpclientd_sim::Sim;

use super::operations::done;

/// Where the simulator's Unix socket is.
pub fn unix(sim: &Sim) -> Dial {
    Dial::Unix {
        path: sim.unix_path().to_owned(),
    }
}

/// Where the simulator's TCP socket is.
pub fn tcp(sim: &Sim) -> Dial {
    Dial::Tcp {
        address: sim.tcp_address().to_owned(),
        network: TcpNetwork::Tcp,
    }
}

/// What a client of this daemon is given, and no file.
pub fn settings(dial: Dial) -> Config {
    let mut config = Config::new();
    config.dial = Some(dial);
    in_a_hurry(config)
}

/// The thinclient.toml of a simulator of this network. Daemons before today's do not send their
/// geometries, so their clients need it.
pub fn settings_of(sim: &Sim, network: &NetworkConfig) -> Config {
    let bound = Bound {
        unix: Some(sim.unix_path().to_owned()),
        ..Bound::default()
    };
    in_a_hurry(Config::from_toml(&thinclient_toml(network, &bound)).unwrap())
}

fn in_a_hurry(mut config: Config) -> Config {
    config.reconnect_min = Duration::from_millis(10);
    config.reconnect_max = Duration::from_millis(50);
    config
}

/// A client that is not connected.
pub fn new_client(config: Config) -> Client {
    Client::new(config, Log::default(), || {}).unwrap()
}

/// A connected client.
pub fn client(sim: &Sim) -> Client {
    client_with(sim, |_| {})
}

/// The same, set up as `set` says.
pub fn client_with(sim: &Sim, set: impl FnOnce(&mut Config)) -> Client {
    let mut config = settings(unix(sim));
    set(&mut config);
    connected(config)
}

/// A connected client, set up like this.
pub fn connected(config: Config) -> Client {
    let client = new_client(config);
    connect(&client);
    client
}

pub fn connect(client: &Client) {
    done(client.connect());
}

/// A service of the document.
pub fn service(client: &Client, capability: &str) -> Destination {
    let service = client.service(capability).unwrap();
    Destination {
        node: service.node,
        queue: service.queue,
    }
}

/// Somewhere to send messages to.
pub fn echo(client: &Client) -> Destination {
    service(client, "echo")
}

/// One local call, which the daemon answers by itself.
pub fn local_call(client: &Client) {
    let index = keypair(&[3; 32]).first_index;
    let next = done(client.next_message_box_index_remote(&index));
    assert_eq!(next, index.next());
}
