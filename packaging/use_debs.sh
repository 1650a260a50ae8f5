#!/bin/sh
# What packaging/try_debs.sh runs in a clean Debian, with the packages in /debs.
set -eu
cd /debs
files() { find / -xdev ! -path '/proc/*' ! -path '/debs/*' ! -path '/var/*' ! -path '/tmp/*' ! -path '/etc/ld.so.cache' | sort; }
quiet() { "$@" > /tmp/said 2>&1 || { cat /tmp/said; echo "failed: $*"; exit 1; }; }

quiet apt-get update
# What the programs below are made with; so that what is left at the end is the packages' own.
quiet apt-get install -y --no-install-recommends gcc g++ libc6-dev pkgconf libsqlite3-dev man-db
files > /tmp/before
quiet apt-get install -y ./*.deb
echo "installed: $(dpkg-query -W -f '${Package} ' 'libkpclient*' 'kpclient*')"

cat > /tmp/hello.c << 'END'
#include <kpclient.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    kpc_config *config = NULL;
    kpc_client *client = NULL;
    kpc_service echo;
    kpc_buffer *reply = NULL;
    kpc_error *error = NULL;
    int failed = 1;
    if (kpc_config_load_file(argc > 1 ? argv[1] : "thinclient.toml", &config, &error) == KPC_OK &&
        kpc_client_new(config, &client, &error) == KPC_OK && kpc_client_connect(client, 60000, &error) == KPC_OK &&
        kpc_client_get_service(client, "echo", &echo, &error) == KPC_OK &&
        kpc_send_message_await_reply(client, &echo, (const uint8_t *)"hello mixnet", 12, 60000, &reply, &error) == KPC_OK) {
        printf("%.12s\n", (const char *)kpc_buffer_data(reply));
        failed = 0;
    } else {
        fprintf(stderr, "%s\n", kpc_error_message(error));
    }
    kpc_error_free(error);
    kpc_buffer_free(reply);
    kpc_client_close(client, KPC_FOREVER, NULL);
    kpc_client_free(client);
    kpc_config_free(config);
    return failed;
}
END
cat > /tmp/hello.cpp << 'END'
#include <kpclient.hpp>
#include <iostream>
int main() { std::cout << kpclient::version() << '\n'; }
END
cd /tmp
# shellcheck disable=SC2046 # flags are words
gcc hello.c $(pkg-config --cflags --libs kpclient) -o shared
# shellcheck disable=SC2046
gcc hello.c $(pkg-config --cflags kpclient) -Wl,-Bstatic -lkpclient -Wl,-Bdynamic $(pkg-config --static --libs kpclient | sed 's/-lkpclient//') -o static
# shellcheck disable=SC2046
g++ -std=c++17 hello.cpp $(pkg-config --cflags --libs kpclient) -o plus
./plus
ldd ./shared | grep -q libkpclient.so.0
if ldd ./static | grep -q libkpclient; then echo 'linked to the shared library all the same'; exit 1; fi

mkfifo ready
kpclientd-sim --tcp 127.0.0.1:0 --config-out /tmp/thinclient.toml --instant > ready &
simulator=$!
read -r line < ready
echo "$line"
[ "$(./shared /tmp/thinclient.toml)" = 'hello mixnet' ]
[ "$(./static /tmp/thinclient.toml)" = 'hello mixnet' ]
kill "$simulator"
wait "$simulator" || :
echo 'an echo through the simulator: shared and static, C; C++'
[ ! -e /usr/share/man/man3/kpc_write_box.3.gz ] || man -w kpc_write_box > /dev/null

quiet apt-get install -y --reinstall /debs/*.deb
names=$(dpkg-query -W -f '${Package} ' 'libkpclient*' 'kpclient*')
# shellcheck disable=SC2086 # names are words
quiet apt-get remove -y $names
# shellcheck disable=SC2086
quiet dpkg --purge $names
files > /tmp/after
if ! diff /tmp/before /tmp/after | grep '^>' > /tmp/left; then
    echo 'purged: nothing is left'
else
    cat /tmp/left
    exit 1
fi
