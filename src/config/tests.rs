//! Real files of three eras, and every way in which a file can be wrong.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;
use crate::temp_dir::TempDir;

fn golden(era: &str) -> String {
    std::fs::read_to_string(crate::golden::path(era).join("thinclient.toml")).unwrap()
}

fn tcp(address: &str) -> Option<Dial> {
    Some(Dial::Tcp {
        address: address.to_owned(),
        network: TcpNetwork::Tcp,
    })
}

fn refusal(text: &str) -> (Status, String) {
    let error = Config::from_toml(text).unwrap_err();
    (error.status(), error.message().to_owned())
}

#[track_caller]
fn refused(text: &str, status: Status, named: &str) {
    let (found, message) = refusal(text);
    assert_eq!(found, status, "{text}: {message}");
    assert!(message.contains(named), "{message:?} lacks {named:?}");
}

#[test]
fn the_file_of_todays_daemon_is_read() {
    let config = Config::from_toml(&golden("v0.0.99")).unwrap();
    assert_eq!(config.dial, tcp("127.0.0.1:64331"));
    assert_eq!(config.sphinx, None);
    assert_eq!(config.pigeonhole, None);
    assert_eq!(config.reconnect_min, Duration::from_secs(1));
    assert_eq!(config.reconnect_max, Duration::from_secs(60));
}

#[test]
fn the_flat_files_of_older_daemons_are_read_with_their_geometries() {
    for (era, address, max, query) in [
        ("v0.0.72", "127.0.0.1:64531", 1681, 231),
        ("v0.0.73-rc1", "127.0.0.1:64431", 1553, 359),
    ] {
        let config = Config::from_toml(&golden(era)).unwrap();
        assert_eq!(config.dial, tcp(address));
        let sphinx = config.sphinx.unwrap();
        assert_eq!(sphinx.user_forward_payload_length, 2000);
        assert_eq!(
            (sphinx.nike_name.as_str(), sphinx.kem_name.as_str()),
            ("x25519", "")
        );
        let pigeonhole = config.pigeonhole.unwrap();
        assert_eq!(pigeonhole.max_plaintext_payload_length, max);
        assert_eq!(pigeonhole.courier_query_read_length, query);
    }
}

#[test]
fn a_file_of_daemons_that_counted_otherwise_says_of_which() {
    let text = golden("v0.0.73-rc1").replace("MaxPlaintextPayloadLength", "BoxPayloadLength");
    refused(&text, Status::CONFIG_UNKNOWN_KEY, "v0.0.53");
}

#[test]
fn a_relative_path_is_fixed_and_a_name_or_a_path_too_long_for_it_stay() {
    let here = std::env::current_dir().unwrap();
    let fixed = Dial::Unix {
        path: here.join("kpclientd.sock").to_str().unwrap().to_owned(),
    };
    assert_eq!(Dial::unix("kpclientd.sock"), fixed);
    assert_eq!(Dial::unix("./kpclientd.sock"), fixed);
    let too_long = "x".repeat(107);
    for path in ["", "@kpclientd", "/run/kpclientd.sock", &too_long] {
        let path = path.to_owned();
        assert_eq!(Dial::unix(&path), Dial::Unix { path });
    }
}

#[test]
fn every_transport_is_understood_in_both_shapes() {
    let unix = |path: &str| Dial::Unix {
        path: path.to_owned(),
    };
    let tcp = |network| Dial::Tcp {
        address: "[::1]:7".to_owned(),
        network,
    };
    for (text, dial) in [
        (
            "[Dial.Unix]\nAddress = '/run/kpclientd.sock'",
            unix("/run/kpclientd.sock"),
        ),
        ("[Dial.Unix]\nAddress = '@katzenpost'", unix("@katzenpost")),
        (
            "Network = 'unix'\nAddress = '@katzenpost'",
            unix("@katzenpost"),
        ),
        ("[Dial.Tcp]\nAddress = '[::1]:7'", tcp(TcpNetwork::Tcp)),
        (
            "[Dial.Tcp]\nAddress = '[::1]:7'\nNetwork = ''",
            tcp(TcpNetwork::Tcp),
        ),
        (
            "[Dial.Tcp]\nAddress = '[::1]:7'\nNetwork = 'tcp6'",
            tcp(TcpNetwork::Tcp6),
        ),
        (
            "Dial = { Tcp = { Address = '[::1]:7' } }",
            tcp(TcpNetwork::Tcp),
        ),
        (
            "Network = 'tcp6'\nAddress = '[::1]:7'",
            tcp(TcpNetwork::Tcp6),
        ),
        (
            "Network = 'tcp'\nAddress = '[::1]:7'\n[Dial]",
            tcp(TcpNetwork::Tcp),
        ),
    ] {
        assert_eq!(Config::from_toml(text).unwrap().dial, Some(dial), "{text}");
    }
}

#[test]
fn geometry_tables_may_stand_beside_the_newer_dial() {
    let old = golden("v0.0.72");
    let tables = &old[old.find("[SphinxGeometry]").unwrap()..];
    let text = format!("[Dial.Unix]\nAddress = 'x'\n{tables}");
    let config = Config::from_toml(&text).unwrap();
    assert!(config.sphinx.is_some() && config.pigeonhole.is_some());
}

#[test]
fn unknown_keys_are_named_with_their_path_at_every_level() {
    let old = golden("v0.0.72");
    for (text, named) in [
        ("Logging = 1\n[Dial.Unix]\nAddress = 'x'", "\"Logging\""),
        ("[Dial.Quic]\nAddress = 'x'", "\"Dial.Quic\""),
        (
            "[Dial.Unix]\nAddress = 'x'\nNetwork = 'unix'",
            "\"Dial.Unix.Network\"",
        ),
        ("[Dial.Tcp]\nAddress = 'x:1'\nPort = 1", "\"Dial.Tcp.Port\""),
        (
            "[Dial.Ws]\nAddress = 'ws://x'\nPath = '/'",
            "\"Dial.Ws.Path\"",
        ),
        (&format!("{old}\nMore = 1"), "\"PigeonholeGeometry.More\""),
        (&old.replace("NrHops", "Hops"), "\"SphinxGeometry.Hops\""),
        ("network = 'tcp'\nAddress = 'x:1'", "\"network\""),
    ] {
        refused(text, Status::CONFIG_UNKNOWN_KEY, named);
    }
}

#[test]
fn exactly_one_transport_is_asked_for() {
    for text in ["", "[Dial]", "# nothing"] {
        refused(text, Status::CONFIG_NO_TRANSPORT, "Dial.Unix");
    }
    for text in [
        "[Dial.Unix]\nAddress = ''",
        "[Dial.Tcp]\nAddress = ''",
        "Network = 'tcp'\nAddress = ''",
    ] {
        refused(text, Status::CONFIG_NO_TRANSPORT, "empty");
    }
    let both = "[Dial.Unix]\nAddress = 'x'\n[Dial.Tcp]\nAddress = 'x:1'";
    refused(both, Status::CONFIG_MULTIPLE_TRANSPORTS, "Dial.Unix");
    let with_ws = "[Dial.Unix]\nAddress = 'x'\n[Dial.Ws]\nAddress = 'ws://x'";
    refused(with_ws, Status::CONFIG_MULTIPLE_TRANSPORTS, "Dial.Ws");
    let shapes = "Network = 'tcp'\nAddress = 'x:1'\n[Dial.Unix]\nAddress = 'x'";
    refused(
        shapes,
        Status::CONFIG_MULTIPLE_TRANSPORTS,
        "Network and Address",
    );
}

#[cfg(not(feature = "websocket"))]
#[test]
fn web_sockets_are_refused_as_unsupported() {
    refused(
        "[Dial.Ws]\nAddress = 'ws://x/'",
        Status::UNSUPPORTED,
        "WebSocket",
    );
}

#[cfg(feature = "websocket")]
#[test]
fn the_url_of_a_websocket_has_a_host_and_perhaps_a_port_and_a_path() {
    for (url, address) in [
        ("ws://x", "x:80"),
        ("ws://x/", "x:80"),
        ("WS://localhost:64332/ws?a=b:c", "localhost:64332"),
        ("ws://127.0.0.1:7?x", "127.0.0.1:7"),
        ("ws://[::1]", "[::1]:80"),
        ("ws://[::1]:7/", "[::1]:7"),
    ] {
        assert_eq!(WebSocketUrl::parse(url).unwrap().address, address, "{url}");
        let text = format!("[Dial.Ws]\nAddress = '{url}'");
        let url = url.to_owned();
        assert_eq!(
            Config::from_toml(&text).unwrap().dial,
            Some(Dial::Ws { url })
        );
    }
    for url in [
        "x:80",
        "/run/socket",
        "http://x",
        "ws:/x",
        "ws://",
        "ws:///path",
        "ws://:80",
        "ws://x:0",
        "ws://x:65536",
        "ws://me@x",
        "ws://x/ y",
        "ws://x/#here",
        "ws://ü",
        "ws://[::1",
        "ws://fe80::1:7",
    ] {
        let text = format!("[Dial.Ws]\nAddress = '{url}'");
        refused(&text, Status::CONFIG_PARSE, "the WebSocket \"");
    }
    let tls = "[Dial.Ws]\nAddress = 'wss://x/'";
    refused(tls, Status::UNSUPPORTED, "TLS");
}

#[test]
fn bad_networks_and_literals_of_the_wrong_family_are_refused() {
    for (text, named) in [
        ("Network = 'udp'\nAddress = 'x:1'", "udp"),
        ("Network = 'TCP'\nAddress = 'x:1'", "TCP"),
        ("[Dial.Tcp]\nAddress = 'x:1'\nNetwork = 'unix'", "unix"),
        ("[Dial.Tcp]\nAddress = '[::1]:1'\nNetwork = 'tcp4'", "tcp4"),
        (
            "[Dial.Tcp]\nAddress = '127.0.0.1:1'\nNetwork = 'tcp6'",
            "tcp6",
        ),
        (
            "[Dial.Tcp]\nAddress = '[fe80::1%lo]:1'\nNetwork = 'tcp4'",
            "tcp4",
        ),
    ] {
        refused(text, Status::CONFIG_BAD_NETWORK, named);
    }
}

#[test]
fn what_is_not_toml_or_has_wrong_types_is_a_parse_error_that_says_where() {
    for (text, named) in [
        ("[Dial.Unix]\nAddress = ", "line 2"),
        ("[Dial.Unix]\nAddress = 'x'\nAddress = 'y'", "line 3"),
        ("Dial = 'x'", "Dial is a string, not a table"),
        ("[Dial]\nUnix = 1", "Dial.Unix is an integer, not a table"),
        ("[Dial.Unix]", "Dial.Unix.Address is missing"),
        (
            "[Dial.Unix]\nAddress = 5",
            "Dial.Unix.Address is an integer, not a string",
        ),
        ("[Dial.Unix]\nAddress = \"a\\u0000b\"", "NUL"),
        (
            "[Dial.Tcp]\nAddress = 'x:1'\nNetwork = true",
            "Dial.Tcp.Network is a boolean",
        ),
        ("Network = 'tcp'", "Address is missing"),
        ("Address = 'x:1'", "Network is missing"),
        (
            "SphinxGeometry = []\n[Dial.Unix]\nAddress = 'x'",
            "SphinxGeometry is an array",
        ),
        ("[Dial.Tcp]\nAddress = 'x'", "no port"),
    ] {
        refused(text, Status::CONFIG_PARSE, named);
    }
    let old = golden("v0.0.72");
    let float = old.replace("NrHops = 5", "NrHops = 5.0");
    refused(
        &float,
        Status::CONFIG_PARSE,
        "SphinxGeometry.NrHops is a float",
    );
    let missing = old.replace("NrHops = 5", "");
    refused(
        &missing,
        Status::CONFIG_PARSE,
        "SphinxGeometry.NrHops is missing",
    );
}

#[test]
fn impossible_geometries_in_a_file_are_refused() {
    let old = golden("v0.0.72");
    for (from, to, named) in [
        ("NrHops = 5", "NrHops = -5", "SphinxGeometry.NrHops is -5"),
        ("NrHops = 5", "NrHops = 0", "NrHops is 0"),
        ("PacketLength = 3082", "PacketLength = 30", "PacketLength"),
        ("\"Ed25519\"", "\"RSA\"", "SignatureSchemeName"),
        (
            "Length = 1681",
            "Length = 9223372036854775807",
            "MaxPlaintextPayloadLength",
        ),
    ] {
        assert!(old.contains(from));
        refused(&old.replace(from, to), Status::BAD_GEOMETRY, named);
    }
}

#[test]
fn files_are_loaded_and_faults_name_the_file() {
    let directory = TempDir::new("config");
    let good = directory.file("good.toml", golden("v0.0.99").as_bytes());
    assert_eq!(
        Config::load_file(&good).unwrap().dial,
        tcp("127.0.0.1:64331")
    );

    let binary = directory.file("binary.toml", b"Network = \"\xff\"");
    let long = directory.file("long.toml", &vec![b'\n'; 2 << 20]);
    let unknown = directory.file("unknown.toml", b"Foo = 1");
    for (path, status, named) in [
        (&binary, Status::CONFIG_PARSE, "not UTF-8 at byte 11"),
        (&long, Status::CONFIG_PARSE, "longer than"),
        (&unknown, Status::CONFIG_UNKNOWN_KEY, "\"Foo\""),
    ] {
        let error = Config::load_file(path).unwrap_err();
        assert_eq!(error.status(), status);
        assert!(error.message().contains(named), "{error}");
        assert!(error.message().contains(path.as_str()), "{error}");
    }

    let absent = directory.0.join("absent.toml");
    let folder = directory.0.to_str().unwrap();
    for (path, errno) in [
        (absent.to_str().unwrap(), libc::ENOENT),
        (folder, libc::EISDIR),
    ] {
        let error = Config::load_file(path).unwrap_err();
        assert_eq!(error.status(), Status::CONFIG_IO);
        assert_eq!(error.errno(), Some(errno));
        assert!(error.message().contains(path), "{error}");
    }
    let with_nul = Config::load_file("a\0b").unwrap_err();
    assert_eq!(with_nul.status(), Status::CONFIG_IO);
}

#[test]
fn tcp_addresses_are_taken_apart() {
    let parsed = |text| HostPort::parse(text, TcpNetwork::Tcp).unwrap();
    let pair = |host, port| HostPort { host, port };
    let v4 = Host::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let v6 = Host::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert_eq!(parsed("127.0.0.1:1"), pair(v4, 1));
    assert_eq!(parsed("[::1]:65535"), pair(v6, 65535));
    assert_eq!(parsed(":7"), pair(Host::Local, 7));
    assert_eq!(
        parsed("localhost:64331"),
        pair(Host::Name("localhost".to_owned()), 64331)
    );
    assert_eq!(
        parsed("[fe80::1%lo]:7"),
        pair(Host::Name("fe80::1%lo".to_owned()), 7)
    );
}

#[test]
fn what_is_no_tcp_address_is_refused() {
    for text in [
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:+1",
        "localhost:http",
        "::1:7",
        "[::1]",
        "[::1:7",
        "::1]:7",
        "[127.0.0.1]:7",
        "[]:7",
        "a b:7",
        "a\0:7",
        "tcp://a:7",
        "a/b:7",
    ] {
        let error = HostPort::parse(text, TcpNetwork::Tcp).unwrap_err();
        assert_eq!(error.status(), Status::ARG_VALUE, "{text}");
    }
}

#[test]
fn a_configuration_made_by_hand_is_validated() {
    let mut config = Config::new();
    assert_eq!(
        config.validate().unwrap_err().status(),
        Status::CONFIG_NO_TRANSPORT
    );
    config.dial = tcp("localhost");
    assert_eq!(config.validate().unwrap_err().status(), Status::ARG_VALUE);
    config.dial = tcp("localhost:1");
    config.validate().unwrap();
    config.reconnect_min = Duration::from_secs(61);
    assert_eq!(config.validate().unwrap_err().status(), Status::ARG_VALUE);
    config.reconnect_min = Duration::ZERO;
    assert_eq!(config.validate().unwrap_err().status(), Status::ARG_VALUE);
}
