"""The library through ctypes, with as much of it as the programs here need: bytes in, bytes out.

Calls wait; where something else has to go on meanwhile they are given to a thread.
"""
import ctypes as c
import os

SOON_MS = c.c_int32(20_000)
WRITE_CAP, READ_CAP, INDEX, HASH, SERVICE = 168, 136, 104, 32, 1024


class LibraryError(Exception):
    """The name of the status with which a call ended."""


def text(data):
    """An argument pair: bytes and their number."""
    return c.c_char_p(data), c.c_size_t(len(data))


class Library:
    """A client that is connected, until the end of a `with`."""

    def __init__(self, simulator):
        self.lib = c.CDLL(os.path.join(os.environ["KPC_LIB_DIR"], "libkpclient.so.0"))
        self.lib.kpc_status_name.restype = c.c_char_p
        self.lib.kpc_buffer_data.restype = c.c_void_p
        self.lib.kpc_buffer_len.restype = self.lib.kpc_stream_elements_count.restype = c.c_size_t
        config, self.client = c.c_void_p(), c.c_void_p()
        self.call("kpc_config_load_file", simulator.config.encode(), c.byref(config))
        self.call("kpc_client_new", config, c.byref(self.client))
        self.lib.kpc_config_free(config)
        self.call("kpc_client_connect", self.client, SOON_MS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.kpc_client_free(self.client)

    def call(self, name, *arguments):
        error = c.c_void_p()
        status = getattr(self.lib, name)(*arguments, c.byref(error))
        if status:
            self.lib.kpc_error_free(error)
            raise LibraryError(self.lib.kpc_status_name(status).decode())

    def take(self, buffer):
        """The bytes of a buffer, which is freed."""
        found = c.string_at(self.lib.kpc_buffer_data(buffer), self.lib.kpc_buffer_len(buffer))
        self.lib.kpc_buffer_free(buffer)
        return found

    def part(self, name, whole):
        """A buffer that belongs to an object."""
        buffer = c.c_void_p()
        self.call(name, whole, c.byref(buffer))
        return self.take(buffer)

    def fixed(self, size, name, *arguments):
        """A result of a fixed size, which is the last output."""
        out = c.create_string_buffer(size)
        self.call(name, *arguments, out)
        return out.raw

    # Keys and indices.

    def new_keypair(self, seed):
        writer, reader, first = (c.create_string_buffer(size) for size in (WRITE_CAP, READ_CAP, INDEX))
        self.call("kpc_new_keypair", *text(seed), writer, reader, first)
        return writer.raw, reader.raw, first.raw

    def next_index(self, index):
        return self.fixed(INDEX, "kpc_next_message_box_index", index)

    def counter(self, index):
        counter = c.c_uint64()
        self.call("kpc_get_message_box_index_counter", index, c.byref(counter))
        return counter.value

    # Boxes.

    def write(self, writer, index, plaintext, flags=0):
        return self.fixed(INDEX, "kpc_write_box", self.client, writer, index, *text(plaintext),
                          c.c_uint32(flags), SOON_MS)

    def read(self, reader, index, flags=0):
        buffer, following = c.c_void_p(), c.create_string_buffer(INDEX)
        self.call("kpc_read_box", self.client, reader, index, c.c_uint32(flags), SOON_MS,
                  c.byref(buffer), following)
        return self.take(buffer), following.raw

    def tombstone(self, writer, index):
        return self.fixed(INDEX, "kpc_tombstone_box", self.client, writer, index, SOON_MS)

    # Envelopes, as parts.

    def parts(self, envelope):
        found = (self.part("kpc_envelope_ciphertext", envelope), self.part("kpc_envelope_descriptor", envelope),
                 self.fixed(HASH, "kpc_envelope_hash", envelope))
        self.lib.kpc_envelope_free(envelope)
        return found

    def encrypt_write(self, writer, index, plaintext):
        envelope = c.c_void_p()
        self.call("kpc_encrypt_write", self.client, writer, index, *text(plaintext), SOON_MS, c.byref(envelope))
        return self.parts(envelope)

    def encrypt_read(self, reader, index):
        envelope = c.c_void_p()
        self.call("kpc_encrypt_read", self.client, reader, index, SOON_MS, c.byref(envelope))
        return self.parts(envelope)

    def start(self, reader, writer, index, ciphertext, descriptor, digest, flags=0):
        envelope, buffer = c.c_void_p(), c.c_void_p()
        following = self.next_index(index)
        self.call("kpc_envelope_from_parts", *text(ciphertext), *text(descriptor), digest, following,
                  c.byref(envelope))
        try:
            self.call("kpc_start_resending_encrypted_message", self.client, reader, writer, index,
                      c.c_int32(-1), envelope, c.c_uint32(flags), SOON_MS, c.byref(buffer), None)
        finally:
            self.lib.kpc_envelope_free(envelope)
        return self.take(buffer) if buffer else b""

    # Copies.

    def elements(self, payload, writer, index):
        made = c.c_void_p()
        self.call("kpc_create_courier_envelopes_from_payload", self.client, *text(payload), writer, index,
                  c.c_bool(True), c.c_bool(True), SOON_MS, c.byref(made))
        found = []
        for position in range(self.lib.kpc_stream_elements_count(made)):
            buffer = c.c_void_p()
            self.call("kpc_stream_elements_at", made, c.c_size_t(position), c.byref(buffer))
            found.append(self.take(buffer))
        end = self.fixed(INDEX, "kpc_stream_elements_next_index", made)
        self.lib.kpc_stream_elements_free(made)
        return found, end

    def copy(self, writer):
        self.call("kpc_start_resending_copy_command", self.client, writer, None, SOON_MS)

    # Vouchers, as dictionaries of their parts.

    def voucher(self, call, *arguments, **parts):
        made = c.c_void_p()
        self.call(call, self.client, *arguments, SOON_MS, c.byref(made))
        found = {}
        for name, size in parts.items():
            getter = f"kpc_voucher_{name}"
            found[name] = self.fixed(size, getter, made) if size else self.part(getter, made)
        return made, found

    def voucher_mint(self, writer, name):
        made, found = self.voucher("kpc_voucher_mint", writer, *text(name.encode()), hash=HASH, payload=0)
        stream_writer, stream_reader = c.create_string_buffer(WRITE_CAP), c.create_string_buffer(READ_CAP)
        self.call("kpc_voucher_stream", made, stream_writer, stream_reader)
        secret, public = c.c_void_p(), c.c_void_p()
        self.call("kpc_voucher_keys", made, c.byref(secret), c.byref(public))
        self.take(public)
        found.update(writer=stream_writer.raw, reader=stream_reader.raw, secret=self.take(secret))
        self.lib.kpc_voucher_free(made)
        return found

    def voucher_induct(self, digest, payload, who):
        made, found = self.voucher("kpc_voucher_induct", digest, *text(payload), *text(who),
                                   display_name=0, message_read_cap=READ_CAP, sealed_reply=0, salt=0)
        self.lib.kpc_voucher_free(made)
        return found

    def voucher_open(self, secret, sealed, writer):
        made, found = self.voucher("kpc_voucher_open", *text(secret), *text(sealed), writer,
                                   who_reply=0, salt=0, message_write_cap=WRITE_CAP)
        self.lib.kpc_voucher_free(made)
        return found

    def voucher_derive_stream(self, digest):
        writer, reader = c.create_string_buffer(WRITE_CAP), c.create_string_buffer(READ_CAP)
        self.call("kpc_voucher_derive_stream", self.client, digest, SOON_MS, writer, reader)
        return writer.raw, reader.raw

    # Documents.

    def document_raw(self):
        buffer, epoch = c.c_void_p(), c.c_uint64()
        self.call("kpc_get_pki_document_raw", self.client, c.c_uint64(0), SOON_MS, c.byref(buffer), c.byref(epoch))
        return self.take(buffer), epoch.value

    # The Channel API.

    def create_write_channel(self):
        channel = c.c_uint64()
        reader, writer = c.create_string_buffer(READ_CAP), c.create_string_buffer(WRITE_CAP)
        self.call("kpc_create_write_channel", self.client, SOON_MS, c.byref(channel), reader, writer)
        return channel, reader.raw, writer.raw

    def create_read_channel(self, reader):
        channel = c.c_uint64()
        self.call("kpc_create_read_channel", self.client, reader, SOON_MS, c.byref(channel))
        return channel

    def write_channel(self, channel, plaintext):
        query = c.c_void_p()
        self.call("kpc_write_channel", self.client, channel, *text(plaintext), SOON_MS, c.byref(query))
        return query

    def read_channel(self, channel, index=None):
        query = c.c_void_p()
        self.call("kpc_read_channel", self.client, channel, index, c.c_int32(-1), SOON_MS, c.byref(query))
        return query

    def send(self, channel, query, sendings=1):
        """Sends a prepared query so many times, or until there is an answer."""
        courier = c.create_string_buffer(SERVICE)
        self.call("kpc_client_courier", self.client, courier)
        for _ in range(sendings):
            buffer = c.c_void_p()
            self.call("kpc_send_channel_query_await_reply", self.client, channel, query, courier,
                      os.urandom(16), SOON_MS, c.byref(buffer), None)
            found = self.take(buffer)
            if found:
                return found
        return b""

    def free_query(self, query):
        self.lib.kpc_channel_query_free(query)
