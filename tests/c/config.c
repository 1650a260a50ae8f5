/* Configurations: files of both shapes, setters and getters, and what they refuse. */
#include "kpc_test.h"

static kpc_error *error;

static kpc_status load(const char *text, kpc_config **config)
{
    return kpc_config_load_text(text, strlen(text), config, &error);
}

static int address_is(const kpc_config *config, const char *expected)
{
    kpc_buffer *text = NULL;
    int same;
    OK(kpc_config_address(config, &text, &error));
    /* Texts are followed by a NUL that does not count. */
    same = kpc_buffer_len(text) == strlen(expected) &&
           strcmp((const char *)kpc_buffer_data(text), expected) == 0;
    kpc_buffer_free(text);
    return same;
}

static void config_load_text(void)
{
    kpc_config *config = NULL;

    OK(load("[Dial.Unix]\nAddress = \"@kpclientd\"\n", &config));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_UNIX);
    CHECK(strcmp(kpc_config_network(config), "unix") == 0 && address_is(config, "@kpclientd"));
    OK(kpc_config_validate(config, &error));
    kpc_config_free(config);

    OK(load("[Dial.Tcp]\nAddress = \"[::1]:64331\"\nNetwork = \"tcp6\"\n", &config));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_TCP);
    CHECK(strcmp(kpc_config_network(config), "tcp6") == 0 && address_is(config, "[::1]:64331"));
    kpc_config_free(config);

    ERROR(KPC_ERR_CONFIG_PARSE, load("[Dial.Unix", &config));
    CHECK(config == NULL);
    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, load("", &config));
    ERROR(KPC_ERR_CONFIG_UNKNOWN_KEY,
          load("Colour = 1\n[Dial.Unix]\nAddress = \"@kpclientd\"\n", &config));
    ERROR(KPC_ERR_CONFIG_MULTIPLE_TRANSPORTS,
          load("[Dial.Unix]\nAddress = \"a\"\n[Dial.Tcp]\nAddress = \"127.0.0.1:1\"\n", &config));
    ERROR(KPC_ERR_CONFIG_BAD_NETWORK,
          load("[Dial.Tcp]\nAddress = \"127.0.0.1:1\"\nNetwork = \"udp\"\n", &config));
    ERROR(KPC_ERR_UNSUPPORTED, load("[Dial.Ws]\nAddress = \"wss://127.0.0.1:1/\"\n", &config));
    ERROR(KPC_ERR_ARG_VALUE, load("\xff", &config));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_load_text(NULL, 1, &config, &error));
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (CHECK(file != NULL)) {
        fputs(text, file);
        fclose(file);
    }
}

/* A file with this text is refused with this status, and a message that names it and the reason. */
static int refused_file(const char *path, const char *text, kpc_status expected, const char *reason)
{
    kpc_config *config = NULL;
    kpc_error *why = NULL;
    int good;

    write_file(path, text);
    good = STATUS(expected, kpc_config_load_file(path, &config, &why)) && config == NULL &&
           strstr(kpc_error_message(why), path) != NULL && strstr(kpc_error_message(why), reason) != NULL;
    kpc_error_free(why);
    return good;
}

static void config_load_file(void)
{
    const char *dir = getenv("KPC_TMP");
    char path[512];
    kpc_config *config = NULL;
    kpc_error *missing = NULL;

    snprintf(path, sizeof path, "%s/thinclient.toml", dir != NULL ? dir : ".");
    write_file(path, "[Dial.Tcp]\nAddress = \"localhost:64331\"\n");
    OK(kpc_config_load_file(path, &config, &error));
    CHECK(strcmp(kpc_config_network(config), "tcp") == 0 && address_is(config, "localhost:64331"));
    kpc_config_free(config);
    /* What is wrong in a file is told with its name and, of a text that is no TOML, its line. */
    CHECK(refused_file(path, "[Dial.Tcp]\nAddress = \n", KPC_ERR_CONFIG_PARSE, "line 2"));
    CHECK(refused_file(path, "[Dial.Tcp]\nAddress = \"\xff\"\n", KPC_ERR_CONFIG_PARSE, "UTF-8"));
    CHECK(refused_file(path, "[Dial.Tcp]\nAdress = \"a:1\"\n", KPC_ERR_CONFIG_UNKNOWN_KEY, "Adress"));
    CHECK(refused_file(path, "Network = \"udp\"\nAddress = \"a:1\"\n", KPC_ERR_CONFIG_BAD_NETWORK, "udp"));
    CHECK(refused_file(path, "", KPC_ERR_CONFIG_NO_TRANSPORT, ""));
    write_file(path, "Network = \"tcp4\"\nAddress = \"localhost:64332\"\n");
    OK(kpc_config_load_file(path, &config, &error));
    CHECK(strcmp(kpc_config_network(config), "tcp4") == 0 && address_is(config, "localhost:64332"));
    kpc_config_free(config);
    remove(path);
    /* Neither a directory nor what never ends is read for ever. */
    ERROR(KPC_ERR_CONFIG_IO, kpc_config_load_file(dir != NULL ? dir : ".", &config, &error));
    ERROR(KPC_ERR_CONFIG_PARSE, kpc_config_load_file("/dev/zero", &config, &error));
    ERROR(KPC_ERR_CONFIG_IO, kpc_config_load_file("", &config, &error));

    STATUS(KPC_ERR_CONFIG_IO, kpc_config_load_file(path, &config, &missing));
    CHECK(config == NULL && kpc_error_errno(missing) != 0);
    CHECK(strstr(kpc_error_message(missing), "thinclient.toml") != NULL);
    kpc_error_free(missing);
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_load_file("\xc3\x28", &config, &error));
}

/* Field by field: the transport that was set last is the one, and what is refused changes nothing. */
static void config_new(void)
{
    kpc_config *config = NULL;
    kpc_buffer *text = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_NONE);
    CHECK(strcmp(kpc_config_network(config), "") == 0);
    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, kpc_config_address(config, &text, &error));

    OK(kpc_config_set_unix(config, "/run/kpclientd.sock", &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_UNIX && address_is(config, "/run/kpclientd.sock"));
    OK(kpc_config_set_tcp(config, "127.0.0.1:64331", NULL, &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_TCP);

    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, kpc_config_set_unix(config, "", &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_unix(config, "\xff", &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_tcp(config, "127.0.0.1", "tcp", &error));
    ERROR(KPC_ERR_CONFIG_BAD_NETWORK, kpc_config_set_tcp(config, "127.0.0.1:1", "udp", &error));
    ERROR(KPC_ERR_CONFIG_BAD_NETWORK, kpc_config_set_tcp(config, "127.0.0.1:1", "tcp6", &error));
    CHECK(address_is(config, "127.0.0.1:64331"));
    kpc_config_free(config);
}

/* A refused URL leaves the transport that is there. There is no TLS. */
static void config_set_ws(void)
{
    kpc_config *config = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    ERROR(KPC_ERR_UNSUPPORTED, kpc_config_set_ws(config, "wss://127.0.0.1:1/", &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_NONE);
    OK(kpc_config_set_unix(config, "@kpclientd", &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_ws(config, "http://127.0.0.1:1/", &error));
    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, kpc_config_set_ws(config, "", &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_UNIX && address_is(config, "@kpclientd"));
    OK(kpc_config_set_ws(config, "ws://127.0.0.1:1/", &error));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_WS && address_is(config, "ws://127.0.0.1:1/"));
    CHECK(strcmp(kpc_config_network(config), "ws") == 0);
    kpc_config_free(config);
}

/* Looks at what is written, and dials nobody: nobody listens at any of these. */
static void config_validate(void)
{
    kpc_config *config = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    ERROR(KPC_ERR_CONFIG_NO_TRANSPORT, kpc_config_validate(config, &error));
    OK(kpc_config_set_unix(config, "/nowhere/kpclientd.sock", &error));
    OK(kpc_config_validate(config, &error));
    OK(kpc_config_set_tcp(config, "127.0.0.1:1", NULL, &error));
    OK(kpc_config_validate(config, &error));
    OK(kpc_config_set_tcp(config, "[::1]:1", "tcp6", &error));
    OK(kpc_config_validate(config, &error));
    kpc_config_free(config);
}

static void config_set_reconnect(void)
{
    kpc_config *config = NULL;
    uint32_t min = 0, max = 0;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_reconnect(config, &min, &max, &error));
    CHECK(min == 1000 && max == 60000);
    OK(kpc_config_set_reconnect(config, 50, 200, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_reconnect(config, 0, 200, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_reconnect(config, 201, 200, &error));
    OK(kpc_config_reconnect(config, &min, NULL, &error));
    OK(kpc_config_reconnect(config, NULL, &max, &error));
    CHECK(min == 50 && max == 200);
    kpc_config_free(config);
}

static void config_set_connect_all(void)
{
    kpc_config *config = NULL;

    OK(kpc_config_new(&config, &error));
    CHECK(!kpc_config_connect_all(config));
    OK(kpc_config_set_connect_all(config, true, &error));
    CHECK(kpc_config_connect_all(config));
    OK(kpc_config_set_connect_all(config, false, &error));
    CHECK(!kpc_config_connect_all(config));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_connect_all(NULL, true, &error));
    CHECK(!kpc_config_connect_all(NULL));
    kpc_config_free(config);
}

static void config_set_count_suspended(void)
{
    kpc_config *config = NULL;

    OK(kpc_config_new(&config, &error));
    CHECK(!kpc_config_count_suspended(config));
    OK(kpc_config_set_count_suspended(config, true, &error));
    CHECK(kpc_config_count_suspended(config));
    OK(kpc_config_set_count_suspended(config, false, &error));
    CHECK(!kpc_config_count_suspended(config));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_count_suspended(NULL, true, &error));
    CHECK(!kpc_config_count_suspended(NULL));
    kpc_config_free(config);
}

static void config_set_encryption_connections(void)
{
    kpc_config *config = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    CHECK(kpc_config_encryption_connections(config) == 2);
    OK(kpc_config_set_encryption_connections(config, 16, &error));
    CHECK(kpc_config_encryption_connections(config) == 16);
    OK(kpc_config_set_encryption_connections(config, 1, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_encryption_connections(config, 0, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_encryption_connections(config, 17, &error));
    CHECK(kpc_config_encryption_connections(config) == 1);
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_encryption_connections(NULL, 1, &error));
    CHECK(kpc_config_encryption_connections(NULL) == 0);
    kpc_config_free(config);
}

static void config_set_silence_limit(void)
{
    kpc_config *config = NULL;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    CHECK(kpc_config_silence_limit(config) == 15000);
    OK(kpc_config_set_silence_limit(config, 100, &error));
    CHECK(kpc_config_silence_limit(config) == 100);
    OK(kpc_config_set_silence_limit(config, 3600000, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_silence_limit(config, 99, &error));
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_silence_limit(config, 3600001, &error));
    CHECK(kpc_config_silence_limit(config) == 3600000);
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_silence_limit(NULL, 100, &error));
    CHECK(kpc_config_silence_limit(NULL) == 0);
    kpc_config_free(config);
}

/* The flat file of daemons before v0.0.76, with the geometries that they do not tell. */
static const char flat_file[] =
    "Network = \"tcp\"\nAddress = \"127.0.0.1:64531\"\n"
    "[SphinxGeometry]\n"
    "PacketLength = 3082\nNrHops = 5\nHeaderLength = 476\nRoutingInfoLength = 410\n"
    "PerHopRoutingInfoLength = 82\nSURBLength = 572\nSphinxPlaintextHeaderLength = 2\n"
    "PayloadTagLength = 32\nForwardPayloadLength = 2574\nUserForwardPayloadLength = 2000\n"
    "NextNodeHopLength = 65\nSPRPKeyMaterialLength = 64\nNIKEName = \"x25519\"\nKEMName = \"\"\n"
    "[PigeonholeGeometry]\n"
    "MaxPlaintextPayloadLength = 1681\nCourierQueryReadLength = 231\nCourierQueryWriteLength = 2000\n"
    "CourierQueryReplyReadLength = 1826\nCourierQueryReplyWriteLength = 50\n"
    "NIKEName = \"x25519\"\nSignatureSchemeName = \"Ed25519\"\n";

static void config_sphinx_geometry(void)
{
    kpc_config *config = NULL;
    kpc_sphinx_geometry sphinx;

    OK(load(flat_file, &config));
    CHECK(kpc_config_transport(config) == KPC_TRANSPORT_TCP && address_is(config, "127.0.0.1:64531"));
    OK(kpc_config_sphinx_geometry(config, &sphinx, &error));
    CHECK(sphinx.packet_length == 3082 && sphinx.nr_hops == 5 && sphinx.header_length == 476);
    CHECK(sphinx.routing_info_length == 410 && sphinx.per_hop_routing_info_length == 82);
    CHECK(sphinx.surb_length == 572 && sphinx.sphinx_plaintext_header_length == 2);
    CHECK(sphinx.payload_tag_length == 32 && sphinx.forward_payload_length == 2574);
    CHECK(sphinx.user_forward_payload_length == 2000 && sphinx.next_node_hop_length == 65);
    CHECK(sphinx.sprp_key_material_length == 64);
    CHECK(strcmp(sphinx.nike_name, "x25519") == 0 && strcmp(sphinx.kem_name, "") == 0);
    kpc_config_free(config);
}

static void config_pigeonhole_geometry(void)
{
    kpc_config *config = NULL;
    kpc_pigeonhole_geometry boxes;

    OK(load(flat_file, &config));
    OK(kpc_config_pigeonhole_geometry(config, &boxes, &error));
    CHECK(boxes.max_plaintext_payload_length == 1681 && boxes.courier_query_read_length == 231);
    CHECK(boxes.courier_query_write_length == 2000 && boxes.courier_query_reply_read_length == 1826);
    CHECK(boxes.courier_query_reply_write_length == 50);
    CHECK(strcmp(boxes.nike_name, "x25519") == 0 && strcmp(boxes.signature_scheme_name, "Ed25519") == 0);
    kpc_config_free(config);
    ERROR(KPC_ERR_CONFIG_PARSE, load("[Dial.Unix]\nAddress = \"x\"\n[PigeonholeGeometry]\nNIKEName = 7\n", &config));
}

static void sphinx_geometry_validate(void)
{
    kpc_config *config = NULL;
    kpc_sphinx_geometry sphinx;

    memset(&sphinx, 0, sizeof sphinx);
    sphinx.packet_length = 3082;
    sphinx.nr_hops = 5;
    sphinx.header_length = 476;
    sphinx.routing_info_length = 410;
    sphinx.per_hop_routing_info_length = 82;
    sphinx.surb_length = 572;
    sphinx.sphinx_plaintext_header_length = 2;
    sphinx.payload_tag_length = 32;
    sphinx.forward_payload_length = 2574;
    sphinx.user_forward_payload_length = 2000;
    sphinx.next_node_hop_length = 65;
    sphinx.sprp_key_material_length = 64;
    strcpy(sphinx.nike_name, "x25519");
    OK(kpc_sphinx_geometry_validate(&sphinx, &error));
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_sphinx_geometry(config, &sphinx, &error));

    sphinx.nr_hops = 0;
    ERROR(KPC_ERR_BAD_GEOMETRY, kpc_sphinx_geometry_validate(&sphinx, &error));
    ERROR(KPC_ERR_BAD_GEOMETRY, kpc_config_set_sphinx_geometry(config, &sphinx, &error));
    OK(kpc_config_sphinx_geometry(config, &sphinx, &error));
    CHECK(sphinx.nr_hops == 5 && strcmp(sphinx.nike_name, "x25519") == 0);

    OK(kpc_config_set_sphinx_geometry(config, NULL, &error));
    ERROR(KPC_ERR_NO_GEOMETRY, kpc_config_sphinx_geometry(config, &sphinx, &error));
    CHECK(kpc_test_filled(&sphinx, 0, sizeof sphinx));
    kpc_config_free(config);
}

static void pigeonhole_geometry_validate(void)
{
    kpc_config *config = NULL;
    kpc_pigeonhole_geometry boxes;

    memset(&boxes, 0, sizeof boxes);
    boxes.max_plaintext_payload_length = 1677;
    boxes.courier_query_read_length = 2000;
    boxes.courier_query_write_length = 2000;
    boxes.courier_query_reply_read_length = 1846;
    boxes.courier_query_reply_write_length = 1846;
    strcpy(boxes.nike_name, "x25519");
    strcpy(boxes.signature_scheme_name, "Ed25519");
    OK(kpc_pigeonhole_geometry_validate(&boxes, &error));
    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    OK(kpc_config_set_pigeonhole_geometry(config, &boxes, &error));

    strcpy(boxes.signature_scheme_name, "RSA");
    ERROR(KPC_ERR_BAD_GEOMETRY, kpc_pigeonhole_geometry_validate(&boxes, &error));
    ERROR(KPC_ERR_BAD_GEOMETRY, kpc_config_set_pigeonhole_geometry(config, &boxes, &error));
    memset(boxes.nike_name, 'x', sizeof boxes.nike_name);
    ERROR(KPC_ERR_ARG_VALUE, kpc_pigeonhole_geometry_validate(&boxes, &error));
    OK(kpc_config_pigeonhole_geometry(config, &boxes, &error));
    CHECK(boxes.max_plaintext_payload_length == 1677);

    OK(kpc_config_set_pigeonhole_geometry(config, NULL, &error));
    ERROR(KPC_ERR_NO_GEOMETRY, kpc_config_pigeonhole_geometry(config, &boxes, &error));
    kpc_config_free(config);
}

static int drops;

static void count_drop(void *user_data)
{
    drops += *(int *)user_data;
}

static void ignore_line(int32_t level, const char *text, void *user_data)
{
    (void)level;
    (void)text;
    (void)user_data;
}

/* The user data of a log is let go of exactly once, whatever happens. */
static void config_set_log(void)
{
    kpc_config *config = NULL;
    int one = 1, ten = 10, hundred = 100;

    STATUS(KPC_OK, kpc_config_new(&config, NULL));
    CHECK(kpc_config_log_level(config) == KPC_LOG_OFF);
    OK(kpc_config_set_log(config, KPC_LOG_INFO, ignore_line, &one, count_drop, &error));
    CHECK(kpc_config_log_level(config) == KPC_LOG_INFO && drops == 0);
    OK(kpc_config_set_log(config, KPC_LOG_DEBUG, ignore_line, &ten, count_drop, &error));
    CHECK(drops == 1);
    ERROR(KPC_ERR_ARG_VALUE, kpc_config_set_log(config, 9, ignore_line, &hundred, count_drop, &error));
    CHECK(drops == 101 && kpc_config_log_level(config) == KPC_LOG_DEBUG);
    kpc_config_free(config);
    CHECK(drops == 111);
    ERROR(KPC_ERR_BAD_HANDLE, kpc_config_set_log(config, 0, ignore_line, &one, count_drop, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_log(NULL, 0, NULL, &one, count_drop, &error));
    ERROR(KPC_ERR_ARG_NULL, kpc_config_set_log(NULL, 0, NULL, &one, NULL, &error));
    CHECK(drops == 113);
}

int main(void)
{
    config_load_text();
    config_load_file();
    config_new();
    config_set_ws();
    config_validate();
    config_set_reconnect();
    config_set_encryption_connections();
    config_set_connect_all();
    config_set_count_suspended();
    config_set_silence_limit();
    config_sphinx_geometry();
    config_pigeonhole_geometry();
    sphinx_geometry_validate();
    pigeonhole_geometry_validate();
    config_set_log();
    return kpc_test_end();
}
