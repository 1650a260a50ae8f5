# libkpclient: build, check, install. `make help` lists the targets.
#
#   make                    the library and its header, in build/
#   make demo               everything at work, on the simulator
#   make check              every test
#   make check-quick        some of them, in a minute
#   make install            DESTDIR, PREFIX, LIBDIR, INCLUDEDIR, MANDIR as usual
#   make kpc                the command-line tool, in build/bin
#   make install-tools      the programs, with their manual pages; BINDIR
#   make header             rewrite include/kpclient.h and man/ after a change in src/ffi
#
# STORE=no leaves out the channels that remember, and SQLite with them.
#
# Cargo builds a static library; the C compiler's linker makes the shared one of it, as
# rustc has no way to give symbols a version. That is GNU ld's; packaging/link_dylib.sh links
# the library for macOS.

ifneq ($(words $(CURDIR)),1)
$(error make cannot build in a directory whose path has blanks in it: $(CURDIR))
endif

CC ?= cc
AR ?= ar
LD ?= ld
OBJCOPY ?= objcopy
OBJDUMP ?= objdump
STRIP ?= strip
INSTALL ?= install
CARGO ?= cargo
RUSTC ?= rustc

BUILD ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# Grows only when something is taken away from the interface; see abi/kpclient.map.
ABI := 0
LINKNAME := libkpclient.so
SONAME := $(LINKNAME).$(ABI)
REALNAME := $(LINKNAME).$(VERSION)

# Channels that remember are kept by SQLite: the system's, or one that is compiled in where there is
# none, or none of 3.31, which is the first that can be told not to trust the schema of a file.
# STORE=system and STORE=bundled insist; STORE=no does without.
STORE ?= yes
PKG_CONFIG ?= pkg-config
ifeq ($(STORE),yes)
override STORE := $(shell $(PKG_CONFIG) --exists 'sqlite3 >= 3.31' 2>/dev/null && echo system || echo bundled)
endif
ifeq ($(filter system bundled no,$(STORE)),)
$(error STORE=$(STORE) is none of yes, system, bundled, no)
endif
FEATURES_no := --no-default-features --features kpclient/websocket
FEATURES_bundled := --features kpclient/store-bundled
FEATURES := $(FEATURES_$(STORE))
ifeq ($(STORE),system)
SQLITE_LIBS := $(shell $(PKG_CONFIG) --libs 'sqlite3 >= 3.31' 2>/dev/null)
ifeq ($(SQLITE_LIBS),)
$(error STORE=system: $(PKG_CONFIG) finds no SQLite of 3.31 or later)
endif
# Of what SQLite's own package names only what there is, or a program could not be linked: Debian's
# names -lz, which its library does not need and its package does not bring.
SQLITE_STATIC_LIBS = $(SQLITE_LIBS) $(foreach lib,$(filter-out $(SQLITE_LIBS),$(shell $(PKG_CONFIG) --static --libs sqlite3)),$(call IF_THERE,$(lib)))
IF_THERE = $(shell echo 'int main(void) { return 0; }' | $(CC) -x c -o /dev/null - $(SQLITE_LIBS) $(1) 2>/dev/null && echo '$(1)')
endif
# Of an SQLite that is compiled in only what a store makes use of.
SQLITE_FLAGS := -USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE \
	-USQLITE_ENABLE_STAT4 -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_COLUMN_METADATA -USQLITE_SOUNDEX \
	-USQLITE_ENABLE_MEMORY_MANAGEMENT -USQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_OMIT_LOAD_EXTENSION

# What the standard library of Rust needs (rustc --print native-static-libs).
RUST_LIBS := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
NATIVE_LIBS := $(SQLITE_LIBS) $(RUST_LIBS)
# The same for programs that take the static library: of gcc_s there is no static form, and
# gcc_eh serves with -static and without. They stand in a file beside the library, so that what is
# installed or tested is what was linked.
STATIC_LIBS = $(SQLITE_STATIC_LIBS) $(RUST_LIBS:-lgcc_s=-lgcc_eh)

LINK_FLAGS := -Wl,-soname,$(SONAME) -Wl,--version-script=abi/kpclient.map \
	-Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,defs -Wl,-z,noexecstack \
	-Wl,-Bsymbolic-functions -Wl,--gc-sections -Wl,--as-needed

FUNCTIONS = $(shell abi/symbols.sh list $(STORE))

# Where cargo puts things depends on variables, configuration files and the target, so cargo is
# asked: it names the files that it wrote in JSON.
WROTE = sed -n 's|.*"\([^"]*/$(1)\)".*|\1|p' $(BUILD)/cargo.json | tail -n 1
CARGO_DIR := $(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)
SYSROOT := $(shell $(RUSTC) --print sysroot 2>/dev/null)

# Ten packets a second and quick mixes, that nobody has to wait; a real client sends about one.
DEMO_NETWORK ?= --lambda-p 0.01 --latency 300 --encrypt-cost 20

# How long `make torture` takes.
KILLS ?= 2000
CUTS ?= 300
VOUCHERS ?= 200
# After so many seconds the fault matrix begins no more cells; whole, it takes hours.
MATRIX_S ?=

# How many seconds `make fuzz` gives each target.
FUZZ_S ?= 60

# How long `make simulate` runs, and the one seed that it runs if it is given.
SIM_S ?= 600
SIM_SEED ?=

# How many schedules of its threads `make model` tries for each test.
SCHEDULES ?= 10000

# No path of the machine that builds ends up in what is built, by Rust's compiler or C's.
REMAP = --remap-path-prefix=$(CURDIR)=kpclient --remap-path-prefix=$(CARGO_DIR)=cargo \
	$(if $(SYSROOT),--remap-path-prefix=$(SYSROOT)=rust)
REMAP_C = -ffile-prefix-map=$(CURDIR)=kpclient -ffile-prefix-map=$(CARGO_DIR)=cargo

.PHONY: check-platforms all archive features lib link header man bindings symbols sim kpc examples demo examples-at-pace check check-quick check-32 check-peers torture soak docs pictures bench install install-strip install-debug install-tools uninstall dist packages check-packages check-archives check-readmes clean help

all: lib

## lib: the shared and the static library, in $(BUILD)/lib
lib: archive
	$(MAKE) --no-print-directory link OUT=$(BUILD)/lib \
		ARCHIVE="$$($(call WROTE,libkpclient\.a))"

archive:
	@mkdir -p $(BUILD)
	RUSTFLAGS="$(RUSTFLAGS) $(REMAP)" CFLAGS="$(CFLAGS) $(REMAP_C)" LIBSQLITE3_FLAGS="$(SQLITE_FLAGS)" \
		$(CARGO) rustc --release --locked $(FEATURES) --lib --crate-type staticlib \
		--message-format=json-render-diagnostics > $(BUILD)/cargo.json

## link: the libraries of a static library that cargo made: ARCHIVE, OUT
link:
	@test -n "$(ARCHIVE)" -a -n "$(OUT)" || { echo "make link needs ARCHIVE and OUT" >&2; exit 2; }
	@$(LD) --version 2>&1 | grep -q '^GNU ld ' || \
		{ echo "LD=$(LD) is not GNU ld (ld.bfd), which the static library needs" >&2; exit 2; }
	mkdir -p $(OUT)
	$(LD) -r -o $(OUT)/all.o --whole-archive "$(ARCHIVE)"
	CC="$(CC)" OBJCOPY="$(OBJCOPY)" OBJDUMP="$(OBJDUMP)" abi/no_backtraces.sh $(OUT)/all.o
	$(CC) -shared -o $(OUT)/$(REALNAME) $(LINK_FLAGS) $(LDFLAGS) $(OUT)/all.o $(NATIVE_LIBS)
	ln -sf $(REALNAME) $(OUT)/$(SONAME)
	ln -sf $(SONAME) $(OUT)/$(LINKNAME)
	$(OBJCOPY) --only-keep-debug $(OUT)/$(REALNAME) $(OUT)/$(REALNAME).debug
	# The static library is one object whose only global names are ours, so that it can stand
	# beside another library that is written in Rust. No section group is left either: linkers
	# keep the first of each name, whosever it is.
	@echo $(LD) -r --gc-sections --force-group-allocation -u ... -o $(OUT)/kpclient.o $(OUT)/all.o
	@$(LD) -r --gc-sections --force-group-allocation $(patsubst %,-u %,$(FUNCTIONS)) -o $(OUT)/kpclient.o $(OUT)/all.o
	$(OBJCOPY) --wildcard --keep-global-symbol='kpc_*' \
		--remove-section=.llvmbc --remove-section=.llvmcmd $(OUT)/kpclient.o
	rm -f $(OUT)/libkpclient.a
	$(AR) rcs $(OUT)/libkpclient.a $(OUT)/kpclient.o
	rm -f $(OUT)/all.o $(OUT)/kpclient.o
	@echo '$(STATIC_LIBS)' > $(OUT)/static-libs

## features: print what cargo is told of STORE
features:
	@echo $(FEATURES)

## header: rewrite include/kpclient.h, add new functions to abi/symbols.txt, write what is made from the header
header:
	KPC_HEADER=write $(CARGO) check -p kpclient $(FEATURES)
	abi/symbols.sh write
	$(MAKE) --no-print-directory man

## man: rewrite what is made from the header: the manual pages, abi/api.json, and what bindings have of it
man:
	$(CARGO) run --quiet -p kpclient-man
	$(MAKE) --no-print-directory bindings

## abi: add what is new to abi/interface.txt; fails where programs that are built would break
.PHONY: abi
abi:
	$(CARGO) run --quiet -p kpclient-man

EMITTERS = $(basename $(notdir $(wildcard bindings/generator/src/bin/emit_*)))

## bindings: rewrite what is generated in bindings/
bindings:
	$(CARGO) build --quiet -p kpclient-bindings
	@for emitter in $(EMITTERS); do \
		echo $$emitter && $(CARGO) run --quiet -p kpclient-bindings --bin $$emitter || exit 1; \
	done

## symbols: hold the library's exports against the header and abi/symbols.txt
symbols: lib
	abi/symbols.sh check $(BUILD)/lib

## sim: the simulator, as $(BUILD)/bin/kpclientd-sim; SIM_FLAGS=--release for a smaller one, that takes longer to build
sim:
	@mkdir -p $(BUILD)/bin
	$(if $(SIM_FLAGS),RUSTFLAGS="$(RUSTFLAGS) $(REMAP)") $(CARGO) build --locked $(SIM_FLAGS) -p kpclientd-sim --bin kpclientd-sim \
		--message-format=json-render-diagnostics > $(BUILD)/bin/cargo.json
	@cp -f "$$($(subst $(BUILD)/cargo,$(BUILD)/bin/cargo,$(call WROTE,kpclientd-sim)))" $(BUILD)/bin/kpclientd-sim

## kpc: the command-line tool, as $(BUILD)/bin/kpc, and what shells complete of it; KPC_FLAGS= builds it faster
KPC_FLAGS ?= --release
kpc:
	@test "$(STORE)" != no || { echo "kpc keeps channels: it needs STORE=system or STORE=bundled" >&2; exit 2; }
	@mkdir -p $(BUILD)/kpc $(BUILD)/bin
	RUSTFLAGS="$(RUSTFLAGS) $(REMAP)" CFLAGS="$(CFLAGS) $(REMAP_C)" LIBSQLITE3_FLAGS="$(SQLITE_FLAGS)" \
		$(CARGO) build --locked $(KPC_FLAGS) $(FEATURES) -p kpc --bin kpc \
		--message-format=json-render-diagnostics > $(BUILD)/kpc/cargo.json
	@cp -f "$$($(subst $(BUILD)/cargo,$(BUILD)/kpc/cargo,$(call WROTE,kpc)))" $(BUILD)/bin/kpc
	@for shell in bash zsh fish; do \
		$(BUILD)/bin/kpc completions $$shell > $(BUILD)/kpc/$$shell || exit 1; \
	done

## examples: the programs of examples-c, in $(BUILD)/examples
examples: lib
	@$(MAKE) --no-print-directory -C examples-c LIB=$(abspath $(BUILD))/lib OUT=$(abspath $(BUILD))/examples

## demo: see everything work, on the simulator; DEMO_NETWORK is how fast its network is
demo: sim examples
	$(BUILD)/examples/demo $(BUILD)/bin/kpclientd-sim $(DEMO_NETWORK)

## examples-at-pace: the programs of examples-c as their comments show, at the pace and price of a real network
examples-at-pace:
	KPC_EXAMPLES_NETWORK='$(EXAMPLES_NETWORK)' $(CARGO) test --locked $(FEATURES) --test examples

## check: every test
check: sim examples
	@STORE=$(STORE) BUILD=$(BUILD) tests/run/all.sh

## check-quick: what breaks most often, in a minute; for the working loop
check-quick:
	@STORE=$(STORE) tests/quick.sh

# How many threads, clients one after the other, seconds of a callback that blocks and of a process that is stopped.
THREADS ?= 64
CONNECTS ?= 10000
BLOCK_S ?= 60
STOP_S ?= 120

## torture: kill the processes of a store KILLS times, cut the power of its machines CUTS times, kill during VOUCHERS vouchers; THREADS threads, CONNECTS clients one after the other, a callback that blocks for BLOCK_S seconds, a process that is stopped for STOP_S; refuse each allocation and each system call; then the whole fault matrix
torture: lib sim
	KPC_CRASH_ROUNDS=$(KILLS) KPC_POWER_ROUNDS=$(CUTS) KPC_VOUCHER_ROUNDS=$(VOUCHERS) \
		$(CARGO) test --locked $(FEATURES) --test store -- --nocapture crash:: power::
	KPC_THREADS=$(THREADS) KPC_CONNECTS=$(CONNECTS) KPC_BLOCK_S=$(BLOCK_S) KPC_STOP_S=$(STOP_S) KPC_LIMIT_S=7200 \
		KPC_LIB_DIR=$(BUILD)/lib KPC_SIM=$(abspath $(BUILD))/bin/kpclientd-sim \
		$(CARGO) test --locked $(FEATURES) --test c_suite -- --quick threads_client connect_and_close blocked_callback stopped_process
	KPC_EACH_FAULT=1 KPC_LIMIT_S=7200 KPC_LIB_DIR=$(BUILD)/lib KPC_SIM=$(abspath $(BUILD))/bin/kpclientd-sim \
		$(CARGO) test --locked $(FEATURES) --test c_suite -- --quick store_no_memory store_system_calls store_refused_unlock
	KPC_MATRIX_S=$(MATRIX_S) BUILD=$(BUILD) STORE=$(STORE) tests/torture/matrix.sh --whole

.PHONY: fuzz fuzz-proof model simulate

## fuzz: run the fuzz targets, or those in FUZZ, each for FUZZ_S seconds; needs nightly Rust and cargo-fuzz
fuzz:
	@FUZZ_S=$(FUZZ_S) fuzz/run.sh $(FUZZ)

## model: let a scheduler choose how threads follow one another in what is written by hand (src/races.rs), SCHEDULES times in each test
model:
	KPC_SCHEDULES=$(SCHEDULES) $(CARGO) test --locked $(FEATURES) --features model --lib races::

## simulate: clients, stores and daemon in one thread with virtual time, under faults (tests/simulation), new seeds for SIM_S seconds, or the seed SIM_SEED
simulate:
	KPC_SIM_S=$(SIM_S) KPC_SIM_SEED=$(SIM_SEED) $(CARGO) test --profile torture --locked --features simulation --test simulation -- \
		--nocapture nothing_is_lost

# How many seconds each target has to find its fault, in which it is quicker most of the time.
PROOF_S ?= 600

## fuzz-proof: show that each fuzz target, or each in FUZZ, finds a fault that was put there, within PROOF_S seconds
fuzz-proof:
	@FUZZ_PROOF=1 FUZZ_S=$(PROOF_S) fuzz/run.sh $(FUZZ)

.PHONY: sanitize miri

## sanitize: AddressSanitizer and ThreadSanitizer in the library, Rust's standard library and all programs of tests/c, or those in SANITIZE; needs nightly Rust with rust-src
sanitize: sim
	@SANITIZE='$(SANITIZE)' KPC_SIM=$(abspath $(BUILD))/bin/kpclientd-sim BUILD=$(BUILD) STORE=$(STORE) tests/sanitize/run.sh address thread

## miri: Miri on the handle table, hand-offs between threads, operations, events and secrets; needs nightly Rust with miri
miri:
	@BUILD=$(abspath $(BUILD)) tests/sanitize/miri.sh

## soak: everything at random under random faults for SOAK_S seconds (3600), and a picture of what the process had
soak: lib sim
	BUILD=$(BUILD) STORE=$(STORE) tests/torture/soak.sh

## check-peers: other people's clients on the simulator; installs them, with Python and a network, in $(BUILD)/peers
check-peers: sim lib
	@PEERS=1 STORE=$(STORE) BUILD=$(BUILD) tests/run/all.sh peers

## check-platforms: build the library for other systems, and run it as far as this one can, or those in PLATFORMS; needs zig (PyPI: ziglang), and says what else is missing
PLATFORMS ?=
check-platforms: sim
	@packaging/platforms.sh $(BUILD) $(PLATFORMS)

## check-32: the unit tests and the C programs on 32 bits; needs gcc -m32 and Rust's target i686-unknown-linux-gnu
check-32: sim
	@mkdir -p $(BUILD)/lib
	@CHECK_32=all STORE=$(STORE) BUILD=$(BUILD) tests/run/all.sh 32bit

## docs: the site, in $(BUILD)/site: guide, documents, tools, reference; made by mdBook, which is installed in $(BUILD)/tools if need be
docs:
	packaging/docs.sh $(BUILD)

## pictures: docs/pictures/*.svg of their .dot; needs graphviz
pictures:
	@for name in docs/pictures/*.dot; do \
		dot -Tsvg "$$name" | sed '/^<!-- Generated by graphviz/,/-->$$/d' > "$${name%.dot}.svg" || exit 1; \
	done

## bench: ratios against a bare socket, in one run
bench: lib
	@if test -x benches/run.sh; then BUILD=$(BUILD) benches/run.sh; \
	else echo "there is no benchmark yet" >&2; exit 1; fi

# Where the header lies as seen from the libraries, so that an installed tree can be moved.
UP = $(shell packaging/relative.sh $(abspath $(LIBDIR)/cmake/kpclient) $(abspath $(1)))
FILL = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@ABI@|$(ABI)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' \
	-e "s|@STATIC_LIBS@|$$(cat $(BUILD)/lib/static-libs)|g" \
	-e 's|@UP_LIBDIR@|$(call UP,$(LIBDIR))|g' -e 's|@UP_INCLUDEDIR@|$(call UP,$(INCLUDEDIR))|g'

# What was built is installed as it is, so that `sudo make install` needs no Rust.
BUILT = $(if $(wildcard $(BUILD)/lib/static-libs),,lib)

MANUALS = $(patsubst man/%,%,$(wildcard man/man1/*.1 man/man3/*.3))

## install: headers, libraries, manual pages, pkg-config and CMake files
install: $(BUILT)
	$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/kpclient
	$(INSTALL) -m 644 include/kpclient.h $(DESTDIR)$(INCLUDEDIR)/kpclient.h
	$(INSTALL) -m 644 include/kpclient.hpp $(DESTDIR)$(INCLUDEDIR)/kpclient.hpp
	$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR)/kpclient
	$(INSTALL) -m 644 packaging/module.modulemap $(DESTDIR)$(INCLUDEDIR)/kpclient/module.modulemap
	$(INSTALL) -m 755 $(BUILD)/lib/$(REALNAME) $(DESTDIR)$(LIBDIR)/$(REALNAME)
	$(STRIP) --strip-unneeded $(DESTDIR)$(LIBDIR)/$(REALNAME)
	$(OBJCOPY) --add-gnu-debuglink=$(BUILD)/lib/$(REALNAME).debug $(DESTDIR)$(LIBDIR)/$(REALNAME)
	ln -sf $(REALNAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/$(LINKNAME)
	$(INSTALL) -m 644 $(BUILD)/lib/libkpclient.a $(DESTDIR)$(LIBDIR)/libkpclient.a
	$(STRIP) --strip-debug $(DESTDIR)$(LIBDIR)/libkpclient.a
	$(FILL) packaging/kpclient.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/kpclient.pc
	$(FILL) packaging/kpclientConfig.cmake.in > $(DESTDIR)$(LIBDIR)/cmake/kpclient/kpclientConfig.cmake
	$(FILL) packaging/kpclientConfigVersion.cmake.in \
		> $(DESTDIR)$(LIBDIR)/cmake/kpclient/kpclientConfigVersion.cmake
	$(INSTALL) -d $(DESTDIR)$(MANDIR)/man3
	$(INSTALL) -m 644 man/man3/*.3 $(DESTDIR)$(MANDIR)/man3

## install-strip: the same; install leaves out what only debuggers want already
install-strip: install

## install-debug: what debuggers want, in a file of its own where they look for it
install-debug: $(BUILT)
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/.debug
	$(INSTALL) -m 644 $(BUILD)/lib/$(REALNAME).debug $(DESTDIR)$(LIBDIR)/.debug/$(REALNAME).debug

## install-tools: the programs that were built, and their manual pages
install-tools: $(if $(wildcard $(BUILD)/bin/kpclientd-sim),,sim)
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 755 $(BUILD)/bin/kpclientd-sim $(DESTDIR)$(BINDIR)/kpclientd-sim
	$(STRIP) --strip-unneeded $(DESTDIR)$(BINDIR)/kpclientd-sim
	$(INSTALL) -m 644 man/man1/kpclientd-sim.1 $(DESTDIR)$(MANDIR)/man1
	$(if $(wildcard $(BUILD)/bin/kpc),$(INSTALL_KPC))

# With what shells complete of it, where they look.
DATADIR ?= $(PREFIX)/share
BASH_COMPLETION = $(DATADIR)/bash-completion/completions/kpc
ZSH_COMPLETION = $(DATADIR)/zsh/site-functions/_kpc
FISH_COMPLETION = $(DATADIR)/fish/vendor_completions.d/kpc.fish
define INSTALL_KPC
$(INSTALL) -m 755 $(BUILD)/bin/kpc $(DESTDIR)$(BINDIR)/kpc
	$(STRIP) --strip-unneeded $(DESTDIR)$(BINDIR)/kpc
	$(INSTALL) -m 644 man/man1/kpc.1 man/man1/kpc-*.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -d $(dir $(DESTDIR)$(BASH_COMPLETION) $(DESTDIR)$(ZSH_COMPLETION) $(DESTDIR)$(FISH_COMPLETION))
	$(INSTALL) -m 644 $(BUILD)/kpc/bash $(DESTDIR)$(BASH_COMPLETION)
	$(INSTALL) -m 644 $(BUILD)/kpc/zsh $(DESTDIR)$(ZSH_COMPLETION)
	$(INSTALL) -m 644 $(BUILD)/kpc/fish $(DESTDIR)$(FISH_COMPLETION)
endef

## dist: the source archive, with the crates that it needs, in $(BUILD)/dist
dist:
	packaging/dist.sh $(BUILD)/dist

## packages: the source archive, packages for Debian, wheels (manylinux2014 where zig is: ZIG), a jar, an npm archive, a NuGet package; says what it skips
packages:
	packaging/packages.sh $(BUILD)

## check-packages: install the packages for Debian in clean systems, as root with debootstrap, and use them there
check-packages:
	for suite in bookworm trixie; do packaging/try_debs.sh $$suite $(BUILD)/packages/debian || exit 1; done

## check-archives: use each archive of the languages in an empty directory, as packaging/try_archives.sh does
check-archives: sim
	packaging/try_archives.sh $(BUILD)/packages $(BUILD)

## check-readmes: follow the README of each language to the letter in a clean Debian, as root with debootstrap; LANGUAGES are those of packaging/readmes/try.sh
check-readmes:
	packaging/readmes/try.sh $(LANGUAGES)

## uninstall: what install and install-tools put there
uninstall:
	rm -f $(DESTDIR)$(INCLUDEDIR)/kpclient.h $(DESTDIR)$(INCLUDEDIR)/kpclient.hpp \
		$(DESTDIR)$(LIBDIR)/libkpclient.a $(DESTDIR)$(BINDIR)/kpclientd-sim \
		$(DESTDIR)$(LIBDIR)/$(REALNAME) $(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/$(LINKNAME) \
		$(DESTDIR)$(LIBDIR)/pkgconfig/kpclient.pc $(DESTDIR)$(LIBDIR)/.debug/$(REALNAME).debug
	@rmdir $(DESTDIR)$(LIBDIR)/.debug 2> /dev/null || :
	rm -f $(DESTDIR)$(BINDIR)/kpc $(DESTDIR)$(BASH_COMPLETION) $(DESTDIR)$(ZSH_COMPLETION) $(DESTDIR)$(FISH_COMPLETION)
	rm -rf $(DESTDIR)$(LIBDIR)/cmake/kpclient $(DESTDIR)$(INCLUDEDIR)/kpclient
	@echo rm -f $(words $(MANUALS)) manual pages in $(DESTDIR)$(MANDIR)
	@rm -f $(addprefix $(DESTDIR)$(MANDIR)/,$(MANUALS))

## clean: everything that was built
clean:
	rm -rf $(BUILD)
	$(CARGO) clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
