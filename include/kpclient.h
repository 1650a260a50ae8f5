/**
 * @file kpclient.h
 * @brief libkpclient 0.1.0: talk to kpclientd, the client daemon of the Katzenpost mixnet.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated from the library's sources by its build; do not edit. C99 or later, C++11 or later.
 *
 * The contract
 * ============
 * It holds for every function below. A function's own documentation takes precedence over it.
 *
 * Names. kpc_client_* is the life of a client and what it knows without asking anybody; a call on
 * the daemon has its verb alone, which is the one that the other clients use (kpc_encrypt_read).
 * Everything else is kpc_<object>_<verb>, or kpc_<object>_<property>.
 *
 * Three forms. A call that waits comes as three functions below one comment, that of kpc_x, which
 * waits. kpc_x_async takes the same inputs, starts an operation and returns; it may also be called
 * in callbacks. done says where the operation's completion goes; NULL keeps it for kpc_op_wait. op
 * receives the operation, to be cancelled or waited for; it may be NULL. timeout_ms is how long the
 * operation may take before it completes with KPC_ERR_TIMEOUT. kpc_x_result then takes the outputs
 * out of the result, on any thread; an output is zero on failure, so it must not be the variable of
 * an input. kpc_x_async returns the statuses of kpc_x, without KPC_ERR_TIMEOUT and
 * KPC_ERR_WOULD_DEADLOCK, and KPC_ERR_NO_MEMORY; the operation completes with one of the same.
 * kpc_x_result returns what the operation completed with, or KPC_ERR_ARG_NULL, KPC_ERR_BAD_HANDLE,
 * or KPC_ERR_ARG_VALUE for the result of another call. The manual page of kpc_x lists all of it.
 *
 * Ownership. Objects returned through output parameters are owned by the caller; release them with
 * the type's _free function. NULL is ignored there. Only a kpc_error is also returned directly, by
 * functions that say what NULL means. A const pointer that a callback receives is valid until the
 * callback returns. Pointers that the library returns, to bytes or texts, belong to the object that
 * they were read from and are invalid once that is freed, also by another thread; those that are
 * called static are always valid. The library keeps no pointer to an argument beyond the call,
 * except user_data.
 *
 * Handles. Objects have pointer types, but are numbers that the library looks up and never
 * dereferences. A handle that was freed, is of another kind or was made up fails with
 * KPC_ERR_BAD_HANDLE, NULL with KPC_ERR_ARG_NULL (except where KPC_NULLABLE stands); functions
 * without a status then return what they document. Freeing twice does nothing. An object that is
 * freed or closed while another thread uses it stays until that use is over.
 *
 * Const. A function that takes an object as const only reads it: nothing that the program can query
 * of the object changes. Functions that send, wait, cancel, set or free take it without const, and
 * so does every call on the daemon with its client. Const says nothing of threads: several threads
 * may use one object at once.
 *
 * Values. kpc_write_cap, kpc_hash and the like are plain bytes of fixed size. They can be copied
 * freely; nothing needs to be freed. Capabilities, seeds and indices are secrets: the library wipes
 * its own copies, kpc_wipe is for the program's. _from_bytes functions validate stored bytes.
 * Integers of the C interface are in the machine's byte order, times in milliseconds unless the
 * name says otherwise.
 *
 * Bytes and texts. Bytes are passed as a pointer and a length; the pointer may be NULL when the
 * length is 0. Texts are UTF-8, which is checked. Names, paths and addresses are passed terminated
 * by a NUL; texts that a program carries (a display name, a file's text, a line of a log) are
 * passed with a length and need no NUL. A pointer that is not aligned for its type fails with
 * KPC_ERR_ARG_VALUE, a length that no memory has with KPC_ERR_ARG_SIZE. Bytes and texts of any
 * length are returned as a kpc_buffer; an output that receives a text says so, and has a NUL behind
 * the text. Only static texts and kpc_error_message are returned as a const char *. Memory that is
 * passed must be readable, or writable for outputs, during the whole call: no library can check
 * that.
 *
 * Outputs. Every output is set to zero or NULL before anything can fail, and written once, after
 * everything has succeeded; so a failed call leaves nothing behind. The exception: an output that
 * is the same variable as an input of the same type keeps its value when the call fails.
 *
 * Errors. A kpc_status of 0, KPC_OK, is success and every failure is negative; each distinct
 * meaning has a number of its own. The last parameter, kpc_error **, may be NULL; otherwise it
 * receives NULL or an object with the details, which the caller frees. There is no last error per
 * thread. No error, and no log line, holds a secret or a payload. Functions also return statuses
 * that they do not list: those that take or return an object KPC_ERR_NO_MEMORY (a result or an
 * event that would have been returned then stays where it is); those that take a handle
 * KPC_ERR_BAD_HANDLE and KPC_ERR_FORKED; those that ask the daemon KPC_ERR_CONNECTION_LOST if it
 * hangs up again and again, and KPC_ERR_CONNECT if the client needs another connection that cannot
 * be opened; all of them KPC_ERR_PANIC and KPC_ERR_INTERNAL.
 *
 * Groups of statuses. Statuses that many functions return together have a name in their comments;
 * the manual pages list them one by one.
 * "any handle error" is KPC_ERR_ARG_NULL, KPC_ERR_BAD_HANDLE or KPC_ERR_FORKED.
 * "any argument error" is KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE, KPC_ERR_BAD_HANDLE or
 * KPC_ERR_FORKED.
 * "any call error" is any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_TIMEOUT or
 * KPC_ERR_WOULD_DEADLOCK.
 * "any store error" is any argument error, KPC_ERR_CLOSED, KPC_ERR_TIMEOUT, KPC_ERR_WOULD_DEADLOCK
 * or KPC_ERR_DB.
 * "any daemon error" is KPC_ERR_DAEMON_INVALID_REQUEST or KPC_ERR_DAEMON_INTERNAL.
 * "any box outcome" is KPC_ERR_MKEM_DECRYPTION_FAILED, KPC_ERR_BACAP_DECRYPTION_FAILED,
 * KPC_ERR_INVALID_TOMBSTONE_SIGNATURE, KPC_ERR_STORAGE_FULL, KPC_ERR_INVALID_BOX_ID,
 * KPC_ERR_INVALID_SIGNATURE, KPC_ERR_DATABASE_FAILURE, KPC_ERR_INVALID_PAYLOAD,
 * KPC_ERR_REPLICA_INTERNAL, KPC_ERR_INVALID_EPOCH, KPC_ERR_REPLICATION_FAILED,
 * KPC_ERR_COURIER_INVALID_ENVELOPE, KPC_ERR_COURIER_CACHE_CORRUPTION, KPC_ERR_COURIER_PROPAGATION
 * or KPC_ERR_COURIER_INVALID_EPOCH.
 * "any resending outcome" is any box outcome, any daemon error or
 * KPC_ERR_START_RESENDING_CANCELLED.
 *
 * Threads. Every function may be called on any thread, and at the same time as any other, unless it
 * says otherwise; those that wait (KPC_ERR_WOULD_DEADLOCK) not in a callback of the same client.
 * Nothing needs to be set up or torn down. pthread_cancel takes effect after the call (on Linux).
 * Calls that wait also work in atexit handlers and in destructors of thread-local data. A calling
 * thread needs 64 KiB of stack.
 *
 * Waiting. A timeout_ms is a number of milliseconds; KPC_FOREVER (-1) means no limit, 0 returns
 * immediately, any other negative number is KPC_ERR_ARG_VALUE. On expiry the call returns
 * KPC_ERR_TIMEOUT and its request is cancelled at the daemon; the error's message says what stood
 * in the way, where the library knows: a daemon off the mixnet or without a document, one that has
 * not answered for so long, a connection that cannot be opened (then with its errno). The time for
 * which the machine is suspended does not count, unless kpc_config_set_count_suspended says so.
 *
 * Exactly once. An operation that an _async function started completes once and only once: with its
 * result, by timeout, by kpc_op_cancel with KPC_ERR_CANCELLED, because the client is closed, or
 * because the library failed. An _async function that itself fails has started nothing, and its
 * completion is not called.
 *
 * Callbacks. They run on a thread of the library, one at a time for each client, in order; log
 * functions on any thread. They may call everything, also close and free; only what would have to
 * wait for the same client returns KPC_ERR_WOULD_DEADLOCK. A slow callback delays all others of its
 * client. They have 8 MiB of stack, log and drop functions at least 256 KiB. A drop function runs
 * exactly once, after the last use of its user_data; also when the call that took it fails. Neither
 * may throw a C++ exception, longjmp, or end the thread. Runtimes that end whatever thread calls
 * them while they exit (Python does) abort the process: close the clients before that, or take
 * events and completions from a sink on a thread of the runtime's own; docs/languages.md says more.
 *
 * Queues. No queue grows without bound. Completions and replies are never dropped; when a slow
 * reader's queue is full, the oldest of the other events is dropped, and KPC_EVENT_OVERFLOW reports
 * how many were.
 *
 * Fork. In a forked child every handle of the parent fails with KPC_ERR_FORKED, freeing one does
 * nothing, and the parent's connections are left alone. New objects work there, a client included.
 *
 * Signals. The library installs no handler and never raises SIGPIPE. Its threads block the signals
 * that are sent to the process. They do not block what a thread causes itself (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT), so crash reporters and sanitizers work in callbacks;
 * SIGPROF, SIGXCPU, SIGPWR and the real-time signals stay as they are in the thread that makes the
 * client or opens its first callback. Programs that a callback starts inherit the mask, unless it
 * sets another one. No function may be called in a signal handler.
 *
 * Panics. An internal failure of the library is reported as KPC_ERR_PANIC and prints nothing. Only
 * a refused small allocation cannot be reported: it ends the process, as in most programs.
 *
 * Exit and unloading. There is no atexit handler. A program may exit at any time without freeing or
 * closing anything; the daemon then keeps its session for a while. kpc_client_free never waits, so
 * a program that exits right after it calls kpc_client_close before. The shared library stays
 * loaded after dlclose.
 *
 * Limits. A frame to or from the daemon has at most KPC_MAX_FRAME_SIZE bytes. The network's
 * geometry says what a message and a box may carry. A process holds at most 16 777 216 objects at
 * once (65 536 on 32-bit machines), operations that run and end in a callback included. A freed
 * handle is refused for ever; on 32-bit machines, with fewer than 49 152 objects alive, until
 * 4 194 304 more have been made.
 *
 * ABI. Within one soname functions are only added, with a note of their first version; no function,
 * struct, size or number is removed or changed. Opaque objects may grow.
 */

#ifndef KPCLIENT_H
#define KPCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header; kpc_version returns that of the library. */
#define KPC_VERSION "0.1.0"
#define KPC_VERSION_MAJOR 0
#define KPC_VERSION_MINOR 1
#define KPC_VERSION_PATCH 0
/** major * 65536 + minor * 256 + patch, for comparisons by the preprocessor. */
#define KPC_VERSION_NUMBER 256

/** Marks what the library exports. Define it yourself to change that. */
#ifndef KPC_API
#if defined(__GNUC__) || defined(__clang__)
#define KPC_API __attribute__((visibility("default")))
#else
#define KPC_API
#endif
#endif

/** Marks functions whose result must be looked at. Define it as empty to disable the warning. */
#ifndef KPC_MUST_USE
#if defined(__GNUC__) || defined(__clang__)
#define KPC_MUST_USE __attribute__((warn_unused_result))
#else
#define KPC_MUST_USE
#endif
#endif

/**
 * Mark which parameters may be NULL, for compilers that check that and for importers of other
 * languages (Swift). Define both as empty to disable them. The library itself checks, too: it fails
 * with KPC_ERR_ARG_NULL, and a function without a status returns what it returns for no object.
 */
#ifndef KPC_NONNULL
#if defined(__clang__)
#define KPC_NONNULL _Nonnull
#define KPC_NULLABLE _Nullable
#else
#define KPC_NONNULL
#define KPC_NULLABLE
#endif
#endif

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang diagnostic ignored "-Wnullability-completeness"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Objects --------------------------------------------------------------------------------- */

/**
 * Details of one failure. Owned by whoever received it, who frees it with kpc_error_free. Never
 * holds secrets or payloads.
 */
typedef struct kpc_error kpc_error;

/**
 * Bytes of any length, handed out by the library: read-only, reference counted, freed with
 * kpc_buffer_free. What held a secret is wiped with the last reference. A buffer that holds text
 * is UTF-8 and followed by a NUL that does not count as one of its bytes.
 */
typedef struct kpc_buffer kpc_buffer;

/**
 * What a client is made from. The client copies it; later changes to the configuration do not
 * affect the client.
 */
typedef struct kpc_config kpc_config;

/**
 * How an operation ended, with its outputs: for the _result function of the call that started it.
 */
typedef struct kpc_result kpc_result;

/**
 * A program's connection with its daemon. From outside it is one client; inside it keeps up
 * to three connections, so that local calls, writes and reads do not wait for each other.
 */
typedef struct kpc_client kpc_client;

/** One event. */
typedef struct kpc_event kpc_event;

/**
 * A reader's own queue of events. Several may be open; each sees every event from its opening on,
 * in order, starting with the current status and document. The queue holds as many events as its
 * capacity, and at most 64 MiB of them; completions and replies to what this client has sent do
 * not count.
 */
typedef struct kpc_event_sink kpc_event_sink;

/**
 * A directory document of the network, for one epoch. Immutable; stays as it is when the
 * client learns of a newer one.
 */
typedef struct kpc_pki_document kpc_pki_document;

/** Instances of a service, in the order of their document. */
typedef struct kpc_services kpc_services;

/**
 * A box prepared for sending, by kpc_encrypt_read or kpc_encrypt_write: the ciphertext that
 * travels, the descriptor that opens the answer, the hash that names it, and the index of the
 * next box. Immutable. To send a write again after a crash, save it with kpc_envelope_to_bytes.
 */
typedef struct kpc_envelope kpc_envelope;

/**
 * Tombstones for boxes in a row, to be sent one by one: each is an envelope for
 * kpc_start_resending_encrypted_message with the write capability. There may be fewer than
 * were asked for; kpc_tombstones_error then says why.
 */
typedef struct kpc_tombstones kpc_tombstones;

/**
 * Elements of a copy stream: each is to be written to one box of a temporary stream, in order and
 * without a gap from its first box on, which a copy command then has a courier perform. Also what
 * does not fill an element yet, and where each destination continues.
 */
typedef struct kpc_stream_elements kpc_stream_elements;

/**
 * A copy stream in the making: payloads and tombstones are added to it for any number of
 * destinations, then it writes its temporary stream and has a courier perform it. A courier is
 * chosen when the builder is made and kept. A stream is never performed without its last
 * element.
 *
 * The builder belongs to no client: each call names one. One operation at a time works on it.
 */
typedef struct kpc_copy_builder kpc_copy_builder;

/**
 * The outputs of one of the voucher calls; the functions kpc_voucher_... return them. Its secrets
 * are wiped when it is freed.
 *
 * The joiner mints a voucher for a message stream, writes its payload to the first box of the
 * voucher's stream and hands the voucher over. The inductor derives the stream, reads the
 * payload, inducts it and writes the sealed reply to the second box. The joiner reads and opens
 * that, and from then on writes messages with the changed capability; the group reads them
 * with the changed read capability.
 */
typedef struct kpc_voucher kpc_voucher;

/**
 * Channels that are kept, by name, in one database of this program's: each has a writer or a
 * reader. What a writer was given is sent, and what a reader found is delivered, exactly once and
 * in order, whatever crashes in between. A library that was built with STORE=no has the functions
 * of no kpc_store, kpc_writer, kpc_reader, kpc_message and kpc_names, nor those of texts.
 */
typedef struct kpc_store kpc_store;

/** A list of names, in the order of their bytes. */
typedef struct kpc_names kpc_names;

/**
 * A channel of a store that is open for writing. Messages are kept in the database until they are
 * on the mixnet; all of it happens on the client's thread, in the order of the messages. What is
 * not on the mixnet when the writer is freed is sent when it is opened again.
 */
typedef struct kpc_writer kpc_writer;

/**
 * A channel of a store that is open for reading. The client's thread looks for the next box, often
 * while messages come and less often while none do, and keeps what it finds in the database, until
 * kpc_reader_forget_before. Boxes that the network has lost it reports, KPC_ARRIVAL_MISSING, and
 * passes over.
 */
typedef struct kpc_reader kpc_reader;

/** What a reader received. It stays as it is when it is acknowledged or deleted. */
typedef struct kpc_message kpc_message;

/** A list of messages, in the order of their numbers. */
typedef struct kpc_messages kpc_messages;

/** Where the get and scan of a kpc_backing put what they find. Lent until they return. */
typedef struct kpc_records kpc_records;

/**
 * A write or read that a channel has prepared, by kpc_write_channel or kpc_read_channel: the
 * payload that travels, the box that it is for, the box after that, and what opens the answer.
 * Immutable. Save it with kpc_channel_query_to_bytes before it is sent: after a crash it can
 * be sent again on a resumed channel.
 */
typedef struct kpc_channel_query kpc_channel_query;

/**
 * The directory authorities that the daemon is configured with. Their keys verify what
 * kpc_get_pki_document_raw returns.
 */
typedef struct kpc_authorities kpc_authorities;

/* ---- Status ---------------------------------------------------------------------------------- */

/** Success. */
#define KPC_OK 0
/** A required pointer or handle is NULL. */
#define KPC_ERR_ARG_NULL (-1)
/** A seed, capability, index, hash or id has the wrong length, or a length is impossible. */
#define KPC_ERR_ARG_SIZE (-2)
/** A list or payload is empty where at least one element or byte is needed. */
#define KPC_ERR_ARG_EMPTY (-3)
/**
 * An argument has a value outside its range, an unknown flag, a text that is not UTF-8, or a
 * pointer that is not aligned.
 */
#define KPC_ERR_ARG_VALUE (-4)
/**
 * Exactly one of read capability and write capability must be given; here it is both or neither.
 */
#define KPC_ERR_ARG_CAP_CHOICE (-5)
/** A courier needs both its identity hash and its queue id; here only one is given. */
#define KPC_ERR_ARG_PAIR (-6)
/**
 * The payload does not fit: into one packet, into one box, into the 10 MiB of one destination of a
 * copy, or into the boxes of one copy stream.
 */
#define KPC_ERR_PAYLOAD_TOO_LARGE (-7)
/**
 * Reserved for functions that fill memory of the caller's: the caller's buffer is too small for the
 * result; the size that is needed is returned.
 */
#define KPC_ERR_BUFFER_TOO_SMALL (-8)
/** The handle was freed, is of another kind, belongs to another client, or never was a handle. */
#define KPC_ERR_BAD_HANDLE (-9)
/**
 * The same envelope or copy command is in flight already, or the object is in use and does not
 * allow a second user.
 */
#define KPC_ERR_BUSY (-10)
/** This daemon, or this version of the library, does not have this request or transport. */
#define KPC_ERR_UNSUPPORTED (-11)
/** The network has fewer couriers than were requested. */
#define KPC_ERR_NOT_ENOUGH_COURIERS (-12)
/** A call that waits was made inside a callback or log function of the same client. */
#define KPC_ERR_WOULD_DEADLOCK (-13)
/** The configuration file cannot be read. */
#define KPC_ERR_CONFIG_IO (-50)
/**
 * The configuration is not TOML, a key or table is missing or of the wrong type, or an address is
 * malformed.
 */
#define KPC_ERR_CONFIG_PARSE (-51)
/** The configuration has an unknown key. */
#define KPC_ERR_CONFIG_UNKNOWN_KEY (-52)
/** The configuration names no transport, or an empty address. */
#define KPC_ERR_CONFIG_NO_TRANSPORT (-53)
/** The configuration names more than one transport. */
#define KPC_ERR_CONFIG_MULTIPLE_TRANSPORTS (-54)
/**
 * The network of a TCP address is not tcp, tcp4 or tcp6, or the address does not belong to that
 * network.
 */
#define KPC_ERR_CONFIG_BAD_NETWORK (-55)
/** The geometry has values that no network can have. */
#define KPC_ERR_BAD_GEOMETRY (-56)
/** The daemon cannot be reached. */
#define KPC_ERR_CONNECT (-100)
/** The peer did not complete the kpclientd handshake. */
#define KPC_ERR_HANDSHAKE (-101)
/**
 * The daemon computes the index of the next box differently from this library; the functions whose
 * names end in _remote still ask the daemon.
 */
#define KPC_ERR_INCOMPATIBLE_DAEMON (-102)
/** The connection with the daemon was lost; the request may or may not have been carried out. */
#define KPC_ERR_CONNECTION_LOST (-103)
/** The client was closed, before the call or during it. */
#define KPC_ERR_CLOSED (-104)
/** The client was never connected. */
#define KPC_ERR_NOT_CONNECTED (-105)
/** The client is connected, connecting or reconnecting already. */
#define KPC_ERR_ALREADY_CONNECTED (-106)
/** A frame is, or claims to be, longer than the 40 MiB that the protocol allows. */
#define KPC_ERR_FRAME_TOO_LARGE (-107)
/** The daemon sent something that is not CBOR, or not of the shape that the protocol defines. */
#define KPC_ERR_CBOR (-108)
/** The operating system reported a failure; the error object has its errno. */
#define KPC_ERR_IO (-109)
/** The daemon is not on the mixnet at the moment, so a plain message cannot be sent. */
#define KPC_ERR_OFFLINE (-110)
/** No directory document of the network has been received yet. */
#define KPC_ERR_NO_PKI_DOCUMENT (-111)
/** No node of the network offers this service. */
#define KPC_ERR_SERVICE_NOT_FOUND (-112)
/** The geometry is not known yet: no daemon has published it and the configuration has none. */
#define KPC_ERR_NO_GEOMETRY (-113)
/** The daemon could not send the plain message; the error's message says why. */
#define KPC_ERR_MESSAGE_SEND_FAILED (-114)
/** The handle was created before fork and is used in the child; the child must create its own. */
#define KPC_ERR_FORKED (-115)
/** The operation was cancelled by its caller. */
#define KPC_ERR_CANCELLED (-200)
/** The resending was cancelled by a request for its envelope or copy command. */
#define KPC_ERR_START_RESENDING_CANCELLED (-201)
/** The time limit of the call expired. */
#define KPC_ERR_TIMEOUT (-210)
/** The daemon had no connection with the mixnet (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_CONNECTION_LOST (-1001)
/** The daemon reports a timeout; no released daemon is known to send this. */
#define KPC_ERR_DAEMON_TIMEOUT (-1002)
/** The daemon found a field of the request missing, too large or wrong. */
#define KPC_ERR_DAEMON_INVALID_REQUEST (-1003)
/**
 * The daemon could not carry out the request: it has no directory document, no courier or no
 * geometry, or an internal failure.
 */
#define KPC_ERR_DAEMON_INTERNAL (-1004)
/** A reliable message was sent several times without a reply. */
#define KPC_ERR_DAEMON_MAX_RETRIES (-1005)
/**
 * The daemon does not know the channel, or the channel is of the other kind (daemons up to v0.0.72
 * only).
 */
#define KPC_ERR_DAEMON_INVALID_CHANNEL (-1006)
/** The channel is not open at the daemon (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (-1007)
/** The daemon denies permission; no released daemon is known to send this. */
#define KPC_ERR_DAEMON_PERMISSION_DENIED (-1008)
/** The daemon could not decrypt the answer to a channel read (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_INVALID_PAYLOAD (-1009)
/**
 * The daemon does not have what was requested: a document of that epoch, or configured directory
 * authorities.
 */
#define KPC_ERR_DAEMON_SERVICE_UNAVAILABLE (-1010)
/**
 * The daemon reports a capability that was given twice; no released daemon is known to send this.
 */
#define KPC_ERR_DAEMON_DUPLICATE_CAPABILITY (-1011)
/** The daemon refuses the write capability; no released daemon is known to send this. */
#define KPC_ERR_DAEMON_INVALID_WRITE_CAPABILITY (-1014)
/** The daemon refuses the read capability; no released daemon is known to send this. */
#define KPC_ERR_DAEMON_INVALID_READ_CAPABILITY (-1015)
/**
 * The daemon refuses to resume the write channel with these values (daemons up to v0.0.72 only).
 */
#define KPC_ERR_DAEMON_INVALID_RESUME_WRITE (-1016)
/** The daemon refuses to resume the read channel with these values (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_INVALID_RESUME_READ (-1017)
/**
 * The daemon could not hash what it needs to resume the write channel (daemons up to v0.0.72 only).
 */
#define KPC_ERR_DAEMON_IMPOSSIBLE_HASH (-1018)
/** The daemon could not make a new write capability (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_IMPOSSIBLE_NEW_WRITE_CAP (-1019)
/** The daemon could not make a writer for the channel (daemons up to v0.0.72 only). */
#define KPC_ERR_DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER (-1020)
/** The capability is already in use at the daemon; no released daemon is known to send this. */
#define KPC_ERR_DAEMON_CAPABILITY_ALREADY_IN_USE (-1021)
/** The payload does not belong to the voucher: its hash is different. */
#define KPC_ERR_VOUCHER_HASH_MISMATCH (-1028)
/** The signature inside the voucher's payload is wrong. */
#define KPC_ERR_VOUCHER_SIGNATURE_INVALID (-1029)
/** The sealed reply cannot be opened with this voucher key. */
#define KPC_ERR_VOUCHER_SEAL_OPEN_FAILED (-1030)
/** The box has not been written, or its replicas do not have it yet. */
#define KPC_ERR_BOX_ID_NOT_FOUND (-2001)
/** The replica reports that the box id is malformed. */
#define KPC_ERR_INVALID_BOX_ID (-2002)
/** The replica reports that the signature of the box is missing or wrong. */
#define KPC_ERR_INVALID_SIGNATURE (-2003)
/**
 * The storage of the replica failed; a daemon that cannot read the replica's answer reports the
 * same.
 */
#define KPC_ERR_DATABASE_FAILURE (-2004)
/** The replica refuses the payload of the box. */
#define KPC_ERR_INVALID_PAYLOAD (-2005)
/** The replica has no room for another box. */
#define KPC_ERR_STORAGE_FULL (-2006)
/** The replica reports an internal failure. */
#define KPC_ERR_REPLICA_INTERNAL (-2007)
/** The epoch of the envelope has ended or is not that of the replica. */
#define KPC_ERR_INVALID_EPOCH (-2008)
/** The replica could not pass the box on to the others. */
#define KPC_ERR_REPLICATION_FAILED (-2009)
/** The box was written before, with different content, and keeps that content. */
#define KPC_ERR_BOX_ALREADY_EXISTS (-2010)
/** The box was deleted: its writer put a tombstone in its place. */
#define KPC_ERR_TOMBSTONE (-2011)
/** The envelope of the replica's answer cannot be opened. */
#define KPC_ERR_MKEM_DECRYPTION_FAILED (-2522)
/**
 * The content of the box cannot be opened or is not signed by its writer, or the index does not
 * belong to the box.
 */
#define KPC_ERR_BACAP_DECRYPTION_FAILED (-2523)
/** A replica says that the box was deleted, but cannot prove it. */
#define KPC_ERR_INVALID_TOMBSTONE_SIGNATURE (-2525)
/**
 * The courier reports that the envelope is malformed, or a failure that the daemon does not know.
 */
#define KPC_ERR_COURIER_INVALID_ENVELOPE (-3001)
/** The courier's memory of replies is corrupt. */
#define KPC_ERR_COURIER_CACHE_CORRUPTION (-3002)
/** The courier could not reach the replicas; sending the same again may help. */
#define KPC_ERR_COURIER_PROPAGATION (-3003)
/** The envelope is too old or too new for the courier; encrypt again. */
#define KPC_ERR_COURIER_INVALID_EPOCH (-3004)
/** The courier stopped the copy command; the error holds the envelope and the replica's code. */
#define KPC_ERR_COPY_FAILED (-4026)
/**
 * The database of a store of channels failed: it cannot be opened or written, is damaged or full,
 * or belongs to another program or a later version; the error's message says which.
 */
#define KPC_ERR_DB (-5000)
/** The store has no channel of that name. */
#define KPC_ERR_CHANNEL_NOT_IN_DB (-5001)
/** The store has a channel of that name already. */
#define KPC_ERR_CHANNEL_EXISTS (-5002)
/** The store has no message of that number in this channel. */
#define KPC_ERR_MESSAGE_NOT_IN_DB (-5003)
/**
 * The capability has the right length but is invalid: its halves do not match, its key is no key,
 * or the index given with it is not of its stream.
 */
#define KPC_ERR_INVALID_CAPABILITY (-5004)
/** The path has no file name at its end. */
#define KPC_ERR_FILE_NO_FILE_NAME (-6000)
/** The file name is not UTF-8. */
#define KPC_ERR_FILE_NAME_NOT_UTF8 (-6001)
/** The file name is one dot or two dots, which are names of directories. */
#define KPC_ERR_FILE_NAME_RESERVED (-6002)
/** The file name is empty. */
#define KPC_ERR_FILE_NAME_EMPTY (-6003)
/** The file name is longer than 255 bytes. */
#define KPC_ERR_FILE_NAME_TOO_LONG (-6004)
/** The file name contains a slash or a backslash. */
#define KPC_ERR_FILE_NAME_SEPARATOR (-6005)
/** The file name contains a control character. */
#define KPC_ERR_FILE_NAME_CONTROL_CHAR (-6006)
/**
 * Reserved for file transfer: the file name leads out of the target directory; names that could are
 * refused for what they contain.
 */
#define KPC_ERR_FILE_NAME_ESCAPES_DIR (-6007)
/**
 * The path of the file to be sent leads to a directory, a device or another thing that is no
 * regular file.
 */
#define KPC_ERR_FILE_NOT_REGULAR (-6008)
/** The file was changed while it was being sent; its readers are told that nothing comes of it. */
#define KPC_ERR_FILE_CHANGED (-6009)
/** The writer has begun to send another file, which is neither sent nor given up yet. */
#define KPC_ERR_FILE_UNFINISHED (-6010)
/**
 * The directory has something of the name of the received file already; nothing of the file is
 * lost.
 */
#define KPC_ERR_FILE_EXISTS (-6011)
/**
 * Nothing can come of the file that was being received: its sender gave it up, a part of it is
 * missing, or its hash is wrong.
 */
#define KPC_ERR_FILE_BROKEN (-6012)
/** There is no file: the next message of the reader is none, or no file is on its way. */
#define KPC_ERR_NO_FILE (-6013)
/** An internal error of the library; please report it with the error's message. */
#define KPC_ERR_INTERNAL (-9000)
/** There is not enough memory, or no more threads or objects are available. */
#define KPC_ERR_NO_MEMORY (-9001)
/**
 * A panic inside the library was caught and stopped the call; please report it with the error's
 * message.
 */
#define KPC_ERR_PANIC (-9002)

/** Success. */
#define KPC_CATEGORY_OK 0
/** The caller passed something unusable; nothing was sent. */
#define KPC_CATEGORY_ARGUMENT 1
/** The way to the daemon or to the mixnet. */
#define KPC_CATEGORY_SESSION 2
/** The daemon refused. */
#define KPC_CATEGORY_DAEMON 3
/** A replica or a courier refused, or its answer did not verify. */
#define KPC_CATEGORY_REPLICA 4
/** A copy command failed. */
#define KPC_CATEGORY_COPY 5
/** Somebody cancelled. */
#define KPC_CATEGORY_CANCELLED 6
/** A time limit ran out. */
#define KPC_CATEGORY_TIMEOUT 7
/** The library itself, its storage or the machine. */
#define KPC_CATEGORY_INTERNAL 8

/**
 * The outcome of a call: 0 (KPC_OK) is success, every failure is negative. A value that
 * has no name here comes from a newer daemon, courier or replica and keeps its number:
 * -1000 - n the daemon's code n, -2000 - n a replica's, -2500 - n an answer that did not
 * verify, -3000 - n a courier's, -4000 - n a copy command's.
 */
typedef int32_t kpc_status;

/**
 * The name of a status: "KPC_ERR_TIMEOUT", "KPC_OK"; "KPC_ERR_UNKNOWN" for a value
 * without a name.
 *
 * @param status  any value
 * @return a static text, never NULL
 *
 * Ownership: static, never freed.
 */
KPC_API const char *kpc_status_name(kpc_status status);

/**
 * One sentence about a status, in English, for people. kpc_error_message says more.
 *
 * @param status  any value
 * @return a static text, never NULL
 *
 * Ownership: static, never freed.
 */
KPC_API const char *kpc_status_text(kpc_status status);

/**
 * The family of a status, one of the KPC_CATEGORY_ values; for a value without a name, that of
 * its block.
 *
 * @param status  any value
 * @return a KPC_CATEGORY_ value
 */
KPC_API int32_t kpc_status_category(kpc_status status);

/**
 * True if the status reports a box's state rather than a failure: for KPC_ERR_BOX_ID_NOT_FOUND,
 * KPC_ERR_BOX_ALREADY_EXISTS and KPC_ERR_TOMBSTONE, false for everything else. Sending the same
 * bytes again does not change it.
 *
 * @param status  any value
 * @return true for the three outcomes named above
 */
KPC_API bool kpc_status_is_expected_outcome(kpc_status status);

/* ---- Errors ---------------------------------------------------------------------------------- */

/** The library itself reported the failure, before or after speaking with the daemon. */
#define KPC_ORIGIN_LIBRARY 0
/** The daemon refused. */
#define KPC_ORIGIN_DAEMON 1
/** A courier refused. */
#define KPC_ORIGIN_COURIER 2
/** A storage replica refused, or its answer did not verify. */
#define KPC_ORIGIN_REPLICA 3

/** Every reply and event but those below: the daemon's own codes. */
#define KPC_REPLY_DAEMON 0
/** start_resending_encrypted_message_reply that names no courier: refused before it was sent. */
#define KPC_REPLY_START_RESENDING_REFUSED 1
/** start_resending_encrypted_message_reply that names the courier: an outcome after sending. */
#define KPC_REPLY_START_RESENDING 2
/** start_resending_copy_command_reply. */
#define KPC_REPLY_START_COPY 3
/** The replica_error_code inside the report of a failed copy command. */
#define KPC_REPLY_REPLICA_CODE 4

/**
 * The status of a failure; the same value that the failing call returned.
 *
 * @param error  the failure; NULL stands for no failure
 * @return the status; KPC_OK for NULL, KPC_ERR_BAD_HANDLE for what is no live kpc_error
 */
KPC_API kpc_status kpc_error_status(const kpc_error *KPC_NULLABLE error);

/**
 * What went wrong, in one sentence for people.
 *
 * @param error  the failure; NULL stands for no failure
 * @return NUL-terminated UTF-8, never NULL; empty for NULL and for what is no live kpc_error
 *
 * Ownership: the text belongs to the error and is gone once that is freed.
 */
KPC_API const char *kpc_error_message(const kpc_error *KPC_NULLABLE error);

/**
 * Who reported the failure.
 *
 * @param error  the failure; NULL stands for no failure
 * @return a KPC_ORIGIN_ value; KPC_ORIGIN_LIBRARY for NULL and for what is no live kpc_error
 */
KPC_API int32_t kpc_error_origin(const kpc_error *KPC_NULLABLE error);

/**
 * The number that the daemon sent, whose meaning depends on the reply that carried it.
 *
 * @param error  the failure; NULL stands for no failure
 * @return 0 to 255; -1 if the daemon reported nothing
 */
KPC_API int32_t kpc_error_daemon_code(const kpc_error *KPC_NULLABLE error);

/**
 * The number that a replica answered with, to a box or inside the report of a failed copy
 * command.
 *
 * @param error  the failure; NULL stands for no failure
 * @return 0 to 255, 0 if the courier itself stopped a copy; -1 if there is none. -2000 minus a
 *         positive number is the status of that meaning, KPC_ERR_BOX_ID_NOT_FOUND and so on
 */
KPC_API int32_t kpc_error_replica_code(const kpc_error *KPC_NULLABLE error);

/**
 * The envelope at which a copy command stopped; those before it have been carried out.
 *
 * @param error  the failure; NULL stands for no failure
 * @return the position in the copy stream, counted from 1; 0 if there is none
 */
KPC_API uint64_t kpc_error_failed_envelope(const kpc_error *KPC_NULLABLE error);

/**
 * The operating system's error number.
 *
 * @param error  the failure; NULL stands for no failure
 * @return an errno value; 0 if the operating system reported nothing
 */
KPC_API int32_t kpc_error_errno(const kpc_error *KPC_NULLABLE error);

/**
 * Frees an error and its texts.
 *
 * @param error  the failure; NULL is fine
 */
KPC_API void kpc_error_free(kpc_error *KPC_NULLABLE error);

/**
 * Converts a number that a current daemon sent to a status. The same number means different
 * things in different replies. The library does this by itself; the function is for programs
 * that speak the protocol, and for reading their logs.
 *
 * @param reply   what carried the number, a KPC_REPLY_ value
 * @param code    the number
 * @param status  receives the status, KPC_OK for 0
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (there is no such reply)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_status_from_wire(int32_t reply, uint8_t code, kpc_status *KPC_NONNULL status,
                                kpc_error **KPC_NULLABLE error);

/* ---- Version --------------------------------------------------------------------------------- */

/**
 * The version of the library that the program runs with, "1.2.3". KPC_VERSION is that of
 * the header it was compiled with.
 *
 * @return a static text, never NULL
 *
 * Ownership: static, never freed.
 */
KPC_API const char *kpc_version(void);

/**
 * The version as a number that grows: major * 65536 + minor * 256 + patch. Compare with
 * KPC_VERSION_NUMBER.
 *
 * @return the number
 */
KPC_API uint32_t kpc_version_number(void);

/**
 * The number of live handles of the calling process, of every kind. For tests that look for leaks;
 * 0 when everything was freed. In a forked child the parent's do not count.
 *
 * @return the number of live handles
 *
 * Threads: any; the number is exact only while no other thread makes or frees objects.
 */
KPC_API size_t kpc_debug_live_objects(void);

/* ---- Bytes of any length --------------------------------------------------------------------- */

/**
 * Makes a buffer with a copy of `len` bytes, which is wiped when the buffer is freed. For bindings
 * that want to pass bytes around in one shape; no call of this library needs it.
 *
 * @param bytes   the bytes; may be NULL if len is 0
 * @param len     how many bytes
 * @param buffer  receives the buffer
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_NO_MEMORY
 *
 * Ownership: *buffer is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_buffer_new(const uint8_t *KPC_NULLABLE bytes, size_t len,
                          kpc_buffer **KPC_NONNULL buffer, kpc_error **KPC_NULLABLE error);

/**
 * The bytes of a buffer.
 *
 * @param buffer  the buffer
 * @return kpc_buffer_len bytes, not NULL also when there are none; NULL for what is no
 *         live kpc_buffer
 *
 * Ownership: the bytes belong to the buffer and are gone once that is freed, on whatever thread.
 */
KPC_API const uint8_t *kpc_buffer_data(const kpc_buffer *KPC_NONNULL buffer);

/**
 * How many bytes a buffer has.
 *
 * @param buffer  the buffer
 * @return the number of bytes; 0 for what is no live kpc_buffer
 */
KPC_API size_t kpc_buffer_len(const kpc_buffer *KPC_NONNULL buffer);

/**
 * Another handle to the same bytes, which outlives the first one. Nothing is copied.
 *
 * @param buffer  the buffer
 * @param other   receives the other handle
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *other is the caller's, kpc_buffer_free; each handle is freed for itself.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_buffer_ref(const kpc_buffer *KPC_NONNULL buffer, kpc_buffer **KPC_NONNULL other,
                          kpc_error **KPC_NULLABLE error);

/**
 * Releases one handle of a buffer; its bytes are freed with the last one.
 *
 * @param buffer  the buffer; NULL is fine
 */
KPC_API void kpc_buffer_free(kpc_buffer *KPC_NULLABLE buffer);

/* ---- Values of fixed size -------------------------------------------------------------------- */

/** Bytes of a write capability. */
#define KPC_WRITE_CAP_SIZE 168
/** Bytes of a read capability. */
#define KPC_READ_CAP_SIZE 136
/** Bytes of a message box index. */
#define KPC_BOX_INDEX_SIZE 104
/** Bytes of a hash. */
#define KPC_HASH_SIZE 32
/** Bytes of a seed for kpc_new_keypair. */
#define KPC_SEED_SIZE 32
/** Bytes of an id of any kind. */
#define KPC_ID_SIZE 16
/** Bytes of a message id. */
#define KPC_MESSAGE_ID_SIZE 16
/** Bytes of the id of a reply block. */
#define KPC_SURB_ID_SIZE 16
/** Bytes of the id that joins a request with its reply. */
#define KPC_QUERY_ID_SIZE 16
/** Bytes that the queue id of a service has at most. */
#define KPC_QUEUE_ID_MAX_SIZE 32
/** Bytes of a frame to or from the daemon at most. */
#define KPC_MAX_FRAME_SIZE 41943040
/** Bytes of a box that hold the length of what is in it; the daemon adds them itself. */
#define KPC_BOX_LENGTH_PREFIX 4

/**
 * The right to write to a stream of boxes, and to read it. A secret: wipe copies of it with
 * kpc_wipe.
 */
typedef struct kpc_write_cap {
    /** The capability as it is stored and sent. */
    uint8_t bytes[KPC_WRITE_CAP_SIZE];
} kpc_write_cap;

/** The right to read a stream of boxes. Secret from all but its readers. */
typedef struct kpc_read_cap {
    /** The capability as it is stored and sent. */
    uint8_t bytes[KPC_READ_CAP_SIZE];
} kpc_read_cap;

/**
 * The position of one box in a stream. It holds the key of its box and leads to all later
 * ones, so it is as secret as the capability.
 */
typedef struct kpc_box_index {
    /** The index as it is stored and sent. */
    uint8_t bytes[KPC_BOX_INDEX_SIZE];
} kpc_box_index;

/** A BLAKE2b-256 hash: of an envelope, of a write capability, of a node's identity key. */
typedef struct kpc_hash {
    /** The hash. */
    uint8_t bytes[KPC_HASH_SIZE];
} kpc_hash;

/** A message id, the id of a reply block, a token. */
typedef struct kpc_id {
    /** The id. */
    uint8_t bytes[KPC_ID_SIZE];
} kpc_id;

/** Where a service listens: what the calls that send need to know of it. */
typedef struct kpc_service {
    /** Hash of the identity key of the node. */
    kpc_hash node;
    /** The queue on that node; the first queue_len bytes count. */
    uint8_t queue[KPC_QUEUE_ID_MAX_SIZE];
    /** Length of the queue id, 1 to KPC_QUEUE_ID_MAX_SIZE. */
    size_t queue_len;
} kpc_service;

/**
 * Makes a write capability from stored bytes, after validating them.
 *
 * @param bytes  the stored capability; may be cap->bytes itself
 * @param len    how many bytes, which must be KPC_WRITE_CAP_SIZE
 * @param cap    receives the capability
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INVALID_CAPABILITY (its
 *         public half does not belong to its secret half)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_cap_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                                    kpc_write_cap *KPC_NONNULL cap, kpc_error **KPC_NULLABLE error);

/**
 * Makes a read capability from stored bytes, after validating them.
 *
 * @param bytes  the stored capability; may be cap->bytes itself
 * @param len    how many bytes, which must be KPC_READ_CAP_SIZE
 * @param cap    receives the capability
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INVALID_CAPABILITY (its key
 *         is no key; daemons leave a request with it unanswered, or crash)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_read_cap_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                                   kpc_read_cap *KPC_NONNULL cap, kpc_error **KPC_NULLABLE error);

/**
 * Makes a message box index from stored bytes. Any bytes of the right length are one.
 *
 * @param bytes  the stored index; may be index->bytes itself
 * @param len    how many bytes, which must be KPC_BOX_INDEX_SIZE
 * @param index  receives the index
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_box_index_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                                    kpc_box_index *KPC_NONNULL index,
                                    kpc_error **KPC_NULLABLE error);

/**
 * Makes a hash from stored bytes.
 *
 * @param bytes  the stored hash; may be hash->bytes itself
 * @param len    how many bytes, which must be KPC_HASH_SIZE
 * @param hash   receives the hash
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_hash_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                               kpc_hash *KPC_NONNULL hash, kpc_error **KPC_NULLABLE error);

/**
 * Makes an id from stored bytes.
 *
 * @param bytes  the stored id; may be id->bytes itself
 * @param len    how many bytes, which must be KPC_ID_SIZE
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_id_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len, kpc_id *KPC_NONNULL id,
                             kpc_error **KPC_NULLABLE error);

/**
 * The readers' half of a write capability.
 *
 * @param cap       the write capability
 * @param read_cap  receives the read capability
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_cap_read_cap(const kpc_write_cap *KPC_NONNULL cap,
                                  kpc_read_cap *KPC_NONNULL read_cap,
                                  kpc_error **KPC_NULLABLE error);

/**
 * The hash by which a copy command over the stream of a write capability is named, for
 * kpc_cancel_resending_copy_command: BLAKE2b-256 of the capability.
 *
 * @param cap    the write capability
 * @param hash   receives the hash
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_cap_hash(const kpc_write_cap *KPC_NONNULL cap, kpc_hash *KPC_NONNULL hash,
                              kpc_error **KPC_NULLABLE error);

/**
 * The index of the first box of the stream that a write capability belongs to.
 *
 * @param cap    the write capability
 * @param index  receives the index
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_cap_first_index(const kpc_write_cap *KPC_NONNULL cap,
                                     kpc_box_index *KPC_NONNULL index,
                                     kpc_error **KPC_NULLABLE error);

/**
 * The index of the first box of the stream that a read capability belongs to.
 *
 * @param cap    the read capability
 * @param index  receives the index
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_read_cap_first_index(const kpc_read_cap *KPC_NONNULL cap,
                                    kpc_box_index *KPC_NONNULL index,
                                    kpc_error **KPC_NULLABLE error);

/* ---- Keys and indices, computed without a daemon --------------------------------------------- */

/** Key derivation: not known. Only from kpc_client_key_derivation. */
#define KPC_DERIVATION_UNKNOWN 0

/**
 * Key derivation of today's daemons, those with hpqc since its change 101 of May 2026: v0.0.94
 * and later, probably since v0.0.77.
 */
#define KPC_DERIVATION_CURRENT 1
/** Key derivation of older daemons: v0.0.76 and before. */
#define KPC_DERIVATION_BEFORE_HPQC_101 2
/** Key derivation: one that this library does not know. Only from kpc_client_key_derivation. */
#define KPC_DERIVATION_OTHER 3

/**
 * Makes the capabilities of a new stream of boxes. The same seed always makes the same ones;
 * whoever has the seed has the stream.
 *
 * Computed here, as today's daemons do (KPC_DERIVATION_CURRENT); no daemon is asked and none is
 * needed. The capabilities are good at every daemon. Of a seed that an older program made its
 * stream from, kpc_new_keypair_by_derivation makes that stream again.
 *
 * @param seed       KPC_SEED_SIZE random bytes; secret. NULL: the library generates them, and
 *                   nobody else ever has them
 * @param seed_len   how many bytes, which must be KPC_SEED_SIZE; 0 if seed is NULL
 * @param write_cap  receives the writer's half; secret
 * @param read_cap   receives the readers' half
 * @param first      receives the index of the first box
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INTERNAL (the operating system has
 *         no randomness)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_keypair(const uint8_t *KPC_NULLABLE seed, size_t seed_len,
                           kpc_write_cap *KPC_NONNULL write_cap, kpc_read_cap *KPC_NONNULL read_cap,
                           kpc_box_index *KPC_NONNULL first, kpc_error **KPC_NULLABLE error);

/**
 * The same as kpc_new_keypair, by a derivation of the caller's choice: for a seed from which an
 * older daemon or program has made a stream. A capability carries its index, so whichever
 * derivation made it, it is good at every daemon.
 *
 * @param derivation  KPC_DERIVATION_CURRENT or KPC_DERIVATION_BEFORE_HPQC_101
 * @param seed        KPC_SEED_SIZE random bytes; secret
 * @param seed_len    how many bytes, which must be KPC_SEED_SIZE
 * @param write_cap   receives the writer's half; secret
 * @param read_cap    receives the readers' half
 * @param first       receives the index of the first box
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_ARG_VALUE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_keypair_by_derivation(int32_t derivation, const uint8_t *KPC_NONNULL seed,
                                         size_t seed_len, kpc_write_cap *KPC_NONNULL write_cap,
                                         kpc_read_cap *KPC_NONNULL read_cap,
                                         kpc_box_index *KPC_NONNULL first,
                                         kpc_error **KPC_NULLABLE error);

/**
 * The index of the box after a given one.
 *
 * Computed here; no daemon is asked and none is needed.
 *
 * @param index  an index
 * @param next   receives the next one; may be the same variable as index, which then keeps
 *               its value on failure
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_next_message_box_index(const kpc_box_index *KPC_NONNULL index,
                                      kpc_box_index *KPC_NONNULL next,
                                      kpc_error **KPC_NULLABLE error);

/**
 * The counter of an index, for telling which of two indices of one stream comes first. A stream
 * starts at a random number, and the counter wraps around.
 *
 * Computed here; no daemon is asked and none is needed.
 *
 * @param index    an index
 * @param counter  receives its counter
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 */
KPC_API KPC_MUST_USE
kpc_status kpc_get_message_box_index_counter(const kpc_box_index *KPC_NONNULL index,
                                             uint64_t *KPC_NONNULL counter,
                                             kpc_error **KPC_NULLABLE error);

/* ---- Ids, hashes, sizes ---------------------------------------------------------------------- */

/**
 * Makes a new random message id.
 *
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_message_id(kpc_id *KPC_NONNULL id, kpc_error **KPC_NULLABLE error);

/**
 * Makes a new random id for a reply block (SURB). Never use one twice.
 *
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_surb_id(kpc_id *KPC_NONNULL id, kpc_error **KPC_NULLABLE error);

/**
 * Makes a new random id of the kind that joins requests with their replies. The library
 * makes its own; this is for programs that speak the protocol themselves.
 *
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_query_id(kpc_id *KPC_NONNULL id, kpc_error **KPC_NULLABLE error);

/**
 * The BLAKE2b-256 hash of some bytes: what nodes are named by is that of their identity key.
 *
 * @param bytes  the bytes; may be NULL if len is 0
 * @param len    how many bytes
 * @param hash   receives the hash
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_blake2b_256(const uint8_t *KPC_NULLABLE bytes, size_t len,
                           kpc_hash *KPC_NONNULL hash, kpc_error **KPC_NULLABLE error);

/**
 * Overwrites memory in a way that no compiler leaves out. For the caller's own copies of
 * capabilities, indices and seeds, which are secrets.
 *
 * @param p  the first byte; NULL is fine
 * @param n  how many bytes
 *
 * Threads: any, as long as no other uses that memory.
 */
KPC_API void kpc_wipe(void *KPC_NULLABLE p, size_t n);

/**
 * KPC_WRITE_CAP_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_write_cap_size(void);

/**
 * KPC_READ_CAP_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_read_cap_size(void);

/**
 * KPC_BOX_INDEX_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_box_index_size(void);

/**
 * KPC_HASH_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_hash_size(void);

/**
 * KPC_SEED_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_seed_size(void);

/**
 * KPC_ID_SIZE, for languages that cannot read macros: the size of ids of every kind.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_id_size(void);

/**
 * KPC_QUEUE_ID_MAX_SIZE, for languages that cannot read macros.
 *
 * @return the number of bytes
 */
KPC_API size_t kpc_queue_id_max_size(void);

/* ---- Geometry of the network ----------------------------------------------------------------- */

/** Bytes that the name of a scheme takes in a geometry, with its NUL. */
#define KPC_SCHEME_NAME_SIZE 64

/**
 * The shape of the network's packets, lengths in bytes. Do not compose it by hand: newer daemons
 * publish it, for older ones it is in their configuration file.
 */
typedef struct kpc_sphinx_geometry {
    /** A whole packet. */
    size_t packet_length;
    /** Hops of a path. */
    size_t nr_hops;
    /** A packet's header. */
    size_t header_length;
    /** The routing information in a header. */
    size_t routing_info_length;
    /** The routing information for one hop. */
    size_t per_hop_routing_info_length;
    /** A single use reply block. */
    size_t surb_length;
    /** What precedes a payload. */
    size_t sphinx_plaintext_header_length;
    /** The tag by which a damaged payload is known. */
    size_t payload_tag_length;
    /** What a packet carries; replies are padded to it. */
    size_t forward_payload_length;
    /** The most that a plain message may carry. */
    size_t user_forward_payload_length;
    /** The address of the next hop. */
    size_t next_node_hop_length;
    /** The key material of the payload's cipher. */
    size_t sprp_key_material_length;
    /** The key exchange; empty where a KEM is used. */
    char nike_name[KPC_SCHEME_NAME_SIZE];
    /** The key encapsulation; empty where a NIKE is used. */
    char kem_name[KPC_SCHEME_NAME_SIZE];
} kpc_sphinx_geometry;

/**
 * The shape of Pigeonhole boxes, lengths in bytes. Do not compose it by hand: newer daemons
 * publish it, for older ones it is in their configuration file.
 */
typedef struct kpc_pigeonhole_geometry {
    /** The most that one box may carry. */
    size_t max_plaintext_payload_length;
    /** What asks a courier for a read. */
    size_t courier_query_read_length;
    /** What asks a courier for a write. */
    size_t courier_query_write_length;
    /** A courier's answer to a read. */
    size_t courier_query_reply_read_length;
    /** A courier's answer to a write. */
    size_t courier_query_reply_write_length;
    /** The key exchange with the replicas. */
    char nike_name[KPC_SCHEME_NAME_SIZE];
    /** The signatures on boxes. */
    char signature_scheme_name[KPC_SCHEME_NAME_SIZE];
} kpc_pigeonhole_geometry;

/**
 * Checks that a network can have this geometry.
 *
 * @param geometry  the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (a name that does not end),
 *         KPC_ERR_BAD_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_sphinx_geometry_validate(const kpc_sphinx_geometry *KPC_NONNULL geometry,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Checks that a network can have this geometry.
 *
 * @param geometry  the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (a name that does not end),
 *         KPC_ERR_BAD_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_pigeonhole_geometry_validate(const kpc_pigeonhole_geometry *KPC_NONNULL geometry,
                                            kpc_error **KPC_NULLABLE error);

/* ---- Waiting and callbacks ------------------------------------------------------------------- */

/** A timeout_ms without a limit. */
#define KPC_FOREVER (-1)
/** A timeout_ms that does not wait: the call takes what is there. */
#define KPC_NO_WAIT 0

/** Destructor for user_data; called exactly once, after its last use, on any thread. */
typedef void (*kpc_drop_fn)(void *user_data);

/* ---- Configuration --------------------------------------------------------------------------- */

/** No log lines. */
#define KPC_LOG_OFF 0
/** Unrecoverable failures. */
#define KPC_LOG_ERROR 1
/** Unexpected conditions that were recovered from. */
#define KPC_LOG_WARN 2
/** Connections that come and go. */
#define KPC_LOG_INFO 3
/** What the library does. */
#define KPC_LOG_DEBUG 4

/**
 * Each frame to and from the daemon, for bug reports: connection, direction, kind, length, the
 * beginning of its query id, the daemon's code. Nothing of what is in it.
 */
#define KPC_LOG_TRACE 5
/** No transport is set. */
#define KPC_TRANSPORT_NONE 0
/** A Unix domain socket. */
#define KPC_TRANSPORT_UNIX 1
/** A TCP socket. */
#define KPC_TRANSPORT_TCP 2
/** A WebSocket. */
#define KPC_TRANSPORT_WS 3

/**
 * A function that receives log lines: their level (KPC_LOG_), one line of UTF-8 text without
 * control characters that is gone when the function returns, and the user data. Called on any
 * thread, of the library or of the program in a call, also on several at once; must be quick and
 * must not call the library.
 */
typedef void (*kpc_log_fn)(int32_t level, const char *text, void *user_data);

/**
 * Makes an empty configuration: no transport yet, reconnecting after 1 to 60 seconds, no log.
 *
 * @param config  receives the configuration
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_NO_MEMORY
 *
 * Ownership: *config is the caller's, kpc_config_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_new(kpc_config **KPC_NONNULL config, kpc_error **KPC_NULLABLE error);

/**
 * Reads and checks a configuration file, usually called thinclient.toml, of today's shape
 * (a table [Dial.Unix], [Dial.Tcp] or [Dial.Ws]) or of the older one (Network, Address, and
 * the geometries). Opens no connection.
 *
 * @param path    the file
 * @param config  receives the configuration
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (the path is not UTF-8),
 *         KPC_ERR_CONFIG_IO, KPC_ERR_CONFIG_PARSE, KPC_ERR_CONFIG_UNKNOWN_KEY,
 *         KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_CONFIG_MULTIPLE_TRANSPORTS,
 *         KPC_ERR_CONFIG_BAD_NETWORK, KPC_ERR_BAD_GEOMETRY, KPC_ERR_UNSUPPORTED (as
 *         kpc_config_set_ws)
 *
 * Ownership: *config is the caller's, kpc_config_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_load_file(const char *KPC_NONNULL path, kpc_config **KPC_NONNULL config,
                                kpc_error **KPC_NULLABLE error);

/**
 * Reads and checks a configuration as kpc_config_load_file does, from a text in memory.
 *
 * @param toml      the text of the file, UTF-8; may be NULL if toml_len is 0
 * @param toml_len  how many bytes, fewer than 64 KiB
 * @param config    receives the configuration
 * @param error     receives details of a failure; may be NULL
 * @return as kpc_config_load_file, save KPC_ERR_CONFIG_IO; KPC_ERR_ARG_VALUE if the text is not
 *         UTF-8, KPC_ERR_ARG_SIZE
 *
 * Ownership: *config is the caller's, kpc_config_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_load_text(const char *KPC_NULLABLE toml, size_t toml_len,
                                kpc_config **KPC_NONNULL config, kpc_error **KPC_NULLABLE error);

/**
 * Sets a Unix domain socket as the transport, in place of any that is set.
 *
 * @param config  the configuration
 * @param path    path of the socket; a leading @ means Linux's abstract namespace. A relative path
 *                starts at the current working directory, also in files
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT (an empty path)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_unix(kpc_config *KPC_NONNULL config, const char *KPC_NONNULL path,
                               kpc_error **KPC_NULLABLE error);

/**
 * Sets a TCP socket as the transport, in place of any that is set.
 *
 * @param config   the configuration
 * @param address  host:port, [IPv6]:port, or :port for this machine
 * @param network  "tcp", "tcp4" (IPv4 alone) or "tcp6" (IPv6 alone); NULL stands for "tcp"
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_CONFIG_BAD_NETWORK, KPC_ERR_CONFIG_NO_TRANSPORT
 *         (an empty address)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_tcp(kpc_config *KPC_NONNULL config, const char *KPC_NONNULL address,
                              const char *KPC_NULLABLE network, kpc_error **KPC_NULLABLE error);

/**
 * Sets a WebSocket as the transport, in place of any that is set. It goes over TCP, without
 * encryption: for a daemon on this machine, or behind a tunnel. The two other transports need less
 * work, and a WebSocket leaves copies of what was sent in memory that is not wiped.
 *
 * @param config  the configuration
 * @param url     ws://host:port/path; without a port 80
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT (an empty URL),
 *         KPC_ERR_UNSUPPORTED (wss://, which needs TLS, or a library that is built without
 *         WebSockets)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_ws(kpc_config *KPC_NONNULL config, const char *KPC_NONNULL url,
                             kpc_error **KPC_NULLABLE error);

/**
 * Sets how long a client waits before it dials again after the daemon was lost: the
 * shortest wait at first, doubled with each failure up to the longest.
 *
 * @param config  the configuration
 * @param min_ms  the shortest wait in milliseconds, at least 1
 * @param max_ms  the longest wait in milliseconds, at least min_ms
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_reconnect(kpc_config *KPC_NONNULL config, uint32_t min_ms,
                                    uint32_t max_ms, kpc_error **KPC_NULLABLE error);

/**
 * Sets how many connections a client has for encryptions, each of which has one at the daemon
 * at a time. An encryption of a box takes the daemon about two seconds of one processor core on
 * networks with CTIDH1024-X25519, some milliseconds on those with x25519. More connections make
 * many boxes faster where the daemon's machine has that many cores to spare. 2 unless it is set.
 *
 * @param config  the configuration
 * @param count   how many, 1 to 16; all but the first are opened when they are of use
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_encryption_connections(kpc_config *KPC_NONNULL config, uint32_t count,
                                                 kpc_error **KPC_NULLABLE error);

/**
 * Sets how long what the daemon owes may be missing before kpc_client_health no longer takes it for
 * healthy. 15 000 ms unless it is set: some twice what a very busy daemon takes.
 *
 * @param config    the configuration
 * @param limit_ms  the limit in milliseconds, 100 to 3 600 000
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_silence_limit(kpc_config *KPC_NONNULL config, uint32_t limit_ms,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Sets whether kpc_client_connect opens all connections with the daemon and starts all threads of
 * the client at once. Otherwise each comes when it is first needed. For programs that then drop
 * privileges: after setuid, chroot or Landlock the socket may be out of reach, and after seccomp
 * the system calls. kpc_client_connect fails where one connection cannot be opened.
 *
 * While the daemon stays and a filter covers all threads of the process, the library needs these
 * system calls and no others, whatever is asked of it, as tests/c/locked_in.c shows: read, write,
 * recvfrom, sendto, shutdown, close, fcntl, poll, ppoll, epoll_ctl, epoll_wait, epoll_pwait,
 * futex, getpid, getrandom, clock_gettime; for memory brk, mmap, munmap, mremap, mprotect and
 * madvise; to restart interrupted ones restart_syscall and rt_sigreturn; when a client is freed
 * and its threads end rt_sigprocmask, sigaltstack and exit. kpc_event_sink_fd makes its descriptor
 * with socketpair when it is first called. To connect again after a loss it needs socket, connect,
 * ioctl, getsockopt and the daemon's socket within reach; over TCP also setsockopt and what the C
 * library needs to look up a name. Without them the client tries again at intervals, and calls end
 * by their time limit; the error says why.
 *
 * @param config  the configuration
 * @param all     whether to open all at once; false unless it is set
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_connect_all(kpc_config *KPC_NONNULL config, bool all,
                                      kpc_error **KPC_NULLABLE error);

/**
 * Sets where a client's log lines go, in place of what is set. They never hold secrets or
 * payloads. Without this there is no log: the library writes to no file, terminal or system log.
 *
 * @param config     the configuration
 * @param level      maximum verbosity, KPC_LOG_OFF to KPC_LOG_TRACE
 * @param fn         receives the lines; NULL for none
 * @param user_data  passed to fn and drop; may be NULL
 * @param drop       called once with user_data when nothing can call fn any more, also when
 *                   this call fails; may be NULL
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_log(kpc_config *KPC_NONNULL config, int32_t level,
                              kpc_log_fn KPC_NULLABLE fn, void *KPC_NULLABLE user_data,
                              kpc_drop_fn KPC_NULLABLE drop, kpc_error **KPC_NULLABLE error);

/**
 * Sets the geometry of packets, for daemons before v0.0.76, which do not publish theirs.
 *
 * @param config    the configuration
 * @param geometry  the geometry, which is checked; NULL removes it
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_BAD_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_sphinx_geometry(kpc_config *KPC_NONNULL config,
                                          const kpc_sphinx_geometry *KPC_NULLABLE geometry,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Sets the geometry of boxes, for daemons before v0.0.76, which do not publish theirs.
 *
 * @param config    the configuration
 * @param geometry  the geometry, which is checked; NULL removes it
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_BAD_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_pigeonhole_geometry(kpc_config *KPC_NONNULL config,
                                              const kpc_pigeonhole_geometry *KPC_NULLABLE geometry,
                                              kpc_error **KPC_NULLABLE error);

/**
 * Sets whether time limits count the time for which the machine is suspended. If they do, what
 * waits longer than its timeout_ms allows, the suspension included, ends with KPC_ERR_TIMEOUT
 * within about a second after the machine has resumed: calls that wait, operations, those of
 * stores too. Meanwhile threads that wait wake up once a second. Pauses of the library itself, and
 * what kpc_client_health reports, never count it.
 *
 * The clock is CLOCK_BOOTTIME on Linux and CLOCK_MONOTONIC on systems of Apple.
 *
 * @param config  the configuration
 * @param count   whether to count it; false unless it is set
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_UNSUPPORTED (this system has no such clock)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_set_count_suspended(kpc_config *KPC_NONNULL config, bool count,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Whether time limits count the time for which the machine is suspended.
 *
 * @param config  the configuration
 * @return as it was set; false for what is no live kpc_config
 */
KPC_API bool kpc_config_count_suspended(const kpc_config *KPC_NONNULL config);

/**
 * Checks a configuration as a client would before it connects. Opens no connection.
 *
 * @param config  the configuration
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_CONFIG_NO_TRANSPORT
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_validate(const kpc_config *KPC_NONNULL config,
                               kpc_error **KPC_NULLABLE error);

/**
 * Which transport is set.
 *
 * @param config  the configuration
 * @return a KPC_TRANSPORT_ value; KPC_TRANSPORT_NONE also for what is no live kpc_config
 */
KPC_API int32_t kpc_config_transport(const kpc_config *KPC_NONNULL config);

/**
 * The network of the transport: "unix", "tcp", "tcp4", "tcp6" or "ws".
 *
 * @param config  the configuration
 * @return a static text, never NULL; empty if no transport is set, and for what is no live
 *         kpc_config
 *
 * Ownership: static, never freed.
 */
KPC_API const char *kpc_config_network(const kpc_config *KPC_NONNULL config);

/**
 * The path, address or URL of the transport.
 *
 * @param config   the configuration
 * @param address  receives the text, UTF-8 and followed by a NUL
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_NO_MEMORY
 *
 * Ownership: *address is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_address(const kpc_config *KPC_NONNULL config,
                              kpc_buffer **KPC_NONNULL address, kpc_error **KPC_NULLABLE error);

/**
 * How long a client waits before it dials again.
 *
 * @param config  the configuration
 * @param min_ms  receives the shortest wait in milliseconds; may be NULL
 * @param max_ms  receives the longest wait in milliseconds; may be NULL
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_reconnect(const kpc_config *KPC_NONNULL config, uint32_t *KPC_NULLABLE min_ms,
                                uint32_t *KPC_NULLABLE max_ms, kpc_error **KPC_NULLABLE error);

/**
 * How many connections a client has for encryptions.
 *
 * @param config  the configuration
 * @return how many, at least 1; 0 for what is no live kpc_config
 */
KPC_API uint32_t kpc_config_encryption_connections(const kpc_config *KPC_NONNULL config);

/**
 * How long what the daemon owes may be missing.
 *
 * @param config  the configuration
 * @return milliseconds, at least 100; 0 for what is no live kpc_config
 */
KPC_API uint32_t kpc_config_silence_limit(const kpc_config *KPC_NONNULL config);

/**
 * Whether kpc_client_connect opens all connections and starts all threads at once.
 *
 * @param config  the configuration
 * @return true if so; false for what is no live kpc_config
 */
KPC_API bool kpc_config_connect_all(const kpc_config *KPC_NONNULL config);

/**
 * The maximum verbosity of the log.
 *
 * @param config  the configuration
 * @return a KPC_LOG_ value; KPC_LOG_OFF if no log is set, and for what is no live kpc_config
 */
KPC_API int32_t kpc_config_log_level(const kpc_config *KPC_NONNULL config);

/**
 * The geometry of packets that was set or stood in the file.
 *
 * @param config    the configuration
 * @param geometry  receives the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY, KPC_ERR_BAD_GEOMETRY (the name of a
 *         scheme is too long)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_sphinx_geometry(const kpc_config *KPC_NONNULL config,
                                      kpc_sphinx_geometry *KPC_NONNULL geometry,
                                      kpc_error **KPC_NULLABLE error);

/**
 * The geometry of boxes that was set or stood in the file.
 *
 * @param config    the configuration
 * @param geometry  receives the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY, KPC_ERR_BAD_GEOMETRY (the name of a
 *         scheme is too long)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_config_pigeonhole_geometry(const kpc_config *KPC_NONNULL config,
                                          kpc_pigeonhole_geometry *KPC_NONNULL geometry,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Frees a configuration. Clients that were made from it keep their copy.
 *
 * @param config  the configuration; NULL is fine
 */
KPC_API void kpc_config_free(kpc_config *KPC_NULLABLE config);

/* ---- Operations ------------------------------------------------------------------------------ */

/** Names an operation of one client: never 0, never used twice by it. */
typedef uint64_t kpc_op;

/** Receives a completion. The result is lent until the function returns. */
typedef void (*kpc_completion_fn)(const kpc_result *result, void *user_data);

/**
 * Where the completion of an asynchronous operation goes: to fn if that is set, else as an event
 * KPC_EVENT_OPERATION to sink if that is set, else it is kept for kpc_op_wait. The sink must be
 * one of the client that the operation is started with, else the call fails with
 * KPC_ERR_BAD_HANDLE. If the sink is closed first, the completion is discarded.
 */
typedef struct kpc_completion {
    /** Called once, on the client's callback thread; may be NULL. */
    kpc_completion_fn fn;
    /** Passed to fn and drop; kpc_result_user_data returns it, wherever the completion goes. */
    void *user_data;
    /**
     * Called once with user_data, when the result has been freed by everybody who had it; also
     * when the call that took it fails, before that returns; may be NULL.
     */
    kpc_drop_fn drop;
    /** Receives the event if fn is NULL; may be NULL. */
    kpc_event_sink *sink;
} kpc_completion;

/**
 * Cancels an operation. It still completes, once: with KPC_ERR_CANCELLED, or with its
 * result if that was faster. What the daemon does for it is called off.
 *
 * @param client  the client that started it
 * @param op      the operation
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK also when it has completed already; any handle error, KPC_ERR_ARG_VALUE (this
 *         client never started such an operation)
 *
 * Threads: any, callbacks included.
 */
KPC_API
kpc_status kpc_op_cancel(kpc_client *KPC_NONNULL client, kpc_op op, kpc_error **KPC_NULLABLE error);

/**
 * Waits until an operation has completed, wherever its completion goes. The result of one that was
 * started without callback and sink is returned here, once. Results that nobody fetches are kept
 * until the client is freed, up to 1024 and 64 MiB; beyond that the oldest are dropped.
 *
 * @param client      the client that started it
 * @param op          the operation
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param result      receives the result, or NULL if it was delivered elsewhere or fetched
 *                    before; may be NULL, which leaves the result to be fetched
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK when it has completed, well or not; KPC_ERR_TIMEOUT while it is running;
 *         any argument error, KPC_ERR_WOULD_DEADLOCK
 *
 * Ownership: *result is the caller's, kpc_result_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_op_wait(kpc_client *KPC_NONNULL client, kpc_op op, int32_t timeout_ms,
                       kpc_result **KPC_NULLABLE result, kpc_error **KPC_NULLABLE error);

/**
 * Which operation a result belongs to.
 *
 * @param result  the result
 * @return the operation; 0 for what is no live kpc_result
 */
KPC_API kpc_op kpc_result_op(const kpc_result *KPC_NONNULL result);

/**
 * The user_data of the completion that the operation was started with. The completion's drop
 * function is called with it when the last handle of the result is freed.
 *
 * @param result  the result
 * @return the pointer; NULL if the operation was started without a completion, or for what is no
 *         live kpc_result
 *
 * Ownership: as the program has settled it; the library only hands the pointer on.
 */
KPC_API void *kpc_result_user_data(const kpc_result *KPC_NONNULL result);

/**
 * How the operation ended.
 *
 * @param result  the result
 * @return KPC_OK or the failure; KPC_ERR_BAD_HANDLE or KPC_ERR_ARG_NULL for what is no live
 *         kpc_result
 */
KPC_API kpc_status kpc_result_status(const kpc_result *KPC_NONNULL result);

/**
 * The details of how an operation failed.
 *
 * @param result  the result
 * @return the error; NULL if the operation succeeded, for what is no live kpc_result, or without
 *         memory
 *
 * Ownership: the error is the caller's, kpc_error_free.
 */
KPC_API KPC_MUST_USE kpc_error *kpc_result_error(const kpc_result *KPC_NONNULL result);

/**
 * Frees a result of kpc_op_wait or kpc_event_result.
 *
 * @param result  the result; NULL is fine
 */
KPC_API void kpc_result_free(kpc_result *KPC_NULLABLE result);

/* ---- Clients --------------------------------------------------------------------------------- */

/**
 * Makes a client that is not connected yet. Opens no connection; starts one thread.
 *
 * @param config  what the client is made from; a copy is taken
 * @param client  receives the client
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_CONFIG_NO_TRANSPORT, KPC_ERR_BAD_GEOMETRY,
 *         KPC_ERR_NO_MEMORY (no thread to be had), KPC_ERR_IO
 *
 * Ownership: *client is the caller's, kpc_client_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_new(const kpc_config *KPC_NONNULL config, kpc_client **KPC_NONNULL client,
                          kpc_error **KPC_NULLABLE error);

/**
 * Disconnects and leaves the session alive at the daemon, which keeps it for a while (10 minutes
 * unless configured otherwise) and continues resending. Calls and operations wait, within their
 * time limits, until kpc_client_connect. Events: KPC_EVENT_DISCONNECTED.
 *
 * @param client  the client
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_disconnect(kpc_client *KPC_NONNULL client, kpc_error **KPC_NULLABLE error);

/**
 * Frees a client, and closes it if it is open, without waiting: the goodbye is handed to the
 * sockets, and the library does the rest on its own thread, as in kpc_client_close. Callbacks that
 * are running or queued still run, and the drop functions after them. A program that must know
 * when that is over calls kpc_client_close first; so does one that exits right afterwards, as
 * whatever has not left is lost with the process.
 *
 * @param client  the client; NULL is fine, and so is what belongs to the parent of a forked
 *                process, which is left alone
 *
 * Threads: any, callbacks and finalizers included. Never waits.
 */
KPC_API void kpc_client_free(kpc_client *KPC_NULLABLE client);

/**
 * Whether the daemon is reachable and on the mixnet. What needs the mixnet waits while it is
 * not, except plain messages, which are refused with KPC_ERR_OFFLINE.
 *
 * @param client  the client
 * @return true or false; false for what is no live kpc_client
 */
KPC_API bool kpc_client_is_connected(const kpc_client *KPC_NONNULL client);

/**
 * Whether the daemon is reachable, be it on the mixnet or not.
 *
 * @param client  the client
 * @return true or false; false for what is no live kpc_client
 */
KPC_API bool kpc_client_is_attached(const kpc_client *KPC_NONNULL client);

/**
 * The token that names the daemon process. Another token than before means that the daemon
 * was restarted; the client has then sent again what was unanswered.
 *
 * @param client  the client
 * @param token   receives the token
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_UNSUPPORTED (daemons up to v0.0.72 have none),
 *         KPC_ERR_NOT_CONNECTED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_daemon_token(const kpc_client *KPC_NONNULL client, kpc_id *KPC_NONNULL token,
                                   kpc_error **KPC_NULLABLE error);

/**
 * The token by which the daemon knows this client: what other clients call their instance token.
 * It names the session of the first connection; the others have tokens of their own, and each of
 * them changes with a connection that is lost.
 *
 * @param client  the client
 * @param token   receives the token
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED (also with daemons up to v0.0.72,
 *         which know no tokens)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_session_token(const kpc_client *KPC_NONNULL client, kpc_id *KPC_NONNULL token,
                                    kpc_error **KPC_NULLABLE error);

/**
 * How the daemon makes keys from a seed. The library asks each daemon process once, in the
 * background after connecting, with a random seed; a daemon up to v0.0.76 is not asked, as all of
 * those do it the older way. Nothing depends on the answer but what kpc_new_keypair_remote returns
 * for a seed: capabilities of either derivation are good at every daemon.
 *
 * @param client  the client
 * @return KPC_DERIVATION_CURRENT, KPC_DERIVATION_BEFORE_HPQC_101, KPC_DERIVATION_OTHER;
 *         KPC_DERIVATION_UNKNOWN until the daemon has answered, and for what is no live kpc_client
 */
KPC_API int32_t kpc_client_key_derivation(const kpc_client *KPC_NONNULL client);

/**
 * Whether the daemon knows a request, named by its reply on the wire, for instance
 * "voucher_mint_reply". Before the first connection the answer is for a daemon of today.
 *
 * @param client     the client
 * @param reply_key  name of the reply
 * @return true or false; false for what is no live kpc_client or no text
 */
KPC_API
bool kpc_client_supports(const kpc_client *KPC_NONNULL client, const char *KPC_NONNULL reply_key);

/**
 * A copy of the client's configuration, without its log.
 *
 * @param client  the client
 * @param config  receives a copy of its configuration
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *config is the caller's, kpc_config_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_config(const kpc_client *KPC_NONNULL client, kpc_config **KPC_NONNULL config,
                             kpc_error **KPC_NULLABLE error);

/**
 * Writes a line of the program's own to the client's log, among those of the library.
 *
 * @param client    the client
 * @param level     KPC_LOG_ERROR to KPC_LOG_TRACE
 * @param text      the line, UTF-8; control characters in it become blanks; may be NULL if
 *                  text_len is 0
 * @param text_len  how many bytes
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK also where nobody wants the line; any argument error, KPC_ERR_ARG_SIZE
 */
KPC_API
kpc_status kpc_client_log(const kpc_client *KPC_NONNULL client, int32_t level,
                          const char *KPC_NULLABLE text, size_t text_len,
                          kpc_error **KPC_NULLABLE error);

/**
 * Connects with the daemon and shakes hands. A daemon that is not on the mixnet is no error;
 * one that has no document of the network yet may take 30 seconds. Afterwards the client
 * connects again by itself whenever it loses the daemon, and sends again what was unanswered.
 *
 * After kpc_client_disconnect it connects once more and resumes where it was. It tries once: a
 * daemon that is not there yet is KPC_ERR_CONNECT at once. KPC_ERR_ALREADY_CONNECTED is also for a
 * client that has lost its daemon and connects again by itself; KPC_EVENT_RESUMED and
 * KPC_EVENT_RESTARTED report when it has.
 *
 * @param client      the client
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_CLOSED, KPC_ERR_CONNECT, KPC_ERR_HANDSHAKE,
 *         KPC_ERR_CONNECTION_LOST, KPC_ERR_ALREADY_CONNECTED, KPC_ERR_CANCELLED
 *         (kpc_client_disconnect was called meanwhile), KPC_ERR_TIMEOUT,
 *         KPC_ERR_WOULD_DEADLOCK
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_connect(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                              kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_client_connect_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                    const kpc_completion *KPC_NULLABLE done,
                                    kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_client_connect_result(const kpc_result *KPC_NONNULL result,
                                     kpc_error **KPC_NULLABLE error);

/**
 * Waits until every write, copy command and plain message that was accepted has left:
 * answered, for what is answered; handed to the network, for plain messages with a reply; and
 * for those without, about which nobody ever hears, for as long as the daemon needs on
 * average. Close drops what has not left.
 *
 * @param client      the client
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_flush(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                            kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_client_flush_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                  const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_client_flush_result(const kpc_result *KPC_NONNULL result,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Closes a client: says goodbye to the daemon, which forgets the session and all that it repeats
 * for it, completes every operation with KPC_ERR_CLOSED, sends KPC_EVENT_CLOSED to every sink, and
 * waits for the client's threads. The daemon has half a second to take the goodbye; beyond that
 * the call waits only for callbacks that are running. In a callback, a log or a drop function it
 * starts all of that and does not wait. Plain messages that have not left are lost: see
 * kpc_client_flush. Closing twice is fine; the second call waits for what the first started.
 *
 * @param client      the client; it stays a valid handle until kpc_client_free
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_TIMEOUT (the client is closing, and that goes
 *         on)
 *
 * Threads: any, callbacks included.
 */
KPC_API
kpc_status kpc_client_close(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                            kpc_error **KPC_NULLABLE error);

/**
 * The completion comes after all others: every other operation has completed by then, and the
 * goodbye has been sent to the daemon. As an event it comes right before KPC_EVENT_CLOSED. A
 * callback may still be running, except where the completion is one itself. After kpc_client_free
 * it comes all the same.
 *
 * @param timeout_ms  after how long the operation ends with KPC_ERR_TIMEOUT; closing goes on
 * @return KPC_ERR_CLOSED (it is closed already, there is nothing to wait for)
 *
 * Threads: any, callbacks and finalizers included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_close_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                  const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_client_close_result(const kpc_result *KPC_NONNULL result,
                                   kpc_error **KPC_NULLABLE error);

/* ---- Statistics and estimates ---------------------------------------------------------------- */

/**
 * The connection for questions that the daemon answers by itself; for all with a daemon up to
 * v0.0.73-rc1, as such daemons serve all connections from one queue.
 */
#define KPC_LANE_LOCAL 0
/** The connection for writes, copy commands and plain messages. */
#define KPC_LANE_WRITES 1
/** The connection for reads. */
#define KPC_LANE_READS 2

/**
 * The connections for what takes the daemon long to compute: encryptions of boxes, courier
 * envelopes, vouchers. Each has one such request at the daemon at most (see
 * kpc_config_set_encryption_connections); here they are counted together.
 */
#define KPC_LANE_ENCRYPTION 3
/** How many connections there are in a kpc_stats. */
#define KPC_LANES 4

/** No verdict. */
#define KPC_HEALTH_NONE 0
/** The program has not connected the client, or has disconnected it. */
#define KPC_HEALTH_UNCONNECTED 1
/** The client has no connection with the daemon, and tries to get one. */
#define KPC_HEALTH_CONNECTING 2
/** The daemon is on the mixnet, and nothing that it owes is missing. */
#define KPC_HEALTH_HEALTHY 3
/** The daemon says that it is not on the mixnet. */
#define KPC_HEALTH_OFFLINE 4

/**
 * Something that the daemon sends at once has been missing for longer than the limit, and nothing
 * else has arrived since it was due.
 */
#define KPC_HEALTH_SILENT 5
/** The daemon has not read what was written to it for longer than the limit. */
#define KPC_HEALTH_NOT_DRAINING 6

/**
 * The daemon accepts requests, but some kind of answer has been missing for many times the limit.
 * It may have to be restarted.
 */
#define KPC_HEALTH_WEDGED 7
/** The client is closed. */
#define KPC_HEALTH_CLOSED 8

/**
 * The counters of one of a client's connections. They start at kpc_client_new and persist across
 * reconnects.
 */
typedef struct kpc_lane_stats {
    /**
     * 1 while the connection stands, else 0; it is opened when first needed. At
     * KPC_LANE_ENCRYPTION: how many of these stand.
     */
    uint64_t is_open;
    /** How often it was connected, the first time included. */
    uint64_t connects;
    /** How often the daemon still had its session then. The others started a new one. */
    uint64_t resumes;
    /** Requests sent on the connection, each sending of one; cancels too. */
    uint64_t requests;
    /** Replies to them, and replies to plain messages. */
    uint64_t answers;
    /** Requests sent again, because a connection was lost or no answer came for long. */
    uint64_t replays;
    /** Requests that are queued in the library: boxes, copy commands, messages. */
    uint64_t in_line;
    /** Requests that are at the daemon without an answer; plain messages until they have left. */
    uint64_t in_flight;
    /**
     * How many boxes and messages may be at the daemon at once. It follows the network. At
     * KPC_LANE_ENCRYPTION: how many encryptions may be, as configured.
     */
    uint64_t window;
    /**
     * How long an answer takes, smoothed, in nanoseconds: to boxes where the connection carries
     * them, else to local questions. At KPC_LANE_ENCRYPTION: how long the daemon takes for the
     * encryption of one box. 0 before the first.
     */
    uint64_t round_trip_ns;
    /** The shortest that boxes took of late, in nanoseconds. 0 before the first. */
    uint64_t shortest_round_trip_ns;
    /** 0; for later versions. */
    uint64_t reserved[5];
} kpc_lane_stats;

/**
 * What a client is doing and has done. Later versions use what is reserved and may add to the
 * end, more connections too; so its size goes with it.
 */
typedef struct kpc_stats {
    /** Operations that are not over, those behind calls that wait for the mixnet included. */
    uint64_t operations_running;
    /** Results that are kept for kpc_op_wait. */
    uint64_t results_kept;
    /** Event sinks that are open. */
    uint64_t sinks_open;
    /** Events that slow readers lost, of all sinks together. */
    uint64_t events_dropped;
    /** 0; for later versions. */
    uint64_t reserved[4];
    /**
     * Each connection, at KPC_LANE_LOCAL, KPC_LANE_WRITES, KPC_LANE_READS and
     * KPC_LANE_ENCRYPTION.
     */
    kpc_lane_stats lanes[KPC_LANES];
} kpc_stats;

/**
 * Returns the client's counters: for bug reports, and for programs that show why something takes
 * long. Asks no daemon, never waits, and holds no secrets. The numbers of one connection are taken
 * at one moment.
 *
 * @param client  the client, connected, lost or closed
 * @param stats   receives the numbers
 * @param size    sizeof *stats as the program knows it: no more is written. What the library
 *                does not know yet is 0
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE (0, more than 4096, or no multiple of 8)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_stats(const kpc_client *KPC_NONNULL client, kpc_stats *KPC_NONNULL stats,
                            size_t size, kpc_error **KPC_NULLABLE error);

/**
 * How long work will take on average: for a progress bar, or to warn a user that it is not a
 * matter of seconds. Daemons send packets at a rate that the network's document sets (LambdaP,
 * about one a second today), whatever there is to do: a box that is written with
 * KPC_WRITE_UNCHECKED is one packet (as kpc_write_box does it otherwise, two: count it twice), a
 * box that is read two, and a copied payload about one for each 1400 bytes. So a round over 1000
 * boxes that are polled takes more than half an hour, and 10 MiB by copy take more than two hours.
 * Time in the network comes on top: as it was measured on this client, or before that as the
 * document promises it.
 *
 * Each box has to be encrypted by the daemon first, each box of a copy twice. That takes some two
 * seconds of its processor on networks whose replicas have CTIDH1024-X25519, and is what holds
 * work up there: it counts as soon as the client has had something encrypted.
 *
 * The estimate is for the given work alone and done at once. What is queued already comes on top,
 * see kpc_client_stats; so does what other clients of the daemon send, what is lost and sent
 * again, and the courier's own time for performing a copy. A box that is not there yet takes
 * another read each time that it is polled. Computed here; no daemon is asked.
 *
 * @param client      the client, connected or lost
 * @param reads       how many boxes are read, or polled once each
 * @param writes      how many boxes are written, tombstones included, or plain messages sent
 * @param copy_bytes  bytes of payloads that are copied; 0 for none
 * @param ns          receives the time in nanoseconds, INT64_MAX if it is longer
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_NO_GEOMETRY (something
 *         is to be copied)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_estimate(const kpc_client *KPC_NONNULL client, uint64_t reads,
                               uint64_t writes, uint64_t copy_bytes, int64_t *KPC_NONNULL ns,
                               kpc_error **KPC_NULLABLE error);

/**
 * How the daemon is. Later versions use what is reserved and may add to the end; so its size goes
 * with it.
 */
typedef struct kpc_daemon_health {
    /** A KPC_HEALTH_ value. Later versions may add some: a program takes an unknown one for bad. */
    uint64_t verdict;
    /** For how long the verdict has held, in nanoseconds, to within a second. */
    uint64_t since_ns;
    /**
     * How long ago anything of the daemon's arrived, in nanoseconds; UINT64_MAX if nothing ever
     * has.
     */
    uint64_t heard_ns;
    /** For how long the oldest thing that is due has been due, in nanoseconds; 0 if nothing is. */
    uint64_t overdue_ns;
    /** Requests at the daemon without an answer, of all connections. */
    uint64_t waiting;
    /** Requests that are queued in the library. */
    uint64_t in_line;
    /** 0; for later versions. */
    uint64_t reserved[8];
} kpc_daemon_health;

/**
 * Returns how the daemon is, judged by what the client sees of it anyway: no packet is sent for
 * it, and no daemon is asked. For programs that show whether the daemon works, or restart it:
 * kpclientd is known to stall after its machine has slept.
 *
 * Silence alone is no fault. A daemon sends an idle client nothing but a directory document for
 * each epoch, and its status when that changes (and not even a document where its network has made
 * none). So the daemon of a client that wants nothing is KPC_HEALTH_HEALTHY, and a stalled one is
 * noticed with the next request. Counted is what a daemon owes, with the limit of
 * kpc_config_set_silence_limit, 15 s unless it is set:
 *
 * - answers to local requests, which today's daemons compute at once and one after the other; half
 *   a minute is added for each encryption in a request. Daemons up to v0.0.73-rc1 put them into
 *   their queue for the mixnet: four seconds are added for each, and nothing is due while they are
 *   off the mixnet;
 * - the first frames of a connection, which daemons from v0.0.77 on hold back for half a minute
 *   while they have no document of their network. That is added;
 * - that it reads what is written to it. Daemons stop reading a connection at the 17th request for
 *   the mixnet that waits there, and the library never sends so many.
 *
 * What is missing for longer than the limit makes it KPC_HEALTH_SILENT or KPC_HEALTH_NOT_DRAINING;
 * a local answer that is missing for four times the limit, KPC_HEALTH_WEDGED. A daemon that is on
 * the mixnet by its own account is also KPC_HEALTH_WEDGED where
 *
 * - it does not report for a minute that it has sent a message which it should have sent, by the
 *   rate in the document;
 * - for twelve times the limit and eight round trips no box is answered, though some are at the
 *   daemon; four times as long where there is only one, which may have met a courier that is gone.
 *   Copy commands do not count, and neither do reads that the daemon repeats itself. From here a
 *   network that loses everything looks the same.
 *
 * While the client's own process is stopped, nothing counts. Each change from or to one of these
 * three verdicts is published as KPC_EVENT_HEALTH, at most an eighth of the limit and no more than
 * a second late; a new sink does not begin with one. What else changes has events of its own:
 * KPC_EVENT_CONNECTION_STATUS, KPC_EVENT_DISCONNECTED, KPC_EVENT_CLOSED.
 *
 * @param client  the client, connected, lost or closed
 * @param health  receives the verdict and what it is made from
 * @param size    sizeof *health as the program knows it: no more is written. What the library
 *                does not know yet is 0
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE (0, more than 4096, or no multiple of 8)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_health(const kpc_client *KPC_NONNULL client,
                             kpc_daemon_health *KPC_NONNULL health, size_t size,
                             kpc_error **KPC_NULLABLE error);

/* ---- Events ---------------------------------------------------------------------------------- */

/** No event: what kpc_event_kind returns for what is no live kpc_event. */
#define KPC_EVENT_NONE 0

/**
 * The daemon's connection with the mixnet has changed: kpc_event_is_connected,
 * kpc_event_instance_token, kpc_event_err_cbor.
 */
#define KPC_EVENT_CONNECTION_STATUS 1
/** A new directory document: kpc_event_pki_document, kpc_event_payload (its CBOR). */
#define KPC_EVENT_PKI_DOCUMENT 2

/**
 * A plain message was sent, or could not be: kpc_event_message_id, kpc_event_surb_id,
 * kpc_event_sent_at_unix, kpc_event_reply_eta_ns, kpc_event_error.
 */
#define KPC_EVENT_MESSAGE_SENT 3

/**
 * A plain message was answered: kpc_event_message_id, kpc_event_surb_id, kpc_event_payload,
 * kpc_event_reply_index, kpc_event_error.
 */
#define KPC_EVENT_MESSAGE_REPLY 4

/**
 * The connection with the daemon was lost, or closed by the program: kpc_event_is_graceful,
 * kpc_event_error (the reason).
 */
#define KPC_EVENT_DISCONNECTED 5
/** The daemon announced that it stops. */
#define KPC_EVENT_SHUTDOWN 6
/** The daemon reports nothing more of a message: kpc_event_message_id. */
#define KPC_EVENT_MESSAGE_ID_COLLECTED 7

/**
 * Older protocol, a channel query was sent, or could not be: kpc_event_message_id,
 * kpc_event_sent_at_unix, kpc_event_reply_eta_ns, kpc_event_error.
 */
#define KPC_EVENT_CHANNEL_QUERY_SENT 8

/**
 * Older protocol, a channel query was answered: kpc_event_message_id, kpc_event_payload,
 * kpc_event_reply_index, kpc_event_error.
 */
#define KPC_EVENT_CHANNEL_QUERY_REPLY 9
/** Reconnected to the same daemon process. */
#define KPC_EVENT_RESUMED 10
/** Reconnected to another daemon process. */
#define KPC_EVENT_RESTARTED 11
/** An operation completed: kpc_event_result. */
#define KPC_EVENT_OPERATION 12
/** The reader was too slow: kpc_event_lost_count events were dropped. */
#define KPC_EVENT_OVERFLOW 13
/** The client was closed; nothing follows. */
#define KPC_EVENT_CLOSED 14

/**
 * Progress of a copy stream: kpc_event_stream, kpc_event_boxes_written, kpc_event_boxes_needed,
 * kpc_event_is_copying.
 */
#define KPC_EVENT_COPY_PROGRESS 15

/**
 * The courier that performs a copy command is in no new directory document, so it may never
 * answer: kpc_event_stream, kpc_event_courier.
 */
#define KPC_EVENT_COURIER_VANISHED 16

/**
 * Messages of a writer are on the mixnet, up to a number: kpc_event_channel_name,
 * kpc_event_message_number.
 */
#define KPC_EVENT_STORED 17
/** A reader has a new message: kpc_event_channel_name, kpc_event_message_number. */
#define KPC_EVENT_RECEIVED 18

/**
 * A writer or reader has failed and tries again: kpc_event_channel_name, kpc_event_is_writer,
 * kpc_event_error.
 */
#define KPC_EVENT_CHANNEL_RETRYING 19
/** A writer found a box that holds something else: kpc_event_channel_name, kpc_event_error. */
#define KPC_EVENT_CHANNEL_CONFLICT 20
/** A reader cannot open the next box: kpc_event_channel_name, kpc_event_error. */
#define KPC_EVENT_CHANNEL_STUCK 21

/**
 * More of a file is on the mixnet, or was received: kpc_event_channel_name, kpc_event_is_writer,
 * kpc_event_file_done, kpc_event_file_size.
 */
#define KPC_EVENT_FILE_PROGRESS 22

/**
 * The verdict on the daemon became KPC_HEALTH_SILENT, KPC_HEALTH_NOT_DRAINING or
 * KPC_HEALTH_WEDGED, or is so no longer: kpc_event_health. Other changes of the verdict have
 * events of their own.
 */
#define KPC_EVENT_HEALTH 23

/** Receives an event, which is lent until the function returns. */
typedef void (*kpc_event_fn)(const kpc_event *event, void *user_data);

/**
 * Opens an event sink. Each event taken from it is one call of kpc_event_sink_next, or of
 * the function given to kpc_event_sink_on_event.
 *
 * @param client    the client, connected or not
 * @param capacity  how many events wait at most before the oldest is dropped; 0 counts as 1
 * @param sink      receives the sink
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_CLOSED
 *
 * Ownership: *sink is the caller's, kpc_event_sink_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_sink_open(kpc_client *KPC_NONNULL client, size_t capacity,
                               kpc_event_sink **KPC_NONNULL sink, kpc_error **KPC_NULLABLE error);

/**
 * Takes the next event.
 *
 * @param sink        the sink
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param event       receives the event
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK; KPC_ERR_TIMEOUT when none came in time; KPC_ERR_CLOSED when none will come,
 *         after KPC_EVENT_CLOSED was taken; KPC_ERR_BUSY when the sink has a callback;
 *         any argument error, KPC_ERR_WOULD_DEADLOCK (it would wait, in a callback of the same
 *         client)
 *
 * Ownership: *event is the caller's, kpc_event_free.
 * Threads: any; of several that wait, each event wakes one.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_sink_next(kpc_event_sink *KPC_NONNULL sink, int32_t timeout_ms,
                               kpc_event **KPC_NONNULL event, kpc_error **KPC_NULLABLE error);

/**
 * A file descriptor for poll, epoll, kqueue and the loops built on them: readable while
 * kpc_event_sink_next with KPC_NO_WAIT would return an event, and for good once that returns
 * KPC_ERR_CLOSED: a loop then stops polling it. Only to be polled, never read or closed.
 *
 * @param sink  the sink
 * @return the descriptor, which belongs to the sink; -1 for what is no live kpc_event_sink,
 *         or when the process has no descriptor left
 */
KPC_API int kpc_event_sink_fd(const kpc_event_sink *KPC_NONNULL sink);

/**
 * Hands every event of a sink, those that wait and those to come, to a function, on the client's
 * callback thread. From then on kpc_event_sink_next returns KPC_ERR_BUSY.
 *
 * @param sink       the sink
 * @param fn         receives the events
 * @param user_data  passed to fn and drop; may be NULL
 * @param drop       called once with user_data, after the last event, also when this call
 *                   fails; may be NULL
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_CLOSED, KPC_ERR_BUSY (the sink has a callback
 *         already)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_sink_on_event(kpc_event_sink *KPC_NONNULL sink, kpc_event_fn KPC_NONNULL fn,
                                   void *KPC_NULLABLE user_data, kpc_drop_fn KPC_NULLABLE drop,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Frees a sink: it delivers nothing more, and a thread that waits in kpc_event_sink_next returns
 * KPC_ERR_CLOSED. Does not wait for a callback that is running.
 *
 * @param sink  the sink; NULL is fine
 *
 * Threads: any, callbacks included.
 */
KPC_API void kpc_event_sink_free(kpc_event_sink *KPC_NULLABLE sink);

/**
 * Frees an event of kpc_event_sink_next. One that was lent to a callback is not the program's to
 * free.
 *
 * @param event  the event; NULL is fine
 */
KPC_API void kpc_event_free(kpc_event *KPC_NULLABLE event);

/**
 * What happened.
 *
 * @param event  the event
 * @return KPC_EVENT_...; KPC_EVENT_NONE for what is no live kpc_event. Later versions add
 *         kinds: leave unknown ones alone
 */
KPC_API int32_t kpc_event_kind(const kpc_event *KPC_NONNULL event);

/**
 * Whether the daemon is on the mixnet, for KPC_EVENT_CONNECTION_STATUS.
 *
 * @param event  the event
 * @return true or false; false for any other event
 */
KPC_API bool kpc_event_is_connected(const kpc_event *KPC_NONNULL event);

/**
 * Whether the daemon was left on purpose or said that it stops, for KPC_EVENT_DISCONNECTED.
 *
 * @param event  the event
 * @return true or false; false for any other event
 */
KPC_API bool kpc_event_is_graceful(const kpc_event *KPC_NONNULL event);

/**
 * The token that names the daemon process, for KPC_EVENT_CONNECTION_STATUS.
 *
 * @param event  the event
 * @param token  receives the token
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_instance_token(const kpc_event *KPC_NONNULL event, kpc_id *KPC_NONNULL token,
                                    kpc_error **KPC_NULLABLE error);

/**
 * What the daemon itself sent as `err` with KPC_EVENT_CONNECTION_STATUS: one item of CBOR, of
 * whatever shape. Today's daemons send none.
 *
 * @param event  the event
 * @param cbor   receives the bytes
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 *
 * Ownership: *cbor is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_err_cbor(const kpc_event *KPC_NONNULL event, kpc_buffer **KPC_NONNULL cbor,
                              kpc_error **KPC_NULLABLE error);

/**
 * The id of the message that an event is about.
 *
 * @param event  the event
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_message_id(const kpc_event *KPC_NONNULL event, kpc_id *KPC_NONNULL id,
                                kpc_error **KPC_NULLABLE error);

/**
 * The id of the reply block that an event is about, for KPC_EVENT_MESSAGE_SENT and
 * KPC_EVENT_MESSAGE_REPLY.
 *
 * @param event  the event
 * @param id     receives the id
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_surb_id(const kpc_event *KPC_NONNULL event, kpc_id *KPC_NONNULL id,
                             kpc_error **KPC_NULLABLE error);

/**
 * When a message was sent.
 *
 * @param event  the event
 * @return Unix seconds; 0 if it was not sent, or for an event of another kind
 */
KPC_API int64_t kpc_event_sent_at_unix(const kpc_event *KPC_NONNULL event);

/**
 * How long the round trip of a message is expected to take, counted from its sending.
 *
 * @param event  the event
 * @return nanoseconds; 0 if it was not sent, or for an event of another kind
 */
KPC_API int64_t kpc_event_reply_eta_ns(const kpc_event *KPC_NONNULL event);

/**
 * What a reply carries, or the CBOR of a document. The network pads replies to plain
 * messages with zeros.
 *
 * @param event    the event
 * @param payload  receives the bytes, possibly none
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 *
 * Ownership: *payload is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_payload(const kpc_event *KPC_NONNULL event, kpc_buffer **KPC_NONNULL payload,
                             kpc_error **KPC_NULLABLE error);

/**
 * Which of the two replicas of a box answered (daemons up to v0.0.72).
 *
 * @param event  the event
 * @return 0 or 1; -1 if the event does not say
 */
KPC_API int32_t kpc_event_reply_index(const kpc_event *KPC_NONNULL event);

/**
 * What went wrong, for the events that can report a failure.
 *
 * @param event  the event
 * @return the error; NULL if nothing went wrong, for what is no live kpc_event, or without
 *         memory
 *
 * Ownership: the error is the caller's, kpc_error_free.
 */
KPC_API KPC_MUST_USE kpc_error *kpc_event_error(const kpc_event *KPC_NONNULL event);

/**
 * The document of KPC_EVENT_PKI_DOCUMENT.
 *
 * @param event     the event
 * @param document  receives the document
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 *
 * Ownership: *document is the caller's, kpc_pki_document_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_pki_document(const kpc_event *KPC_NONNULL event,
                                  kpc_pki_document **KPC_NONNULL document,
                                  kpc_error **KPC_NULLABLE error);

/**
 * The result of KPC_EVENT_OPERATION, for the _result function of the call that started it.
 *
 * @param event   the event
 * @param result  receives the result
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 *
 * Ownership: *result is the caller's, kpc_result_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_result(const kpc_event *KPC_NONNULL event, kpc_result **KPC_NONNULL result,
                            kpc_error **KPC_NULLABLE error);

/**
 * How many events were dropped, for KPC_EVENT_OVERFLOW.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_lost_count(const kpc_event *KPC_NONNULL event);

/**
 * How the daemon is, for KPC_EVENT_HEALTH.
 *
 * @param event  the event
 * @return a KPC_HEALTH_ value; KPC_HEALTH_NONE for any other event
 */
KPC_API int32_t kpc_event_health(const kpc_event *KPC_NONNULL event);

/**
 * An event as one line for people, of whatever kind it is: ids, hashes, numbers and errors,
 * but no payload and no secret. The wording may change.
 *
 * @param event  the event
 * @param text   receives the text, UTF-8 and followed by a NUL
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *text is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_describe(const kpc_event *KPC_NONNULL event, kpc_buffer **KPC_NONNULL text,
                              kpc_error **KPC_NULLABLE error);

/**
 * Which copy stream KPC_EVENT_COPY_PROGRESS and KPC_EVENT_COURIER_VANISHED are about:
 * kpc_write_cap_hash of its capability, which kpc_cancel_resending_copy_command takes too.
 *
 * @param event   the event
 * @param stream  receives the hash
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_stream(const kpc_event *KPC_NONNULL event, kpc_hash *KPC_NONNULL stream,
                            kpc_error **KPC_NULLABLE error);

/**
 * Hash of the identity key of the courier that KPC_EVENT_COURIER_VANISHED is about.
 *
 * @param event    the event
 * @param courier  receives the hash
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_courier(const kpc_event *KPC_NONNULL event, kpc_hash *KPC_NONNULL courier,
                             kpc_error **KPC_NULLABLE error);

/**
 * How many boxes of its temporary stream are written, for KPC_EVENT_COPY_PROGRESS.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_boxes_written(const kpc_event *KPC_NONNULL event);

/**
 * How many boxes its temporary stream has, as far as is known, for KPC_EVENT_COPY_PROGRESS.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_boxes_needed(const kpc_event *KPC_NONNULL event);

/**
 * Whether everything is written and the courier is waited for, for KPC_EVENT_COPY_PROGRESS.
 *
 * @param event  the event
 * @return true or false; false for any other event
 */
KPC_API bool kpc_event_is_copying(const kpc_event *KPC_NONNULL event);

/**
 * The channel of a store that an event is about, for KPC_EVENT_STORED, KPC_EVENT_RECEIVED,
 * KPC_EVENT_FILE_PROGRESS and KPC_EVENT_CHANNEL_... Which store, where the client has several, the
 * program's names have to tell.
 *
 * @param event  the event
 * @param name   receives the text, UTF-8 and followed by a NUL
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_event_channel_name(const kpc_event *KPC_NONNULL event, kpc_buffer **KPC_NONNULL name,
                                  kpc_error **KPC_NULLABLE error);

/**
 * Whether an event is about the writer of its name, not the reader: names of writers and of
 * readers are independent.
 *
 * @param event  the event
 * @return true or false; false for an event of another kind
 */
KPC_API bool kpc_event_is_writer(const kpc_event *KPC_NONNULL event);

/**
 * The number of a message, for KPC_EVENT_STORED (of the last one that is on the mixnet) and
 * KPC_EVENT_RECEIVED.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_message_number(const kpc_event *KPC_NONNULL event);

/**
 * How many bytes of a file are on the mixnet, or were received, for KPC_EVENT_FILE_PROGRESS.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_file_done(const kpc_event *KPC_NONNULL event);

/**
 * How many bytes the whole file has, for KPC_EVENT_FILE_PROGRESS.
 *
 * @param event  the event
 * @return the number; 0 for any other event
 */
KPC_API uint64_t kpc_event_file_size(const kpc_event *KPC_NONNULL event);

/* ---- Directory documents and services -------------------------------------------------------- */

/**
 * The current directory document, as the daemon last published it. Sends no request.
 *
 * @param client    the client
 * @param document  receives the document
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT
 *
 * Ownership: *document is the caller's, kpc_pki_document_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_pki_document(const kpc_client *KPC_NONNULL client,
                                   kpc_pki_document **KPC_NONNULL document,
                                   kpc_error **KPC_NULLABLE error);

/**
 * The directory document of an epoch, if it is among the last five received; the current one
 * otherwise: kpc_pki_document_epoch returns which. Sends no request.
 *
 * @param client    the client
 * @param epoch     the epoch
 * @param document  receives the document
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT
 *
 * Ownership: *document is the caller's, kpc_pki_document_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_pki_document_for_epoch(const kpc_client *KPC_NONNULL client, uint64_t epoch,
                                             kpc_pki_document **KPC_NONNULL document,
                                             kpc_error **KPC_NULLABLE error);

/**
 * The epoch that a document is for.
 *
 * @param document  the document
 * @return the epoch; 0 for what is no live kpc_pki_document
 */
KPC_API uint64_t kpc_pki_document_epoch(const kpc_pki_document *KPC_NONNULL document);

/**
 * How many packets a client of the network sends per millisecond on average (LambdaP of the
 * document); 0.001 means one a second.
 *
 * @param document  the document
 * @return the rate; 0 for what is no live kpc_pki_document
 */
KPC_API double kpc_pki_document_lambda_p(const kpc_pki_document *KPC_NONNULL document);

/**
 * A document as CBOR, without the signatures.
 *
 * @param document  the document
 * @param cbor      receives the bytes
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *cbor is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_pki_document_cbor(const kpc_pki_document *KPC_NONNULL document,
                                 kpc_buffer **KPC_NONNULL cbor, kpc_error **KPC_NULLABLE error);

/**
 * A document as readable JSON: the descriptors inside it are decoded, bytes are hexadecimal. If
 * that is more than five times as long as the document, the whole document is hexadecimal.
 *
 * @param document  the document
 * @param text      receives the text, UTF-8 and followed by a NUL
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *text is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_pki_document_to_json(const kpc_pki_document *KPC_NONNULL document,
                                    kpc_buffer **KPC_NONNULL text, kpc_error **KPC_NULLABLE error);

/**
 * Whether a document names a node, for instance the courier of an operation that is running: one
 * that has vanished will not answer.
 *
 * @param document  the document
 * @param node      hash of the node's identity key
 * @return true or false; false for what is no live kpc_pki_document, or for NULL
 */
KPC_API
bool kpc_pki_document_has_identity(const kpc_pki_document *KPC_NONNULL document,
                                   const kpc_hash *KPC_NONNULL node);

/**
 * All instances of a service in a document. An empty list is a success.
 *
 * @param document    the document
 * @param capability  name of the service, such as "echo"
 * @param services    receives the list
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *services is the caller's, kpc_services_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_pki_document_find_services(const kpc_pki_document *KPC_NONNULL document,
                                          const char *KPC_NONNULL capability,
                                          kpc_services **KPC_NONNULL services,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Frees a document.
 *
 * @param document  the document; NULL is fine
 */
KPC_API void kpc_pki_document_free(kpc_pki_document *KPC_NULLABLE document);

/**
 * All instances of a service in the current document.
 *
 * @param client      the client
 * @param capability  name of the service, such as "echo"
 * @param services    receives the list, which is not empty
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND
 *
 * Ownership: *services is the caller's, kpc_services_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_get_services(const kpc_client *KPC_NONNULL client,
                                   const char *KPC_NONNULL capability,
                                   kpc_services **KPC_NONNULL services,
                                   kpc_error **KPC_NULLABLE error);

/**
 * One instance of a service in the current document, chosen at random each time, each as
 * likely as any other.
 *
 * @param client      the client
 * @param capability  name of the service, such as "echo"
 * @param service     receives where to send
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_get_service(const kpc_client *KPC_NONNULL client,
                                  const char *KPC_NONNULL capability,
                                  kpc_service *KPC_NONNULL service, kpc_error **KPC_NULLABLE error);

/**
 * How many instances a list has.
 *
 * @param services  the list
 * @return the number; 0 for what is no live kpc_services
 */
KPC_API size_t kpc_services_count(const kpc_services *KPC_NONNULL services);

/**
 * Where to send to one instance of a list.
 *
 * @param services  the list
 * @param position  which one, from 0
 * @param service   receives where to send
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_services_at(const kpc_services *KPC_NONNULL services, size_t position,
                           kpc_service *KPC_NONNULL service, kpc_error **KPC_NULLABLE error);

/**
 * The name of the node of one instance of a list, for people.
 *
 * @param services  the list
 * @param position  which one, from 0
 * @param name      receives the text, UTF-8 and followed by a NUL
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_services_name_at(const kpc_services *KPC_NONNULL services, size_t position,
                                kpc_buffer **KPC_NONNULL name, kpc_error **KPC_NULLABLE error);

/**
 * Frees a list of services.
 *
 * @param services  the list; NULL is fine
 */
KPC_API void kpc_services_free(kpc_services *KPC_NULLABLE services);

/**
 * The geometry of the network's packets, from the daemon, or from the configuration where the
 * daemon does not publish it (before v0.0.76).
 *
 * @param client    the client
 * @param geometry  receives the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_sphinx_geometry(const kpc_client *KPC_NONNULL client,
                                      kpc_sphinx_geometry *KPC_NONNULL geometry,
                                      kpc_error **KPC_NULLABLE error);

/**
 * The geometry of the network's boxes, from the daemon, or from the configuration where the daemon
 * does not publish it (before v0.0.76).
 *
 * @param client    the client
 * @param geometry  receives the geometry
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_pigeonhole_geometry(const kpc_client *KPC_NONNULL client,
                                          kpc_pigeonhole_geometry *KPC_NONNULL geometry,
                                          kpc_error **KPC_NULLABLE error);

/* ---- Plain messages -------------------------------------------------------------------------- */

/**
 * Sends a plain message with a reply block. Returns once the message is queued;
 * KPC_EVENT_MESSAGE_SENT and KPC_EVENT_MESSAGE_REPLY report the outcome, which carry surb_id. It
 * is never sent twice: when the connection is lost first, KPC_EVENT_MESSAGE_SENT reports
 * KPC_ERR_CONNECTION_LOST, and the message may or may not have left.
 *
 * @param client       the client
 * @param surb_id      names the reply; of kpc_new_surb_id, never used before
 * @param service      where it goes
 * @param payload      what to send; may be NULL if payload_len is 0
 * @param payload_len  how many bytes, at most UserForwardPayloadLength of
 *                     kpc_client_sphinx_geometry
 * @param message_id   receives the id that its events carry; may be NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
 *         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
 *         KPC_ERR_OFFLINE (the daemon is not on the mixnet)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_message(kpc_client *KPC_NONNULL client, const kpc_id *KPC_NONNULL surb_id,
                            const kpc_service *KPC_NONNULL service,
                            const uint8_t *KPC_NULLABLE payload, size_t payload_len,
                            kpc_id *KPC_NULLABLE message_id, kpc_error **KPC_NULLABLE error);

/**
 * Sends a plain message to which no reply can come. Returns once the message is queued; its
 * outcome is never reported, not even a failure. kpc_client_flush before kpc_client_close gives it
 * time to leave.
 *
 * @param client       the client
 * @param service      where it goes
 * @param payload      what to send; may be NULL if payload_len is 0
 * @param payload_len  how many bytes, at most UserForwardPayloadLength of
 *                     kpc_client_sphinx_geometry
 * @param message_id   receives the id that its events carry; may be NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
 *         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
 *         KPC_ERR_OFFLINE (the daemon is not on the mixnet)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_message_without_reply(kpc_client *KPC_NONNULL client,
                                          const kpc_service *KPC_NONNULL service,
                                          const uint8_t *KPC_NULLABLE payload, size_t payload_len,
                                          kpc_id *KPC_NULLABLE message_id,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Sends a plain message and waits for its reply. Nothing is retransmitted: after a lost packet the
 * call fails with KPC_ERR_TIMEOUT when the reply block expires. A reply that comes after the
 * caller has given up is reported by KPC_EVENT_MESSAGE_REPLY.
 *
 * @param client       the client
 * @param service      where it goes
 * @param payload      what to send; may be NULL if payload_len is 0
 * @param payload_len  how many bytes, at most UserForwardPayloadLength of
 *                     kpc_client_sphinx_geometry
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param reply        receives what the service sent, padded by the network with zeros to
 *                     ForwardPayloadLength
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_ARG_SIZE (a queue id of impossible length),
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_OFFLINE (the daemon is not
 *         on the mixnet), KPC_ERR_MESSAGE_SEND_FAILED (the text says why, for instance that
 *         there is no such service), KPC_ERR_CONNECTION_LOST (it may or may not have left),
 *         KPC_ERR_DAEMON_INTERNAL
 *
 * Ownership: *reply is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_message_await_reply(kpc_client *KPC_NONNULL client,
                                        const kpc_service *KPC_NONNULL service,
                                        const uint8_t *KPC_NULLABLE payload, size_t payload_len,
                                        int32_t timeout_ms, kpc_buffer **KPC_NONNULL reply,
                                        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_message_await_reply_async(kpc_client *KPC_NONNULL client,
                                              const kpc_service *KPC_NONNULL service,
                                              const uint8_t *KPC_NULLABLE payload,
                                              size_t payload_len, int32_t timeout_ms,
                                              const kpc_completion *KPC_NULLABLE done,
                                              kpc_op *KPC_NULLABLE op,
                                              kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_message_await_reply_result(const kpc_result *KPC_NONNULL result,
                                               kpc_buffer **KPC_NONNULL reply,
                                               kpc_error **KPC_NULLABLE error);

/**
 * Sends a message until its reply comes. Returns once the message is queued.
 * KPC_EVENT_MESSAGE_SENT reports each sending; one KPC_EVENT_MESSAGE_REPLY reports the outcome,
 * with message_id and, when the retries are used up, KPC_ERR_DAEMON_MAX_RETRIES.
 *
 * The library sends the message again, up to three times, when no reply came in the time that the
 * network needs, or the connection was lost; each time with a reply block of its own. The service
 * may receive the message up to four times: use this only where that does no harm. Once the
 * message has its outcome, nothing more is sent.
 *
 * @param client       the client
 * @param message_id   names the message in its events; of kpc_new_message_id
 * @param service      where it goes
 * @param payload      what to send; may be NULL if payload_len is 0
 * @param payload_len  how many bytes, at most UserForwardPayloadLength of
 *                     kpc_client_sphinx_geometry
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
 *         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
 *         KPC_ERR_OFFLINE (the daemon is not on the mixnet), KPC_ERR_BUSY (a reliable message
 *         with this id is on its way)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_reliable_message(kpc_client *KPC_NONNULL client,
                                     const kpc_id *KPC_NONNULL message_id,
                                     const kpc_service *KPC_NONNULL service,
                                     const uint8_t *KPC_NULLABLE payload, size_t payload_len,
                                     kpc_error **KPC_NULLABLE error);

/**
 * As kpc_send_reliable_message, and waits for the reply.
 *
 * @param client       the client
 * @param message_id   names the message in its events; NULL: one is generated
 * @param service      where it goes
 * @param payload      what to send; may be NULL if payload_len is 0
 * @param payload_len  how many bytes, at most UserForwardPayloadLength of
 *                     kpc_client_sphinx_geometry
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param reply        receives what the service sent, padded by the network with zeros to
 *                     ForwardPayloadLength
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_ARG_SIZE (a queue id of impossible length),
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_OFFLINE (the daemon is not
 *         on the mixnet), KPC_ERR_BUSY (a reliable message with this id is on its way),
 *         KPC_ERR_DAEMON_MAX_RETRIES (sent several times, and no reply),
 *         KPC_ERR_MESSAGE_SEND_FAILED (the text says why, for instance that there is no such
 *         service), KPC_ERR_DAEMON_INTERNAL
 *
 * Ownership: *reply is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_reliable_message_await_reply(kpc_client *KPC_NONNULL client,
                                                 const kpc_id *KPC_NULLABLE message_id,
                                                 const kpc_service *KPC_NONNULL service,
                                                 const uint8_t *KPC_NULLABLE payload,
                                                 size_t payload_len, int32_t timeout_ms,
                                                 kpc_buffer **KPC_NONNULL reply,
                                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_reliable_message_await_reply_async(kpc_client *KPC_NONNULL client,
                                                       const kpc_id *KPC_NULLABLE message_id,
                                                       const kpc_service *KPC_NONNULL service,
                                                       const uint8_t *KPC_NULLABLE payload,
                                                       size_t payload_len, int32_t timeout_ms,
                                                       const kpc_completion *KPC_NULLABLE done,
                                                       kpc_op *KPC_NULLABLE op,
                                                       kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_reliable_message_await_reply_result(const kpc_result *KPC_NONNULL result,
                                                        kpc_buffer **KPC_NONNULL reply,
                                                        kpc_error **KPC_NULLABLE error);

/**
 * Waits for the next reply to a plain message that this function has not reported yet, including
 * one that arrived before the call. KPC_EVENT_MESSAGE_REPLY carries the reply; replies for which
 * kpc_send_message_await_reply waits do not count.
 *
 * @param client      the client
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_await_message_reply(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_await_message_reply_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_await_message_reply_result(const kpc_result *KPC_NONNULL result,
                                          kpc_error **KPC_NULLABLE error);

/* ---- Boxes ----------------------------------------------------------------------------------- */

/**
 * kpc_write_box does not check what the box holds: it also succeeds where the box keeps other
 * content. For boxes that nobody else can have written, such as those of a temporary stream.
 */
#define KPC_WRITE_UNCHECKED 4

/**
 * Writes one box: encrypts, resends until it is answered, and returns the index of the next.
 * Survives lost connections and restarts of the daemon; advance only after success. An empty
 * plaintext is a tombstone.
 *
 * Boxes are write-once. If the box holds the same content the call succeeds; if it holds other
 * content the call fails with KPC_ERR_BOX_ALREADY_EXISTS. Only a tombstone replaces what a box
 * holds. Where what it holds may be this very write (after a lost connection, and with daemons
 * before v0.0.74 always) the box is read back first; if that fails, the error's text says so.
 * KPC_WRITE_UNCHECKED omits all of that and saves a round trip: one packet in place of two.
 *
 * @param client         the client
 * @param write_cap      the capability
 * @param index          which box
 * @param plaintext      what to write; may be NULL if plaintext_len is 0
 * @param plaintext_len  how many bytes, at most MaxPlaintextPayloadLength of
 *                       kpc_client_pigeonhole_geometry
 * @param flags          0 or KPC_WRITE_UNCHECKED
 * @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next           receives the index of the box after it; may be the same variable as
 *                       index, which then keeps its value on failure
 * @param error          receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
 *         KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_box(kpc_client *KPC_NONNULL client, const kpc_write_cap *KPC_NONNULL write_cap,
                         const kpc_box_index *KPC_NONNULL index,
                         const uint8_t *KPC_NULLABLE plaintext, size_t plaintext_len,
                         uint32_t flags, int32_t timeout_ms, kpc_box_index *KPC_NONNULL next,
                         kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_write_box_async(kpc_client *KPC_NONNULL client,
                               const kpc_write_cap *KPC_NONNULL write_cap,
                               const kpc_box_index *KPC_NONNULL index,
                               const uint8_t *KPC_NULLABLE plaintext, size_t plaintext_len,
                               uint32_t flags, int32_t timeout_ms,
                               const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                               kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_write_box_result(const kpc_result *KPC_NONNULL result,
                                kpc_box_index *KPC_NONNULL next, kpc_error **KPC_NULLABLE error);

/**
 * Reads one box, waiting until it is written unless the flags say otherwise, and returns the index
 * of the next. Survives lost connections and restarts of the daemon.
 *
 * @param client      the client
 * @param read_cap    the capability
 * @param index       which box
 * @param flags       0 or KPC_START_NO_RETRY
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param plaintext   receives what the box holds
 * @param next        receives the index of the box after it; may be the same variable as
 *                    index, which then keeps its value on failure
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_TOMBSTONE
 *
 * Ownership: *plaintext is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_read_box(kpc_client *KPC_NONNULL client, const kpc_read_cap *KPC_NONNULL read_cap,
                        const kpc_box_index *KPC_NONNULL index, uint32_t flags, int32_t timeout_ms,
                        kpc_buffer **KPC_NONNULL plaintext, kpc_box_index *KPC_NONNULL next,
                        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_read_box_async(kpc_client *KPC_NONNULL client,
                              const kpc_read_cap *KPC_NONNULL read_cap,
                              const kpc_box_index *KPC_NONNULL index, uint32_t flags,
                              int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                              kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_read_box_result(const kpc_result *KPC_NONNULL result,
                               kpc_buffer **KPC_NONNULL plaintext, kpc_box_index *KPC_NONNULL next,
                               kpc_error **KPC_NULLABLE error);

/**
 * Deletes one box by writing a tombstone over it, and returns the index of the next. The only
 * change that a written box allows; may be repeated.
 *
 * @param client      the client
 * @param write_cap   the capability
 * @param index       which box
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next        receives the index of the box after it; may be the same variable as
 *                    index, which then keeps its value on failure
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_TOMBSTONE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_box(kpc_client *KPC_NONNULL client,
                             const kpc_write_cap *KPC_NONNULL write_cap,
                             const kpc_box_index *KPC_NONNULL index, int32_t timeout_ms,
                             kpc_box_index *KPC_NONNULL next, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_box_async(kpc_client *KPC_NONNULL client,
                                   const kpc_write_cap *KPC_NONNULL write_cap,
                                   const kpc_box_index *KPC_NONNULL index, int32_t timeout_ms,
                                   const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_box_result(const kpc_result *KPC_NONNULL result,
                                    kpc_box_index *KPC_NONNULL next,
                                    kpc_error **KPC_NULLABLE error);

/* ---- Boxes, step by step --------------------------------------------------------------------- */

/**
 * A read of a box that is not there ends with KPC_ERR_BOX_ID_NOT_FOUND, instead of waiting
 * until it is written.
 */
#define KPC_START_NO_RETRY 1

/**
 * A write of a box that is there already, with other content, ends with
 * KPC_ERR_BOX_ALREADY_EXISTS, instead of a success that hides that nothing was written. Takes
 * one more round trip.
 *
 * Networks before v0.0.74 say the same of a box with the same content, and so, now and then, of
 * the first write of a box, which reaches them more than once. kpc_write_box looks into the box
 * then. kpc_start_resending_encrypted_message cannot, as it does not know the content: there, read
 * the box to make sure.
 */
#define KPC_START_RETURN_BOX_EXISTS 2

/**
 * Prepares the read of a box. The daemon computes it; nothing is sent. The envelope is made
 * for the replicas of the current epoch and is good for about a week. It takes the daemon about
 * two seconds of one core on networks with CTIDH1024-X25519, some milliseconds on those with
 * x25519, and goes before the encryptions of pending reads: kpc_config_set_encryption_connections.
 *
 * @param client      the client
 * @param read_cap    the capability
 * @param index       which box
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param envelope    receives the envelope
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_NO_PKI_DOCUMENT
 *
 * Ownership: *envelope is the caller's, kpc_envelope_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_read(kpc_client *KPC_NONNULL client,
                            const kpc_read_cap *KPC_NONNULL read_cap,
                            const kpc_box_index *KPC_NONNULL index, int32_t timeout_ms,
                            kpc_envelope **KPC_NONNULL envelope, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_read_async(kpc_client *KPC_NONNULL client,
                                  const kpc_read_cap *KPC_NONNULL read_cap,
                                  const kpc_box_index *KPC_NONNULL index, int32_t timeout_ms,
                                  const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_read_result(const kpc_result *KPC_NONNULL result,
                                   kpc_envelope **KPC_NONNULL envelope,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Prepares the write of a box. The daemon computes it; nothing is sent. Each call makes
 * another envelope for the same box; to send a write again, send the same envelope again. An
 * empty plaintext makes a tombstone, which deletes the box.
 *
 * @param client         the client
 * @param write_cap      the capability
 * @param index          which box
 * @param plaintext      what to write; may be NULL if plaintext_len is 0
 * @param plaintext_len  how many bytes, at most MaxPlaintextPayloadLength of
 *                       kpc_client_pigeonhole_geometry
 * @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param envelope       receives the envelope
 * @param error          receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT
 *
 * Ownership: *envelope is the caller's, kpc_envelope_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_write(kpc_client *KPC_NONNULL client,
                             const kpc_write_cap *KPC_NONNULL write_cap,
                             const kpc_box_index *KPC_NONNULL index,
                             const uint8_t *KPC_NULLABLE plaintext, size_t plaintext_len,
                             int32_t timeout_ms, kpc_envelope **KPC_NONNULL envelope,
                             kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_write_async(kpc_client *KPC_NONNULL client,
                                   const kpc_write_cap *KPC_NONNULL write_cap,
                                   const kpc_box_index *KPC_NONNULL index,
                                   const uint8_t *KPC_NULLABLE plaintext, size_t plaintext_len,
                                   int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                   kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_encrypt_write_result(const kpc_result *KPC_NONNULL result,
                                    kpc_envelope **KPC_NONNULL envelope,
                                    kpc_error **KPC_NULLABLE error);

/**
 * The hash that names an envelope, for instance to cancel its sending.
 *
 * @param envelope  the envelope
 * @param hash      receives the hash
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_hash(const kpc_envelope *KPC_NONNULL envelope, kpc_hash *KPC_NONNULL hash,
                             kpc_error **KPC_NULLABLE error);

/**
 * The index of the box after the one that an envelope was made for.
 *
 * @param envelope  the envelope
 * @param next      receives the index
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (it was made of parts without that
 *         index)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_next_index(const kpc_envelope *KPC_NONNULL envelope,
                                   kpc_box_index *KPC_NONNULL next, kpc_error **KPC_NULLABLE error);

/**
 * What travels to the courier.
 *
 * @param envelope    the envelope
 * @param ciphertext  receives the bytes
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *ciphertext is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_ciphertext(const kpc_envelope *KPC_NONNULL envelope,
                                   kpc_buffer **KPC_NONNULL ciphertext,
                                   kpc_error **KPC_NULLABLE error);

/**
 * What opens the answer. A secret.
 *
 * @param envelope    the envelope
 * @param descriptor  receives the bytes
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *descriptor is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_descriptor(const kpc_envelope *KPC_NONNULL envelope,
                                   kpc_buffer **KPC_NONNULL descriptor,
                                   kpc_error **KPC_NULLABLE error);

/**
 * An envelope in one piece, to be stored, for kpc_envelope_from_bytes. As secret as the box that
 * it is for.
 *
 * @param envelope  the envelope
 * @param bytes     receives the bytes
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_to_bytes(const kpc_envelope *KPC_NONNULL envelope,
                                 kpc_buffer **KPC_NONNULL bytes, kpc_error **KPC_NULLABLE error);

/**
 * Makes an envelope from the bytes of kpc_envelope_to_bytes.
 *
 * @param bytes     the bytes
 * @param len       how many bytes
 * @param envelope  receives the envelope
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are no envelope, or
 *         were cut off or damaged)
 *
 * Ownership: *envelope is the caller's, kpc_envelope_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                                   kpc_envelope **KPC_NONNULL envelope,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Makes an envelope from the parts that another client of the daemon stored.
 *
 * @param ciphertext      what travels to the courier
 * @param ciphertext_len  how many bytes
 * @param descriptor      what opens the answer
 * @param descriptor_len  how many bytes
 * @param hash            the envelope's hash
 * @param next            the index of the next box; NULL if it was not stored: it is not sent, and
 *                        only kpc_envelope_next_index returns it
 * @param envelope        receives the envelope
 * @param error           receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_EMPTY
 *
 * Ownership: *envelope is the caller's, kpc_envelope_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_envelope_from_parts(const uint8_t *KPC_NONNULL ciphertext, size_t ciphertext_len,
                                   const uint8_t *KPC_NONNULL descriptor, size_t descriptor_len,
                                   const kpc_hash *KPC_NONNULL hash,
                                   const kpc_box_index *KPC_NULLABLE next,
                                   kpc_envelope **KPC_NONNULL envelope,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Frees an envelope. Sending continues.
 *
 * @param envelope  the envelope; NULL is fine
 */
KPC_API void kpc_envelope_free(kpc_envelope *KPC_NULLABLE envelope);

/**
 * Sends an envelope until it is answered: the daemon resends it, and the library starts that again
 * after a lost connection. A write is done when a courier has taken it; writing a box that is
 * there already counts as success. A read waits until the box is written; it is polled, at most
 * once a second and in turn with all other reads of the client.
 *
 * Where the daemon encrypts quickly, each poll has a fresh envelope. Where encrypting costs more
 * than packets do, as measured, the same one is polled up to five times for each courier of the
 * network; a box is then seen one or two polls later. A fresh one is made also when it is five
 * minutes old, and for the last poll before timeout_ms is over.
 *
 * kpc_cancel_resending_encrypted_message with the envelope's hash cancels it.
 *
 * @param client       the client
 * @param read_cap     for a read; NULL for a write
 * @param write_cap    for a write; NULL for a read
 * @param index        the box that the envelope was made for; NULL is fine for a write, which
 *                     ignores it
 * @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
 *                     today ignore it
 * @param envelope     the envelope, which is not used up
 * @param flags        KPC_START_... in any combination
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param plaintext    receives what a read found, nothing for a write; may be NULL
 * @param courier      receives the courier that carried it, all zero if none is reported; may be
 *                     NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
 *         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
 *         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
 *         KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
 *
 * Ownership: *plaintext is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_encrypted_message(kpc_client *KPC_NONNULL client,
                                                 const kpc_read_cap *KPC_NULLABLE read_cap,
                                                 const kpc_write_cap *KPC_NULLABLE write_cap,
                                                 const kpc_box_index *KPC_NULLABLE index,
                                                 int32_t reply_index,
                                                 const kpc_envelope *KPC_NONNULL envelope,
                                                 uint32_t flags, int32_t timeout_ms,
                                                 kpc_buffer **KPC_NULLABLE plaintext,
                                                 kpc_service *KPC_NULLABLE courier,
                                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_encrypted_message_async(kpc_client *KPC_NONNULL client,
                                                       const kpc_read_cap *KPC_NULLABLE read_cap,
                                                       const kpc_write_cap *KPC_NULLABLE write_cap,
                                                       const kpc_box_index *KPC_NULLABLE index,
                                                       int32_t reply_index,
                                                       const kpc_envelope *KPC_NONNULL envelope,
                                                       uint32_t flags, int32_t timeout_ms,
                                                       const kpc_completion *KPC_NULLABLE done,
                                                       kpc_op *KPC_NULLABLE op,
                                                       kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_encrypted_message_result(const kpc_result *KPC_NONNULL result,
                                                        kpc_buffer **KPC_NULLABLE plaintext,
                                                        kpc_service *KPC_NULLABLE courier,
                                                        kpc_error **KPC_NULLABLE error);

/**
 * Cancels the operation that sends an envelope: it completes with
 * KPC_ERR_START_RESENDING_CANCELLED. Succeeds also when nothing is in flight under this hash, and
 * while the daemon is unreachable. What a courier has accepted already stays.
 *
 * @param client         the client
 * @param envelope_hash  kpc_envelope_hash of the envelope that was sent
 * @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error          receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_DAEMON_INVALID_REQUEST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_encrypted_message(kpc_client *KPC_NONNULL client,
                                                  const kpc_hash *KPC_NONNULL envelope_hash,
                                                  int32_t timeout_ms,
                                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_encrypted_message_async(kpc_client *KPC_NONNULL client,
                                                        const kpc_hash *KPC_NONNULL envelope_hash,
                                                        int32_t timeout_ms,
                                                        const kpc_completion *KPC_NULLABLE done,
                                                        kpc_op *KPC_NULLABLE op,
                                                        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_encrypted_message_result(const kpc_result *KPC_NONNULL result,
                                                         kpc_error **KPC_NULLABLE error);

/**
 * Cancels the operation that runs a copy command: it completes with
 * KPC_ERR_START_RESENDING_CANCELLED. Succeeds also when none is in flight under this hash, and
 * while the daemon is unreachable. What the courier has copied already stays, and the courier may
 * continue.
 *
 * @param client          the client
 * @param write_cap_hash  kpc_write_cap_hash of the temporary stream
 * @param timeout_ms      how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error           receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_DAEMON_INVALID_REQUEST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_copy_command(kpc_client *KPC_NONNULL client,
                                             const kpc_hash *KPC_NONNULL write_cap_hash,
                                             int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_copy_command_async(kpc_client *KPC_NONNULL client,
                                                   const kpc_hash *KPC_NONNULL write_cap_hash,
                                                   int32_t timeout_ms,
                                                   const kpc_completion *KPC_NULLABLE done,
                                                   kpc_op *KPC_NULLABLE op,
                                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_cancel_resending_copy_command_result(const kpc_result *KPC_NONNULL result,
                                                    kpc_error **KPC_NULLABLE error);

/**
 * As kpc_start_resending_encrypted_message with KPC_START_RETURN_BOX_EXISTS, under the name that
 * other clients have for it: a write of a box that is there already ends with
 * KPC_ERR_BOX_ALREADY_EXISTS. After a lost connection, and with daemons before v0.0.74 always,
 * that may be the write's own first sending; the error's text then says so.
 *
 * @param client       the client
 * @param read_cap     for a read; NULL for a write
 * @param write_cap    for a write; NULL for a read
 * @param index        the box that the envelope was made for; NULL is fine for a write, which
 *                     ignores it
 * @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
 *                     today ignore it
 * @param envelope     the envelope, which is not used up
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param plaintext    receives what a read found, nothing for a write; may be NULL
 * @param courier      receives the courier that carried it, all zero if none is reported; may be
 *                     NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
 *         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
 *         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
 *         KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
 *
 * Ownership: *plaintext is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_encrypted_message_return_box_exists(kpc_client *KPC_NONNULL client,
        const kpc_read_cap *KPC_NULLABLE read_cap, const kpc_write_cap *KPC_NULLABLE write_cap,
        const kpc_box_index *KPC_NULLABLE index, int32_t reply_index,
        const kpc_envelope *KPC_NONNULL envelope, int32_t timeout_ms,
        kpc_buffer **KPC_NULLABLE plaintext, kpc_service *KPC_NULLABLE courier,
        kpc_error **KPC_NULLABLE error);

/**
 * As kpc_start_resending_encrypted_message with KPC_START_NO_RETRY, under the name that other
 * clients have for it: a read of a box that is not there ends with KPC_ERR_BOX_ID_NOT_FOUND.
 * Replicas learn of a write one after the other, so a box that was written a moment ago may still
 * be missed.
 *
 * @param client       the client
 * @param read_cap     for a read; NULL for a write
 * @param write_cap    for a write; NULL for a read
 * @param index        the box that the envelope was made for; NULL is fine for a write, which
 *                     ignores it
 * @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
 *                     today ignore it
 * @param envelope     the envelope, which is not used up
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param plaintext    receives what a read found, nothing for a write; may be NULL
 * @param courier      receives the courier that carried it, all zero if none is reported; may be
 *                     NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
 *         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
 *         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
 *         KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_TOMBSTONE
 *
 * Ownership: *plaintext is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_encrypted_message_no_retry(kpc_client *KPC_NONNULL client,
        const kpc_read_cap *KPC_NULLABLE read_cap, const kpc_write_cap *KPC_NULLABLE write_cap,
        const kpc_box_index *KPC_NULLABLE index, int32_t reply_index,
        const kpc_envelope *KPC_NONNULL envelope, int32_t timeout_ms,
        kpc_buffer **KPC_NULLABLE plaintext, kpc_service *KPC_NULLABLE courier,
        kpc_error **KPC_NULLABLE error);

/* ---- Tombstones ------------------------------------------------------------------------------ */

/**
 * Prepares tombstones for boxes in a row. The daemon computes them, one on each connection for
 * encryptions at a time (kpc_config_set_encryption_connections); nothing is sent. Send each with
 * the write capability; what is deleted stays deleted, and a tombstone may be sent again.
 *
 * If the time runs out or the daemon fails when some are made, the call succeeds with these:
 * kpc_tombstones_error returns why there are fewer, and kpc_tombstones_next where to continue. If
 * none was made the call fails.
 *
 * @param client      the client
 * @param write_cap   the capability of the stream
 * @param start       the first box to delete
 * @param max_count   how many boxes, at most KPC_MAX_STREAM_BOXES; 0 makes none, and start is the
 *                    next
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param tombstones  receives the tombstones
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_PAYLOAD_TOO_LARGE (more boxes than
 *         allowed), KPC_ERR_INVALID_CAPABILITY (the index does not belong to it),
 *         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
 *
 * Ownership: *tombstones is the caller's, kpc_tombstones_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_range(kpc_client *KPC_NONNULL client,
                               const kpc_write_cap *KPC_NONNULL write_cap,
                               const kpc_box_index *KPC_NONNULL start, uint32_t max_count,
                               int32_t timeout_ms, kpc_tombstones **KPC_NONNULL tombstones,
                               kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_range_async(kpc_client *KPC_NONNULL client,
                                     const kpc_write_cap *KPC_NONNULL write_cap,
                                     const kpc_box_index *KPC_NONNULL start, uint32_t max_count,
                                     int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                     kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_tombstone_range_result(const kpc_result *KPC_NONNULL result,
                                      kpc_tombstones **KPC_NONNULL tombstones,
                                      kpc_error **KPC_NULLABLE error);

/**
 * How many tombstones were made.
 *
 * @param tombstones  the result of kpc_tombstone_range
 * @return the number; 0 for what is no live kpc_tombstones
 */
KPC_API size_t kpc_tombstones_count(const kpc_tombstones *KPC_NONNULL tombstones);

/**
 * One tombstone, to be sent.
 *
 * @param tombstones  the result of kpc_tombstone_range
 * @param position    which one, from 0
 * @param envelope    receives the envelope
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *envelope is the caller's, kpc_envelope_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_tombstones_envelope_at(const kpc_tombstones *KPC_NONNULL tombstones, size_t position,
                                      kpc_envelope **KPC_NONNULL envelope,
                                      kpc_error **KPC_NULLABLE error);

/**
 * The box that a tombstone deletes.
 *
 * @param tombstones  the result of kpc_tombstone_range
 * @param position    which one, from 0
 * @param index       receives the index
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_tombstones_box_index_at(const kpc_tombstones *KPC_NONNULL tombstones,
                                       size_t position, kpc_box_index *KPC_NONNULL index,
                                       kpc_error **KPC_NULLABLE error);

/**
 * The box behind the last one for which there is a tombstone.
 *
 * @param tombstones  the result of kpc_tombstone_range
 * @param next        receives the index
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_tombstones_next(const kpc_tombstones *KPC_NONNULL tombstones,
                               kpc_box_index *KPC_NONNULL next, kpc_error **KPC_NULLABLE error);

/**
 * Why there are fewer tombstones than were asked for.
 *
 * @param tombstones  the result of kpc_tombstone_range
 * @return the error; NULL if all are there, for what is no live kpc_tombstones, or without
 *         memory
 *
 * Ownership: the error is the caller's, kpc_error_free.
 */
KPC_API KPC_MUST_USE kpc_error *kpc_tombstones_error(const kpc_tombstones *KPC_NONNULL tombstones);

/**
 * Frees the tombstones. Sending continues.
 *
 * @param tombstones  the tombstones; NULL is fine
 */
KPC_API void kpc_tombstones_free(kpc_tombstones *KPC_NULLABLE tombstones);

/* ---- Couriers -------------------------------------------------------------------------------- */

/**
 * All couriers of the current directory document, in its order. Sends no request.
 *
 * @param client    the client
 * @param couriers  receives the list, which is not empty
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (there
 *         is none)
 *
 * Ownership: *couriers is the caller's, kpc_services_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_couriers(const kpc_client *KPC_NONNULL client,
                               kpc_services **KPC_NONNULL couriers, kpc_error **KPC_NULLABLE error);

/**
 * Some couriers of the current directory document, each on another node, in random order: a
 * path for kpc_send_nested_copy.
 *
 * @param client    the client
 * @param count     how many; 0: an empty list
 * @param couriers  receives the list
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_NOT_ENOUGH_COURIERS
 *
 * Ownership: *couriers is the caller's, kpc_services_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_distinct_couriers(const kpc_client *KPC_NONNULL client, size_t count,
                                        kpc_services **KPC_NONNULL couriers,
                                        kpc_error **KPC_NULLABLE error);

/**
 * One courier of the current directory document, chosen at random each time, each as likely as
 * any other.
 *
 * @param client   the client
 * @param courier  receives where it is
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (there
 *         is none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_client_courier(const kpc_client *KPC_NONNULL client,
                              kpc_service *KPC_NONNULL courier, kpc_error **KPC_NULLABLE error);

/* ---- Copy streams ---------------------------------------------------------------------------- */

/** Boxes that a copy stream has at most, and envelopes in them. */
#define KPC_MAX_STREAM_BOXES 65536
/** Bytes of a payload for one destination of a copy stream at most. */
#define KPC_MAX_DESTINATION_PAYLOAD 10485760

/** A payload and the place where a copy command is to write it. */
typedef struct kpc_destination {
    /** The capability of the stream to write to. */
    kpc_write_cap write_cap;
    /** The first box to write. */
    kpc_box_index start_index;
    /** What to write; may be NULL if payload_len is 0. */
    const uint8_t *payload;
    /** How many bytes, at most KPC_MAX_DESTINATION_PAYLOAD. */
    size_t payload_len;
} kpc_destination;

/**
 * Makes the elements of a copy stream that writes one payload. The daemon computes them;
 * nothing is sent. A payload takes the boxes of its destination in pieces of
 * MaxPlaintextPayloadLength - 4 bytes.
 *
 * A stream is made by one call with is_start and is_last, or by several: is_start for the first,
 * is_last for the last. Without a final call with is_last, the courier keeps reading for ever. A
 * call that is not the last ends with an element that may be partly filled;
 * kpc_create_courier_envelopes_from_multi_payload packs better. Long payloads go to the daemon in
 * pieces, each of which it encrypts in about two seconds: every box of the destination costs as
 * much as kpc_encrypt_write. Where that takes long, each connection for encryptions
 * (kpc_config_set_encryption_connections) carries one at the same time.
 *
 * @param client            the client
 * @param payload           what to write; may be NULL if payload_len is 0
 * @param payload_len       how many bytes, at most KPC_MAX_DESTINATION_PAYLOAD; 0 only where
 *                          is_last is not set
 * @param dest_write_cap    the capability of the stream to write to
 * @param dest_start_index  the first box to write
 * @param is_start          these are the first elements of the stream
 * @param is_last           these are the last elements of the stream
 * @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param envelopes         receives the elements
 * @param error             receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY (nothing to write, and
 *         no end then), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does
 *         not belong to it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
 *
 * Ownership: *envelopes is the caller's, kpc_stream_elements_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_payload(kpc_client *KPC_NONNULL client,
        const uint8_t *KPC_NULLABLE payload, size_t payload_len,
        const kpc_write_cap *KPC_NONNULL dest_write_cap,
        const kpc_box_index *KPC_NONNULL dest_start_index, bool is_start, bool is_last,
        int32_t timeout_ms, kpc_stream_elements **KPC_NONNULL envelopes,
        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_payload_async(kpc_client *KPC_NONNULL client,
        const uint8_t *KPC_NULLABLE payload, size_t payload_len,
        const kpc_write_cap *KPC_NONNULL dest_write_cap,
        const kpc_box_index *KPC_NONNULL dest_start_index, bool is_start, bool is_last,
        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_payload_result(const kpc_result *KPC_NONNULL result,
        kpc_stream_elements **KPC_NONNULL envelopes, kpc_error **KPC_NULLABLE error);

/**
 * As kpc_create_courier_envelopes_from_payload, for any number of destinations at once. What does
 * not fill an element is left for the next call, unless is_last is set:
 * kpc_stream_elements_buffer. To continue after a crash, store it together with the position in
 * the temporary stream and its capability, and continue without is_start.
 *
 * @param client            the client
 * @param destinations      the payloads and their places, at least one
 * @param destinations_len  how many
 * @param is_start          these are the first elements of the stream
 * @param is_last           these are the last elements of the stream
 * @param buffer            kpc_stream_elements_buffer of the call before; may be NULL if buffer_len
 *                          is 0
 * @param buffer_len        how many bytes
 * @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param envelopes         receives the elements
 * @param error             receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE (no call leaves such a
 *         buffer), KPC_ERR_ARG_EMPTY (nothing to write, and no end then),
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not belong to
 *         it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
 *
 * Ownership: *envelopes is the caller's, kpc_stream_elements_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_multi_payload(kpc_client *KPC_NONNULL client,
        const kpc_destination *KPC_NONNULL destinations, size_t destinations_len, bool is_start,
        bool is_last, const uint8_t *KPC_NULLABLE buffer, size_t buffer_len, int32_t timeout_ms,
        kpc_stream_elements **KPC_NONNULL envelopes, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_multi_payload_async(kpc_client *KPC_NONNULL client,
        const kpc_destination *KPC_NONNULL destinations, size_t destinations_len, bool is_start,
        bool is_last, const uint8_t *KPC_NULLABLE buffer, size_t buffer_len, int32_t timeout_ms,
        const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_multi_payload_result(
        const kpc_result *KPC_NONNULL result, kpc_stream_elements **KPC_NONNULL envelopes,
        kpc_error **KPC_NULLABLE error);

/**
 * As kpc_create_courier_envelopes_from_multi_payload, for the deletion of boxes in a row: the
 * courier writes a tombstone over each.
 *
 * @param client            the client
 * @param dest_write_cap    the capability of the stream to delete from
 * @param dest_start_index  the first box to delete
 * @param max_count         how many boxes, at least 1
 * @param is_start          these are the first elements of the stream
 * @param is_last           these are the last elements of the stream
 * @param buffer            kpc_stream_elements_buffer of the call before; may be NULL if buffer_len
 *                          is 0
 * @param buffer_len        how many bytes
 * @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param envelopes         receives the elements
 * @param error             receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE (no call leaves such a
 *         buffer), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not
 *         belong to it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
 *
 * Ownership: *envelopes is the caller's, kpc_stream_elements_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_tombstone_range(kpc_client *KPC_NONNULL client,
        const kpc_write_cap *KPC_NONNULL dest_write_cap,
        const kpc_box_index *KPC_NONNULL dest_start_index, uint32_t max_count, bool is_start,
        bool is_last, const uint8_t *KPC_NULLABLE buffer, size_t buffer_len, int32_t timeout_ms,
        kpc_stream_elements **KPC_NONNULL envelopes, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_tombstone_range_async(kpc_client *KPC_NONNULL client,
        const kpc_write_cap *KPC_NONNULL dest_write_cap,
        const kpc_box_index *KPC_NONNULL dest_start_index, uint32_t max_count, bool is_start,
        bool is_last, const uint8_t *KPC_NULLABLE buffer, size_t buffer_len, int32_t timeout_ms,
        const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_courier_envelopes_from_tombstone_range_result(
        const kpc_result *KPC_NONNULL result, kpc_stream_elements **KPC_NONNULL envelopes,
        kpc_error **KPC_NULLABLE error);

/**
 * How many elements there are.
 *
 * @param envelopes  the result of a kpc_create_courier_envelopes_ call
 * @return the number; 0 for what is no live kpc_stream_elements
 */
KPC_API size_t kpc_stream_elements_count(const kpc_stream_elements *KPC_NONNULL envelopes);

/**
 * One element, to be written to one box.
 *
 * @param envelopes  the result of a kpc_create_courier_envelopes_ call
 * @param position   which one, from 0
 * @param element    receives the bytes, at most MaxPlaintextPayloadLength
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *element is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_stream_elements_at(const kpc_stream_elements *KPC_NONNULL envelopes, size_t position,
                                  kpc_buffer **KPC_NONNULL element, kpc_error **KPC_NULLABLE error);

/**
 * The bytes that are left over, for the next call.
 *
 * @param envelopes  the result of a kpc_create_courier_envelopes_ call
 * @param buffer     receives the bytes, possibly none
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *buffer is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_stream_elements_buffer(const kpc_stream_elements *KPC_NONNULL envelopes,
                                      kpc_buffer **KPC_NONNULL buffer,
                                      kpc_error **KPC_NULLABLE error);

/**
 * The box behind the last one that the only, or first, destination takes.
 *
 * @param envelopes  the result of a kpc_create_courier_envelopes_ call
 * @param next       receives the index
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_stream_elements_next_index(const kpc_stream_elements *KPC_NONNULL envelopes,
                                          kpc_box_index *KPC_NONNULL next,
                                          kpc_error **KPC_NULLABLE error);

/**
 * The box behind the last one that a destination takes.
 *
 * @param envelopes  the result of a kpc_create_courier_envelopes_ call
 * @param position   which destination, from 0
 * @param next       receives the index
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_stream_elements_next_index_at(const kpc_stream_elements *KPC_NONNULL envelopes,
                                             size_t position, kpc_box_index *KPC_NONNULL next,
                                             kpc_error **KPC_NULLABLE error);

/**
 * Ends the elements.
 *
 * @param envelopes  the envelopes; NULL is fine
 */
KPC_API void kpc_stream_elements_free(kpc_stream_elements *KPC_NULLABLE envelopes);

/* ---- Copy commands --------------------------------------------------------------------------- */

/**
 * Has a courier perform a temporary stream, envelope by envelope, and waits until it has finished.
 * The courier stops at the first envelope that fails; what was written before it stays.
 * kpc_error_failed_envelope then returns its position, from 1, and kpc_error_replica_code why,
 * where a replica said so.
 *
 * The courier works alone: the client need not stay. It remembers the outcome for 30 minutes and
 * would only return that again, so a call without a courier after a failure chooses another one.
 * After a cancel or a time limit it is the same one, which may still be at work. A stream that was
 * never written, or has no last element, leaves the call without an answer for minutes. The
 * temporary stream stays readable: delete it with kpc_tombstone_range.
 *
 * @param client      the client
 * @param write_cap   the capability of the temporary stream
 * @param courier     which courier; NULL lets the library choose one and stay with it
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_PAIR (a courier without node
 *         or queue), KPC_ERR_ARG_SIZE (a queue id of impossible length),
 *         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this command runs already),
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
 *         document), KPC_ERR_COPY_FAILED, KPC_ERR_START_RESENDING_CANCELLED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command(kpc_client *KPC_NONNULL client,
                                            const kpc_write_cap *KPC_NONNULL write_cap,
                                            const kpc_service *KPC_NULLABLE courier,
                                            int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command_async(kpc_client *KPC_NONNULL client,
                                                  const kpc_write_cap *KPC_NONNULL write_cap,
                                                  const kpc_service *KPC_NULLABLE courier,
                                                  int32_t timeout_ms,
                                                  const kpc_completion *KPC_NULLABLE done,
                                                  kpc_op *KPC_NULLABLE op,
                                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command_result(const kpc_result *KPC_NONNULL result,
                                                   kpc_error **KPC_NULLABLE error);

/**
 * As kpc_start_resending_copy_command, at a courier that must be named.
 *
 * @param client      the client
 * @param write_cap   the capability of the temporary stream
 * @param courier     which courier
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_PAIR (a courier without node
 *         or queue), KPC_ERR_ARG_SIZE (a queue id of impossible length),
 *         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this command runs already),
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
 *         document), KPC_ERR_COPY_FAILED, KPC_ERR_START_RESENDING_CANCELLED,
 *         KPC_ERR_UNSUPPORTED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command_with_courier(kpc_client *KPC_NONNULL client,
                                                         const kpc_write_cap *KPC_NONNULL write_cap,
                                                         const kpc_service *KPC_NONNULL courier,
                                                         int32_t timeout_ms,
                                                         kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command_with_courier_async(kpc_client *KPC_NONNULL client,
        const kpc_write_cap *KPC_NONNULL write_cap, const kpc_service *KPC_NONNULL courier,
        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
        kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_start_resending_copy_command_with_courier_result(
        const kpc_result *KPC_NONNULL result, kpc_error **KPC_NULLABLE error);

/* ---- Copy streams made easy ------------------------------------------------------------------ */

/**
 * Makes a builder with a fresh temporary stream. Sends no request.
 *
 * @param client   the client
 * @param builder  receives the builder
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (the network has no courier),
 *         KPC_ERR_INCOMPATIBLE_DAEMON
 *
 * Ownership: *builder is the caller's, kpc_copy_builder_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_new(const kpc_client *KPC_NONNULL client,
                                kpc_copy_builder **KPC_NONNULL builder,
                                kpc_error **KPC_NULLABLE error);

/**
 * Everything that another process needs to continue; at any time, also while an operation works on
 * the builder. A secret: it holds the capability of the temporary stream. As long as what waits to
 * be written.
 *
 * @param builder  the builder
 * @param bytes    receives the bytes, for kpc_copy_builder_restore of this or a later version
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_save(const kpc_copy_builder *KPC_NONNULL builder,
                                 kpc_buffer **KPC_NONNULL bytes, kpc_error **KPC_NULLABLE error);

/**
 * Makes a builder from the bytes of kpc_copy_builder_save. It continues from there; boxes that
 * were written since are found and, as long as they hold what this builder has for them, kept. If
 * they hold anything else, because something was added and written after the saving, the builder
 * moves what it has to another temporary stream.
 *
 * @param bytes    the bytes
 * @param len      how many bytes
 * @param builder  receives the builder
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are none, or were cut off or
 *         damaged), KPC_ERR_UNSUPPORTED (of a later version), KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_NO_MEMORY
 *
 * Ownership: *builder is the caller's, kpc_copy_builder_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_restore(const uint8_t *KPC_NONNULL bytes, size_t len,
                                    kpc_copy_builder **KPC_NONNULL builder,
                                    kpc_error **KPC_NULLABLE error);

/**
 * The progress of a builder.
 *
 * @param builder  the builder
 * @param written  receives the number of boxes that are written; may be NULL
 * @param needed   receives the number of boxes that what was added so far takes; may be NULL
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_progress(const kpc_copy_builder *KPC_NONNULL builder,
                                     uint64_t *KPC_NULLABLE written, uint64_t *KPC_NULLABLE needed,
                                     kpc_error **KPC_NULLABLE error);

/**
 * Whether a courier has performed the stream. That stays so when kpc_copy_builder_tombstone has
 * deleted it.
 *
 * @param builder  the builder
 * @return true or false; false for what is no live kpc_copy_builder
 */
KPC_API bool kpc_copy_builder_is_finished(const kpc_copy_builder *KPC_NONNULL builder);

/**
 * The capability of the temporary stream, for instance to cancel by its hash.
 *
 * @param builder    the builder
 * @param write_cap  receives the capability; secret
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_temp_write_cap(const kpc_copy_builder *KPC_NONNULL builder,
                                           kpc_write_cap *KPC_NONNULL write_cap,
                                           kpc_error **KPC_NULLABLE error);

/**
 * The box of the temporary stream that is written next.
 *
 * @param builder  the builder
 * @param index    receives the index
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_position(const kpc_copy_builder *KPC_NONNULL builder,
                                     kpc_box_index *KPC_NONNULL index,
                                     kpc_error **KPC_NULLABLE error);

/**
 * The courier that is to perform the stream, or has.
 *
 * @param builder  the builder
 * @param courier  receives where it is
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_courier(const kpc_copy_builder *KPC_NONNULL builder,
                                    kpc_service *KPC_NONNULL courier,
                                    kpc_error **KPC_NULLABLE error);

/**
 * What was added and does not fill a box yet.
 *
 * @param builder  the builder
 * @param buffer   receives the bytes, possibly none
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *buffer is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_buffer(const kpc_copy_builder *KPC_NONNULL builder,
                                   kpc_buffer **KPC_NONNULL buffer, kpc_error **KPC_NULLABLE error);

/**
 * Cancels the operation that works on a builder: it completes with
 * KPC_ERR_START_RESENDING_CANCELLED and can be started again. Succeeds also when there is none. A
 * courier that has its command may continue.
 *
 * @param client   the client that started it
 * @param builder  the builder
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_cancel(kpc_client *KPC_NONNULL client,
                                   kpc_copy_builder *KPC_NONNULL builder,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Frees a builder. An operation that works on it continues.
 *
 * @param builder  the builder; NULL is fine
 */
KPC_API void kpc_copy_builder_free(kpc_copy_builder *KPC_NULLABLE builder);

/**
 * Adds a payload for a destination to a copy stream. The daemon computes the elements, and the
 * builder keeps them; nothing is sent yet. All or nothing: when the call fails nothing was added.
 * Save the builder after what was added and before it is written, then whoever restores it
 * continues with the very same elements.
 *
 * @param client       the client
 * @param builder      the builder
 * @param write_cap    the capability of the stream to write to
 * @param start_index  the first box to write
 * @param payload      what to write
 * @param payload_len  how many bytes, 1 to KPC_MAX_DESTINATION_PAYLOAD
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next         receives the box of the destination that follows; may be NULL, or the
 *                     same variable as start_index, which then keeps its value on failure
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY,
 *         KPC_ERR_PAYLOAD_TOO_LARGE (also when the stream has no room for it),
 *         KPC_ERR_INVALID_CAPABILITY (the index does not belong to it), KPC_ERR_BUSY (another
 *         operation is at work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
 *         KPC_ERR_UNSUPPORTED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add(kpc_client *KPC_NONNULL client,
                                kpc_copy_builder *KPC_NONNULL builder,
                                const kpc_write_cap *KPC_NONNULL write_cap,
                                const kpc_box_index *KPC_NONNULL start_index,
                                const uint8_t *KPC_NONNULL payload, size_t payload_len,
                                int32_t timeout_ms, kpc_box_index *KPC_NULLABLE next,
                                kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add_async(kpc_client *KPC_NONNULL client,
                                      kpc_copy_builder *KPC_NONNULL builder,
                                      const kpc_write_cap *KPC_NONNULL write_cap,
                                      const kpc_box_index *KPC_NONNULL start_index,
                                      const uint8_t *KPC_NONNULL payload, size_t payload_len,
                                      int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                      kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add_result(const kpc_result *KPC_NONNULL result,
                                       kpc_box_index *KPC_NULLABLE next,
                                       kpc_error **KPC_NULLABLE error);

/**
 * As kpc_copy_builder_add, for the deletion of boxes in a row.
 *
 * @param client       the client
 * @param builder      the builder
 * @param write_cap    the capability of the stream to delete from
 * @param start_index  the first box to delete
 * @param max_count    how many boxes, at least 1
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next         receives the box of the destination that follows; may be NULL, or the
 *                     same variable as start_index, which then keeps its value on failure
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_PAYLOAD_TOO_LARGE (the stream has
 *         no room for it), KPC_ERR_INVALID_CAPABILITY (the index does not belong to it),
 *         KPC_ERR_BUSY (another operation is at work on the builder), KPC_ERR_NO_GEOMETRY,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add_tombstones(kpc_client *KPC_NONNULL client,
                                           kpc_copy_builder *KPC_NONNULL builder,
                                           const kpc_write_cap *KPC_NONNULL write_cap,
                                           const kpc_box_index *KPC_NONNULL start_index,
                                           uint32_t max_count, int32_t timeout_ms,
                                           kpc_box_index *KPC_NULLABLE next,
                                           kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add_tombstones_async(kpc_client *KPC_NONNULL client,
                                                 kpc_copy_builder *KPC_NONNULL builder,
                                                 const kpc_write_cap *KPC_NONNULL write_cap,
                                                 const kpc_box_index *KPC_NONNULL start_index,
                                                 uint32_t max_count, int32_t timeout_ms,
                                                 const kpc_completion *KPC_NULLABLE done,
                                                 kpc_op *KPC_NULLABLE op,
                                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_add_tombstones_result(const kpc_result *KPC_NONNULL result,
                                                  kpc_box_index *KPC_NULLABLE next,
                                                  kpc_error **KPC_NULLABLE error);

/**
 * Writes to the temporary stream what can be written so far, so that it need not be kept until
 * kpc_copy_builder_finish. KPC_EVENT_COPY_PROGRESS reports each box. The next call resumes what
 * was interrupted.
 *
 * @param client      the client
 * @param builder     the builder
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_BUSY (another operation is at
 *         work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
 *         KPC_ERR_INCOMPATIBLE_DAEMON, KPC_ERR_TOMBSTONE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_write(kpc_client *KPC_NONNULL client,
                                  kpc_copy_builder *KPC_NONNULL builder, int32_t timeout_ms,
                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_write_async(kpc_client *KPC_NONNULL client,
                                        kpc_copy_builder *KPC_NONNULL builder, int32_t timeout_ms,
                                        const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_write_result(const kpc_result *KPC_NONNULL result,
                                         kpc_error **KPC_NULLABLE error);

/**
 * Adds the last element to the stream, writes what is not written yet, and has a courier perform
 * it. KPC_EVENT_COPY_PROGRESS reports each box, then, with kpc_event_is_copying, that the courier
 * is waited for.
 *
 * After an interruption (a time limit, a cancel, the end of the process) another call resumes:
 * with the same courier, as long as that has not failed and is in the directory document. After
 * KPC_ERR_COPY_FAILED it chooses another courier. If the stream was performed already the call
 * succeeds at once.
 *
 * @param client      the client
 * @param builder     the builder
 * @param courier     which courier; NULL for the one that the library has chosen
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param boxes       receives how many boxes the temporary stream has; may be NULL
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_EMPTY (nothing was
 *         added), KPC_ERR_ARG_PAIR, KPC_ERR_ARG_SIZE, KPC_ERR_BUSY (another operation is at
 *         work on the builder), KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
 *         document), KPC_ERR_COPY_FAILED, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
 *         KPC_ERR_INCOMPATIBLE_DAEMON, KPC_ERR_UNSUPPORTED, KPC_ERR_TOMBSTONE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_finish(kpc_client *KPC_NONNULL client,
                                   kpc_copy_builder *KPC_NONNULL builder,
                                   const kpc_service *KPC_NULLABLE courier, int32_t timeout_ms,
                                   uint64_t *KPC_NULLABLE boxes, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_finish_async(kpc_client *KPC_NONNULL client,
                                         kpc_copy_builder *KPC_NONNULL builder,
                                         const kpc_service *KPC_NULLABLE courier,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_finish_result(const kpc_result *KPC_NONNULL result,
                                          uint64_t *KPC_NULLABLE boxes,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Deletes the temporary stream, box by box, which otherwise stays readable for whoever has its
 * capability. After kpc_copy_builder_finish, or instead of it. Nothing else can be done with the
 * builder afterwards; an interrupted call can be repeated.
 *
 * @param client      the client
 * @param builder     the builder
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_BUSY (another operation is at
 *         work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
 *         KPC_ERR_INCOMPATIBLE_DAEMON
 */
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_tombstone(kpc_client *KPC_NONNULL client,
                                      kpc_copy_builder *KPC_NONNULL builder, int32_t timeout_ms,
                                      kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_tombstone_async(kpc_client *KPC_NONNULL client,
                                            kpc_copy_builder *KPC_NONNULL builder,
                                            int32_t timeout_ms,
                                            const kpc_completion *KPC_NULLABLE done,
                                            kpc_op *KPC_NULLABLE op,
                                            kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_copy_builder_tombstone_result(const kpc_result *KPC_NONNULL result,
                                             kpc_error **KPC_NULLABLE error);

/* ---- Nested copies --------------------------------------------------------------------------- */

/**
 * Writes a payload through a path of couriers, each of which sees only what the next is to write:
 * the first courier performs a stream that writes the stream of the second, and so on; the last
 * one writes the destination. The client writes the first stream, sends each courier its command
 * once the stream before has arrived, and is needed until the end. Each courier makes the stream
 * that the one before performs about a fifth longer.
 *
 * What was written stays when a courier fails; the error's text says which one of the path,
 * the rest is as for kpc_start_resending_copy_command. Experimental, as it was where it comes
 * from.
 *
 * @param client            the client
 * @param payload           what to write
 * @param payload_len       how many bytes, 1 to KPC_MAX_DESTINATION_PAYLOAD
 * @param dest_write_cap    the capability of the stream to write to
 * @param dest_first_index  the first box to write
 * @param path              the couriers, first the one that the client deals with
 * @param path_len          how many, at least 1
 * @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next              receives the box behind the last one that was written; may be NULL,
 *                          or the same variable as dest_first_index, which then keeps its
 *                          value on failure
 * @param error             receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_EMPTY (no payload or no
 *         path), KPC_ERR_ARG_PAIR (a courier without node or queue), KPC_ERR_ARG_SIZE,
 *         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not belong to
 *         it), KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document),
 *         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_INCOMPATIBLE_DAEMON,
 *         KPC_ERR_UNSUPPORTED, KPC_ERR_COPY_FAILED, KPC_ERR_TOMBSTONE
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_nested_copy(kpc_client *KPC_NONNULL client, const uint8_t *KPC_NONNULL payload,
                                size_t payload_len, const kpc_write_cap *KPC_NONNULL dest_write_cap,
                                const kpc_box_index *KPC_NONNULL dest_first_index,
                                const kpc_service *KPC_NONNULL path, size_t path_len,
                                int32_t timeout_ms, kpc_box_index *KPC_NULLABLE next,
                                kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_nested_copy_async(kpc_client *KPC_NONNULL client,
                                      const uint8_t *KPC_NONNULL payload, size_t payload_len,
                                      const kpc_write_cap *KPC_NONNULL dest_write_cap,
                                      const kpc_box_index *KPC_NONNULL dest_first_index,
                                      const kpc_service *KPC_NONNULL path, size_t path_len,
                                      int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                      kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_nested_copy_result(const kpc_result *KPC_NONNULL result,
                                       kpc_box_index *KPC_NULLABLE next,
                                       kpc_error **KPC_NULLABLE error);

/* ---- Vouchers -------------------------------------------------------------------------------- */

/**
 * Mints a voucher for a message stream, as the joiner. Returns kpc_voucher_hash (the voucher, to
 * be handed over out of band), kpc_voucher_payload (for the first box of the voucher's stream),
 * kpc_voucher_stream and kpc_voucher_keys. Store the secret key: without it the reply cannot be
 * opened. The daemon computes it with fresh randomness; two calls make two vouchers.
 *
 * @param client             the client
 * @param message_write_cap  the stream for which the voucher is
 * @param display_name       how the joiner wants to be called, UTF-8
 * @param display_name_len   how many bytes, at least one
 * @param timeout_ms         how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param voucher_out        receives what was minted
 * @param error              receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE, KPC_ERR_ARG_VALUE (also
 *         a name that is not UTF-8), KPC_ERR_ARG_EMPTY (no name), KPC_ERR_PAYLOAD_TOO_LARGE (a
 *         name longer than a box), KPC_ERR_INVALID_CAPABILITY, KPC_ERR_UNSUPPORTED (daemons
 *         before v0.0.80)
 *
 * Ownership: *voucher_out is the caller's, kpc_voucher_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_mint(kpc_client *KPC_NONNULL client,
                            const kpc_write_cap *KPC_NONNULL message_write_cap,
                            const char *KPC_NONNULL display_name, size_t display_name_len,
                            int32_t timeout_ms, kpc_voucher **KPC_NONNULL voucher_out,
                            kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_mint_async(kpc_client *KPC_NONNULL client,
                                  const kpc_write_cap *KPC_NONNULL message_write_cap,
                                  const char *KPC_NONNULL display_name, size_t display_name_len,
                                  int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                  kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_mint_result(const kpc_result *KPC_NONNULL result,
                                   kpc_voucher **KPC_NONNULL voucher_out,
                                   kpc_error **KPC_NULLABLE error);

/**
 * The stream of a voucher, as the inductor: its first box describes the joiner, its second takes
 * the reply.
 *
 * @param client      the client
 * @param voucher     the voucher
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param write_cap   receives the capability to write to it; secret
 * @param read_cap    receives the capability to read it
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED (daemons before
 *         v0.0.80)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_derive_stream(kpc_client *KPC_NONNULL client,
                                     const kpc_hash *KPC_NONNULL voucher, int32_t timeout_ms,
                                     kpc_write_cap *KPC_NONNULL write_cap,
                                     kpc_read_cap *KPC_NONNULL read_cap,
                                     kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_derive_stream_async(kpc_client *KPC_NONNULL client,
                                           const kpc_hash *KPC_NONNULL voucher, int32_t timeout_ms,
                                           const kpc_completion *KPC_NULLABLE done,
                                           kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_derive_stream_result(const kpc_result *KPC_NONNULL result,
                                            kpc_write_cap *KPC_NONNULL write_cap,
                                            kpc_read_cap *KPC_NONNULL read_cap,
                                            kpc_error **KPC_NULLABLE error);

/**
 * Accepts a joiner, as the inductor. Returns kpc_voucher_display_name,
 * kpc_voucher_message_read_cap (for the group), kpc_voucher_sealed_reply (for the second box of
 * the voucher's stream), kpc_voucher_stream and kpc_voucher_salt.
 *
 * @param client               the client
 * @param voucher              the voucher
 * @param voucher_payload      what the first box of the voucher's stream holds
 * @param voucher_payload_len  how many bytes
 * @param who_reply            what the joiner is to receive, sealed; may be NULL if
 *                             who_reply_len is 0
 * @param who_reply_len        how many bytes
 * @param timeout_ms           how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param voucher_out          receives the outputs
 * @param error                receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY,
 *         KPC_ERR_PAYLOAD_TOO_LARGE (no box holds so much), KPC_ERR_VOUCHER_HASH_MISMATCH (the
 *         payload is of another voucher), KPC_ERR_VOUCHER_SIGNATURE_INVALID,
 *         KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
 *
 * Ownership: *voucher_out is the caller's, kpc_voucher_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_induct(kpc_client *KPC_NONNULL client, const kpc_hash *KPC_NONNULL voucher,
                              const uint8_t *KPC_NONNULL voucher_payload,
                              size_t voucher_payload_len, const uint8_t *KPC_NULLABLE who_reply,
                              size_t who_reply_len, int32_t timeout_ms,
                              kpc_voucher **KPC_NONNULL voucher_out,
                              kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_induct_async(kpc_client *KPC_NONNULL client,
                                    const kpc_hash *KPC_NONNULL voucher,
                                    const uint8_t *KPC_NONNULL voucher_payload,
                                    size_t voucher_payload_len,
                                    const uint8_t *KPC_NULLABLE who_reply, size_t who_reply_len,
                                    int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                    kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_induct_result(const kpc_result *KPC_NONNULL result,
                                     kpc_voucher **KPC_NONNULL voucher_out,
                                     kpc_error **KPC_NULLABLE error);

/**
 * Opens the reply to a voucher of one's own, as the joiner. Returns kpc_voucher_who_reply,
 * kpc_voucher_salt and kpc_voucher_message_write_cap, with which messages are written from now on.
 *
 * @param client             the client
 * @param secret_key         the secret key of kpc_voucher_keys
 * @param secret_key_len     how many bytes
 * @param sealed_reply       what the second box of the voucher's stream holds
 * @param sealed_reply_len   how many bytes
 * @param message_write_cap  the stream for which the voucher was minted
 * @param timeout_ms         how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param voucher_out        receives the outputs
 * @param error              receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE (a key of
 *         fewer than 32 bytes, to which daemons do not reply), KPC_ERR_PAYLOAD_TOO_LARGE (no box
 *         holds so much), KPC_ERR_INVALID_CAPABILITY, KPC_ERR_VOUCHER_SEAL_OPEN_FAILED (sealed for
 *         another key, or damaged), KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
 *
 * Ownership: *voucher_out is the caller's, kpc_voucher_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_open(kpc_client *KPC_NONNULL client, const uint8_t *KPC_NONNULL secret_key,
                            size_t secret_key_len, const uint8_t *KPC_NONNULL sealed_reply,
                            size_t sealed_reply_len,
                            const kpc_write_cap *KPC_NONNULL message_write_cap, int32_t timeout_ms,
                            kpc_voucher **KPC_NONNULL voucher_out, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_open_async(kpc_client *KPC_NONNULL client,
                                  const uint8_t *KPC_NONNULL secret_key, size_t secret_key_len,
                                  const uint8_t *KPC_NONNULL sealed_reply, size_t sealed_reply_len,
                                  const kpc_write_cap *KPC_NONNULL message_write_cap,
                                  int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                  kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_open_result(const kpc_result *KPC_NONNULL result,
                                   kpc_voucher **KPC_NONNULL voucher_out,
                                   kpc_error **KPC_NULLABLE error);

/**
 * The voucher itself, of kpc_voucher_mint: whoever has it finds its stream and can induct.
 *
 * @param voucher  the result of a voucher call
 * @param hash     receives the voucher
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_hash(const kpc_voucher *KPC_NONNULL voucher, kpc_hash *KPC_NONNULL hash,
                            kpc_error **KPC_NULLABLE error);

/**
 * The description of the joiner, of kpc_voucher_mint, for the first box of the voucher's stream.
 *
 * @param voucher  the result of a voucher call
 * @param bytes    receives the bytes
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_payload(const kpc_voucher *KPC_NONNULL voucher,
                               kpc_buffer **KPC_NONNULL bytes, kpc_error **KPC_NULLABLE error);

/**
 * The voucher's stream, of kpc_voucher_mint and kpc_voucher_induct.
 *
 * @param voucher    the result of a voucher call
 * @param write_cap  receives the capability to write to it; secret
 * @param read_cap   receives the capability to read it
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_stream(const kpc_voucher *KPC_NONNULL voucher,
                              kpc_write_cap *KPC_NONNULL write_cap,
                              kpc_read_cap *KPC_NONNULL read_cap, kpc_error **KPC_NULLABLE error);

/**
 * The keys under which the reply will be sealed, of kpc_voucher_mint.
 *
 * @param voucher     the result of a voucher call
 * @param secret_key  receives the key that opens it; secret, to be stored
 * @param public_key  receives its public half; may be NULL
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *secret_key and *public_key are the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_keys(const kpc_voucher *KPC_NONNULL voucher,
                            kpc_buffer **KPC_NONNULL secret_key,
                            kpc_buffer **KPC_NULLABLE public_key, kpc_error **KPC_NULLABLE error);

/**
 * How the joiner wants to be called, of kpc_voucher_induct.
 *
 * @param voucher  the result of a voucher call
 * @param name     receives the text, UTF-8 and followed by a NUL
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_display_name(const kpc_voucher *KPC_NONNULL voucher,
                                    kpc_buffer **KPC_NONNULL name, kpc_error **KPC_NULLABLE error);

/**
 * The changed capability to read the joiner's messages, of kpc_voucher_induct.
 *
 * @param voucher   the result of a voucher call
 * @param read_cap  receives the capability
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_message_read_cap(const kpc_voucher *KPC_NONNULL voucher,
                                        kpc_read_cap *KPC_NONNULL read_cap,
                                        kpc_error **KPC_NULLABLE error);

/**
 * The changed capability to write one's messages, of kpc_voucher_open.
 *
 * @param voucher    the result of a voucher call
 * @param write_cap  receives the capability; secret
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_message_write_cap(const kpc_voucher *KPC_NONNULL voucher,
                                         kpc_write_cap *KPC_NONNULL write_cap,
                                         kpc_error **KPC_NULLABLE error);

/**
 * The sealed reply, of kpc_voucher_induct, for the second box of the voucher's stream.
 *
 * @param voucher  the result of a voucher call
 * @param bytes    receives the bytes
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_sealed_reply(const kpc_voucher *KPC_NONNULL voucher,
                                    kpc_buffer **KPC_NONNULL bytes, kpc_error **KPC_NULLABLE error);

/**
 * What the inductor sent, of kpc_voucher_open.
 *
 * @param voucher  the result of a voucher call
 * @param bytes    receives the bytes
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_who_reply(const kpc_voucher *KPC_NONNULL voucher,
                                 kpc_buffer **KPC_NONNULL bytes, kpc_error **KPC_NULLABLE error);

/**
 * The salt that the message stream was changed with, of kpc_voucher_induct and kpc_voucher_open;
 * it is the same in both.
 *
 * @param voucher  the result of a voucher call
 * @param bytes    receives the bytes
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_salt(const kpc_voucher *KPC_NONNULL voucher, kpc_buffer **KPC_NONNULL bytes,
                            kpc_error **KPC_NULLABLE error);

/**
 * Frees the result of a voucher call and wipes its secrets. Buffers that were handed out stay.
 *
 * @param voucher  the voucher; NULL is fine
 */
KPC_API void kpc_voucher_free(kpc_voucher *KPC_NULLABLE voucher);

/* ---- Channels that remember ------------------------------------------------------------------ */

/** What kpc_writer_state returns for what is no live kpc_writer. */
#define KPC_WRITER_NONE 0
/** All messages are on the mixnet. */
#define KPC_WRITER_IDLE 1
/** Boxes are on their way. */
#define KPC_WRITER_SENDING 2
/** The last attempt failed, kpc_writer_error says why; there will be others. */
#define KPC_WRITER_RETRYING 3
/** A box holds what this writer did not write. Nothing is sent until kpc_writer_step_over. */
#define KPC_WRITER_CONFLICT 4
/** Messages of more boxes go by copy stream, unless kpc_writer_set_copy_above says otherwise. */
#define KPC_WRITER_COPY_ABOVE 1024

/**
 * The kind of a message that is nothing in particular. Those from 128 to 255 are the program's own;
 * KPC_MESSAGE_KIND_FILE is that of files, and all others are kept for later versions of the
 * library.
 */
#define KPC_MESSAGE_KIND 1
/** The first kind of a program's own. */
#define KPC_FIRST_MESSAGE_KIND_OF_PROGRAMS 128
/** Bytes of a message at most. */
#define KPC_MAX_MESSAGE_SIZE 8388608

/** What kpc_reader_state returns for what is no live kpc_reader. */
#define KPC_READER_NONE 0
/** The next box is awaited. */
#define KPC_READER_WAITING 1
/** The last attempt failed, kpc_reader_error says why; there will be others. */
#define KPC_READER_RETRYING 2
/** The next box cannot be opened. There will be other attempts, until kpc_reader_skip. */
#define KPC_READER_STUCK 3

/** The kind of the messages that files consist of: kpc_reader_receive_file takes them. */
#define KPC_MESSAGE_KIND_FILE 2

/** What kpc_message_arrival returns for what is no live kpc_message. */
#define KPC_ARRIVAL_NONE 0
/** A message: kpc_message_kind, kpc_message_data. */
#define KPC_ARRIVAL_MESSAGE 1
/** A tombstone: the writer deleted what was in a box. */
#define KPC_ARRIVAL_TOMBSTONE 2
/** A box that no writer of this library filled: kpc_message_data is all that it holds. */
#define KPC_ARRIVAL_FOREIGN 3
/** Boxes that belong to no whole message: kpc_message_data is a sentence that says why. */
#define KPC_ARRIVAL_BROKEN 4
/** A box that kpc_reader_skip passed over. */
#define KPC_ARRIVAL_SKIPPED 5

/**
 * Boxes that the network has lost, kpc_message_missing_boxes of them: kpc_message_data is a
 * sentence that says so.
 */
#define KPC_ARRIVAL_MISSING 6

/** What a shared text gives: reading. */
#define KPC_SHARED_READ 1
/** What a shared text gives: writing, and reading with it. */
#define KPC_SHARED_WRITE 2

/**
 * Opens a database, or creates it with mode 0600. Looks at the disk only; the client need not be
 * connected, nor ever be: what waits to be sent and read then waits for that. Several processes
 * may have one database open at a time, each channel in one of them. Messages and capabilities lie
 * in the file in clear.
 *
 * @param client      the client, whose connection all channels of the store use
 * @param path        the file; NULL for a database in memory, which is gone with the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param store       receives the store
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY (the path), KPC_ERR_NO_MEMORY (also no thread
 *          to be had)
 *
 * Ownership: *store is the caller's, kpc_store_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_open(kpc_client *KPC_NONNULL client, const char *KPC_NULLABLE path,
                          int32_t timeout_ms, kpc_store **KPC_NONNULL store,
                          kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_async(kpc_client *KPC_NONNULL client, const char *KPC_NULLABLE path,
                                int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_result(const kpc_result *KPC_NONNULL result,
                                 kpc_store **KPC_NONNULL store, kpc_error **KPC_NULLABLE error);

/**
 * Closes the database, and all writers and readers of the store, whose calls fail with
 * KPC_ERR_CLOSED from now on. When this completes the file is whole by itself, and another store
 * can open it.
 *
 * @param store       the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_close(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                           kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_close_async(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                 const kpc_completion *KPC_NULLABLE done, kpc_op *KPC_NULLABLE op,
                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_close_result(const kpc_result *KPC_NONNULL result,
                                  kpc_error **KPC_NULLABLE error);

/**
 * Frees a store. Its writers and readers go on until they are freed; with the last of them the
 * database is closed, a moment later. kpc_store_close waits for that.
 *
 * @param store  the store; NULL is fine
 *
 * Threads: any, callbacks and finalizers included. Never waits.
 */
KPC_API void kpc_store_free(kpc_store *KPC_NULLABLE store);

/**
 * How many names a list has.
 *
 * @param names  the list
 * @return the number; 0 for what is no live kpc_names
 */
KPC_API size_t kpc_names_count(const kpc_names *KPC_NONNULL names);

/**
 * One name of a list.
 *
 * @param names     the list
 * @param position  which one, from 0
 * @param name      receives the text, UTF-8 and followed by a NUL
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_names_at(const kpc_names *KPC_NONNULL names, size_t position,
                        kpc_buffer **KPC_NONNULL name, kpc_error **KPC_NULLABLE error);

/**
 * Frees a list of names.
 *
 * @param names  the list; NULL is fine
 */
KPC_API void kpc_names_free(kpc_names *KPC_NULLABLE names);

/**
 * Creates a channel and opens it to write to it. It is in the database when this completes.
 *
 * @param store       the store
 * @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
 *                    their own
 * @param seed        from which the channel's capability is computed; may be NULL, with seed_len 0,
 *                    which draws one
 * @param seed_len    how many bytes, 0 or KPC_SEED_SIZE
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param writer      receives the writer
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a writer of this name),
 *          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_ARG_SIZE (of the seed)
 *
 * Ownership: *writer is the caller's, kpc_writer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_create_writer(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                   const uint8_t *KPC_NULLABLE seed, size_t seed_len,
                                   int32_t timeout_ms, kpc_writer **KPC_NONNULL writer,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_create_writer_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                         const uint8_t *KPC_NULLABLE seed, size_t seed_len,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_create_writer_result(const kpc_result *KPC_NONNULL result,
                                          kpc_writer **KPC_NONNULL writer,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Adds a channel that exists, and opens it to write to it. Boxes that hold something already are
 * never overwritten: the writer reports KPC_WRITER_CONFLICT when it comes to one.
 *
 * @param store       the store
 * @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
 *                    their own
 * @param write_cap   the channel
 * @param index       the box that is written first; NULL for the first of the channel
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param writer      receives the writer
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a writer of this name),
 *          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_INVALID_CAPABILITY (also an index of another
 *          channel)
 *
 * Ownership: *writer is the caller's, kpc_writer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_writer(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                   const kpc_write_cap *KPC_NONNULL write_cap,
                                   const kpc_box_index *KPC_NULLABLE index, int32_t timeout_ms,
                                   kpc_writer **KPC_NONNULL writer, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_writer_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                         const kpc_write_cap *KPC_NONNULL write_cap,
                                         const kpc_box_index *KPC_NULLABLE index,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_writer_result(const kpc_result *KPC_NONNULL result,
                                          kpc_writer **KPC_NONNULL writer,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel of the store to write to it. What was not on the mixnet yet is sent from now on.
 * Whoever opens it twice from one store shares one writer.
 *
 * @param store       the store
 * @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
 *                    their own
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param writer      receives the writer
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (another store has it
 *          open, here or in another process), KPC_ERR_ARG_EMPTY (no name)
 *
 * Ownership: *writer is the caller's, kpc_writer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_writer(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                 int32_t timeout_ms, kpc_writer **KPC_NONNULL writer,
                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_writer_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                       int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                       kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_writer_result(const kpc_result *KPC_NONNULL result,
                                        kpc_writer **KPC_NONNULL writer,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Removes a channel with all its messages from the database. What is on the mixnet stays there.
 *
 * @param store       the store
 * @param name        the name of the channel
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (it is open, here or in
 *          another process), KPC_ERR_ARG_EMPTY (no name)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_writer(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                   int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_writer_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_writer_result(const kpc_result *KPC_NONNULL result,
                                          kpc_error **KPC_NULLABLE error);

/**
 * The names of all writers of a store.
 *
 * @param store       the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param names       receives the list, possibly of none
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 *
 * Ownership: *names is the caller's, kpc_names_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_writers(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                  kpc_names **KPC_NONNULL names, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_writers_async(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                        const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_writers_result(const kpc_result *KPC_NONNULL result,
                                         kpc_names **KPC_NONNULL names,
                                         kpc_error **KPC_NULLABLE error);

/**
 * Adds a channel of somebody's and opens it to read it. It is in the database when this completes.
 *
 * @param store       the store
 * @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
 *                    their own
 * @param read_cap    the channel
 * @param index       the box that is read first; NULL for the first of the channel
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param reader      receives the reader
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a reader of this name),
 *          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_INVALID_CAPABILITY (also an index of another
 *          channel)
 *
 * Ownership: *reader is the caller's, kpc_reader_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_reader(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                   const kpc_read_cap *KPC_NONNULL read_cap,
                                   const kpc_box_index *KPC_NULLABLE index, int32_t timeout_ms,
                                   kpc_reader **KPC_NONNULL reader, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_reader_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                         const kpc_read_cap *KPC_NONNULL read_cap,
                                         const kpc_box_index *KPC_NULLABLE index,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_import_reader_result(const kpc_result *KPC_NONNULL result,
                                          kpc_reader **KPC_NONNULL reader,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel of the store to read it, from where it was left. Whoever opens it twice from one
 * store shares one reader.
 *
 * @param store       the store
 * @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
 *                    their own
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param reader      receives the reader
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (another store has it
 *          open, here or in another process), KPC_ERR_ARG_EMPTY (no name)
 *
 * Ownership: *reader is the caller's, kpc_reader_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_reader(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                 int32_t timeout_ms, kpc_reader **KPC_NONNULL reader,
                                 kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_reader_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                       int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                       kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_reader_result(const kpc_result *KPC_NONNULL result,
                                        kpc_reader **KPC_NONNULL reader,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Removes a channel with all its messages from the database. What is on the mixnet stays there.
 *
 * @param store       the store
 * @param name        the name of the channel
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (it is open, here or in
 *          another process), KPC_ERR_ARG_EMPTY (no name)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_reader(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                   int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_reader_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_delete_reader_result(const kpc_result *KPC_NONNULL result,
                                          kpc_error **KPC_NULLABLE error);

/**
 * The names of all readers of a store.
 *
 * @param store       the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param names       receives the list, possibly of none
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 *
 * Ownership: *names is the caller's, kpc_names_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_readers(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                  kpc_names **KPC_NONNULL names, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_readers_async(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                        const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_readers_result(const kpc_result *KPC_NONNULL result,
                                         kpc_names **KPC_NONNULL names,
                                         kpc_error **KPC_NULLABLE error);

/**
 * The name of the channel.
 *
 * @param writer  the writer
 * @param name    receives the text, UTF-8 and followed by a NUL
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_name(const kpc_writer *KPC_NONNULL writer, kpc_buffer **KPC_NONNULL name,
                           kpc_error **KPC_NULLABLE error);

/**
 * The capability to write to the channel; for nobody else.
 *
 * @param writer     the writer
 * @param write_cap  receives the capability; secret
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_write_cap(const kpc_writer *KPC_NONNULL writer,
                                kpc_write_cap *KPC_NONNULL write_cap,
                                kpc_error **KPC_NULLABLE error);

/**
 * The capability to read the channel, for its readers.
 *
 * @param writer    the writer
 * @param read_cap  receives the capability
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_read_cap(const kpc_writer *KPC_NONNULL writer,
                               kpc_read_cap *KPC_NONNULL read_cap, kpc_error **KPC_NULLABLE error);

/**
 * The first box that no message has been given yet. Messages that were sent a moment ago may have
 * none yet; what they are given comes from here on, too.
 *
 * @param writer  the writer
 * @param index   receives the index; secret
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_next_index(const kpc_writer *KPC_NONNULL writer,
                                 kpc_box_index *KPC_NONNULL index, kpc_error **KPC_NULLABLE error);

/**
 * Sets the most boxes that a message may have to be written box by box. One of more boxes goes by
 * copy stream: it is written to a temporary stream, and then a courier writes its boxes. So none of
 * it is there while it is on its way, which takes a third more packets, and then all of it at once.
 * Where a courier fails, the boxes are written one by one after all. KPC_WRITER_COPY_ABOVE is the
 * limit until this is called. It holds while the channel is open, for all handles, and for messages
 * that have not been begun. The database does not keep it: a program that wants another limit calls
 * this each time it has opened the channel.
 *
 * @param writer  the writer
 * @param boxes   the limit; 0 lets no message go by copy stream
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_set_copy_above(kpc_writer *KPC_NONNULL writer, uint32_t boxes,
                                     kpc_error **KPC_NULLABLE error);

/**
 * How many boxes are written of the copy stream by which a message goes just now.
 * KPC_EVENT_COPY_PROGRESS reports each change.
 *
 * @param writer  the writer
 * @return the number; 0 while no message goes by copy stream, and for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_copy_written(const kpc_writer *KPC_NONNULL writer);

/**
 * How many boxes that copy stream has. When all are written, a courier has the command.
 *
 * @param writer  the writer
 * @return the number; 0 while no message goes by copy stream, and for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_copy_needed(const kpc_writer *KPC_NONNULL writer);

/**
 * How many messages are not known to be on the mixnet.
 *
 * @param writer  the writer
 * @return the number; 0 for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_pending(const kpc_writer *KPC_NONNULL writer);

/**
 * The number of the last message that was sent, stored or not.
 *
 * @param writer  the writer
 * @return the number; 0 if there is none, and for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_last_message(const kpc_writer *KPC_NONNULL writer);

/**
 * What the writer does.
 *
 * @param writer  the writer
 * @return KPC_WRITER_...; KPC_WRITER_NONE, 0, for what is no live kpc_writer
 */
KPC_API int32_t kpc_writer_state(const kpc_writer *KPC_NONNULL writer);

/**
 * What is wrong in the states KPC_WRITER_RETRYING and KPC_WRITER_CONFLICT.
 *
 * @param writer  the writer
 * @return the error; NULL if nothing is wrong, for what is no live kpc_writer, or without memory
 *
 * Ownership: the error is the caller's, kpc_error_free.
 */
KPC_API KPC_MUST_USE kpc_error *kpc_writer_error(const kpc_writer *KPC_NONNULL writer);

/**
 * Frees one handle of a writer. With the last handle it stops, and the store gives the channel up;
 * another store can open it a moment later, or right after kpc_store_close.
 *
 * @param writer  the writer; NULL is fine
 *
 * Threads: any, callbacks and finalizers included. Never waits.
 */
KPC_API void kpc_writer_free(kpc_writer *KPC_NULLABLE writer);

/**
 * Takes a message, which is as many boxes as it needs. When this completes the message is on the
 * disk, and from then on it is sent, whatever crashes. A time limit or a cancel may come too late
 * to stop it: kpc_writer_last_message then says whether the message was taken.
 *
 * @param writer       the writer
 * @param kind         KPC_MESSAGE_KIND, or one of the program's own from 128 on; the reader is told
 * @param message      the bytes; may be NULL if message_len is 0
 * @param message_len  how many bytes, KPC_MAX_MESSAGE_SIZE at most
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param number       receives the message's number in this writer, from 1; may be NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_ARG_VALUE (also another kind),
 *          KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_MEMORY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send(kpc_writer *KPC_NONNULL writer, uint8_t kind,
                           const uint8_t *KPC_NULLABLE message, size_t message_len,
                           int32_t timeout_ms, uint64_t *KPC_NULLABLE number,
                           kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send_async(kpc_writer *KPC_NONNULL writer, uint8_t kind,
                                 const uint8_t *KPC_NULLABLE message, size_t message_len,
                                 int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                 kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send_result(const kpc_result *KPC_NONNULL result,
                                  uint64_t *KPC_NULLABLE number, kpc_error **KPC_NULLABLE error);

/**
 * Waits until a message and all before it are on the mixnet. That may be never: in the state
 * KPC_WRITER_CONFLICT nothing is sent.
 *
 * @param writer      the writer
 * @param number      the message
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (no message has this number)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_stored(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                  int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_stored_async(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_stored_result(const kpc_result *KPC_NONNULL result,
                                         kpc_error **KPC_NULLABLE error);

/**
 * Makes the next boxes tombstones, behind all messages that were sent before.
 * kpc_writer_erase_before deletes messages.
 *
 * @param writer      the writer
 * @param count       how many boxes, at least 1
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param number      receives the number that they have together, as one message; may be NULL
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_tombstone(kpc_writer *KPC_NONNULL writer, uint32_t count, int32_t timeout_ms,
                                uint64_t *KPC_NULLABLE number, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_tombstone_async(kpc_writer *KPC_NONNULL writer, uint32_t count,
                                      int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                      kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_tombstone_result(const kpc_result *KPC_NONNULL result,
                                       uint64_t *KPC_NULLABLE number,
                                       kpc_error **KPC_NULLABLE error);

/**
 * Deletes messages: replaces the boxes of all before a number with tombstones, and removes the
 * messages from the database. When this completes that is on the disk, and will be done whatever
 * crashes; kpc_writer_wait_erased waits for it. Readers that have the messages keep them, slower
 * ones are told of tombstones.
 *
 * @param writer      the writer
 * @param number      the first message that stays
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (it is behind that of the next
 *          message)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_erase_before(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                   int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_erase_before_async(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_erase_before_result(const kpc_result *KPC_NONNULL result,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Waits until the boxes of all messages before a number are tombstones.
 *
 * @param writer      the writer
 * @param number      the number that kpc_writer_erase_before was given
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_erased(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                  int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_erased_async(kpc_writer *KPC_NONNULL writer, uint64_t number,
                                        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_wait_erased_result(const kpc_result *KPC_NONNULL result,
                                         kpc_error **KPC_NULLABLE error);

/**
 * In the state KPC_WRITER_CONFLICT: gives all messages that are not on the mixnet boxes behind the
 * taken ones, and goes on. Completes when that is done; at once in any other state. A message of
 * which some boxes were written is written anew as a whole; its readers are told of a broken one
 * before.
 *
 * @param writer      the writer
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_step_over(kpc_writer *KPC_NONNULL writer, int32_t timeout_ms,
                                kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_step_over_async(kpc_writer *KPC_NONNULL writer, int32_t timeout_ms,
                                      const kpc_completion *KPC_NULLABLE done,
                                      kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_step_over_result(const kpc_result *KPC_NONNULL result,
                                       kpc_error **KPC_NULLABLE error);

/**
 * The name of the channel.
 *
 * @param reader  the reader
 * @param name    receives the text, UTF-8 and followed by a NUL
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_name(const kpc_reader *KPC_NONNULL reader, kpc_buffer **KPC_NONNULL name,
                           kpc_error **KPC_NULLABLE error);

/**
 * The capability to read the channel.
 *
 * @param reader    the reader
 * @param read_cap  receives the capability
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_read_cap(const kpc_reader *KPC_NONNULL reader,
                               kpc_read_cap *KPC_NONNULL read_cap, kpc_error **KPC_NULLABLE error);

/**
 * The box that is awaited.
 *
 * @param reader  the reader
 * @param index   receives the index; secret
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_next_index(const kpc_reader *KPC_NONNULL reader,
                                 kpc_box_index *KPC_NONNULL index, kpc_error **KPC_NULLABLE error);

/**
 * How many messages wait to be acknowledged.
 *
 * @param reader  the reader
 * @return the number; 0 for what is no live kpc_reader
 */
KPC_API uint64_t kpc_reader_waiting(const kpc_reader *KPC_NONNULL reader);

/**
 * What the reader does.
 *
 * @param reader  the reader
 * @return KPC_READER_...; KPC_READER_NONE, 0, for what is no live kpc_reader
 */
KPC_API int32_t kpc_reader_state(const kpc_reader *KPC_NONNULL reader);

/**
 * What is wrong in the states KPC_READER_RETRYING and KPC_READER_STUCK.
 *
 * @param reader  the reader
 * @return the error; NULL if nothing is wrong, for what is no live kpc_reader, or without memory
 *
 * Ownership: the error is the caller's, kpc_error_free.
 */
KPC_API KPC_MUST_USE kpc_error *kpc_reader_error(const kpc_reader *KPC_NONNULL reader);

/**
 * Passes over the box that is awaited or cannot be opened, without reading it. It is delivered as
 * KPC_ARRIVAL_SKIPPED. A box that the network has lost needs no such call, as soon as the writer
 * has written 32 more behind it.
 *
 * @param reader  the reader
 * @param index   the box, from kpc_reader_next_index: it may have arrived in the meantime
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_ARG_VALUE (another box is awaited by now)
 *
 * Threads: any, callbacks included. Never waits.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_skip(kpc_reader *KPC_NONNULL reader, const kpc_box_index *KPC_NONNULL index,
                           kpc_error **KPC_NULLABLE error);

/**
 * Something is expected: looks for the next box at once, and often for a while. Whoever watches
 * the daemon's traffic sees that.
 *
 * @param reader  the reader
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Threads: any, callbacks included. Never waits.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_poll_now(kpc_reader *KPC_NONNULL reader, kpc_error **KPC_NULLABLE error);

/**
 * Frees one handle of a reader. With the last handle it stops, and the store gives the channel up;
 * another store can open it a moment later, or right after kpc_store_close.
 *
 * @param reader  the reader; NULL is fine
 *
 * Threads: any, callbacks and finalizers included. Never waits.
 */
KPC_API void kpc_reader_free(kpc_reader *KPC_NULLABLE reader);

/**
 * Waits for the oldest message that is not acknowledged. The same is returned again, also after a
 * crash, until kpc_reader_acknowledge. KPC_NO_WAIT returns none, as the database is asked;
 * kpc_reader_waiting says whether there is one.
 *
 * @param reader      the reader
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param message     receives the message
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *message is the caller's, kpc_message_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive(kpc_reader *KPC_NONNULL reader, int32_t timeout_ms,
                              kpc_message **KPC_NONNULL message, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive_async(kpc_reader *KPC_NONNULL reader, int32_t timeout_ms,
                                    const kpc_completion *KPC_NULLABLE done,
                                    kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive_result(const kpc_result *KPC_NONNULL result,
                                     kpc_message **KPC_NONNULL message,
                                     kpc_error **KPC_NULLABLE error);

/**
 * The program has handled a message, and all before it: kpc_reader_receive does not return them
 * any more. That is on the disk when this completes.
 *
 * @param reader      the reader
 * @param number      the message
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (it was not received)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_acknowledge(kpc_reader *KPC_NONNULL reader, uint64_t number,
                                  int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_acknowledge_async(kpc_reader *KPC_NONNULL reader, uint64_t number,
                                        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_acknowledge_result(const kpc_result *KPC_NONNULL result,
                                         kpc_error **KPC_NULLABLE error);

/**
 * Messages that were received, in their order; acknowledged ones, too.
 *
 * @param reader      the reader
 * @param from        the number of the first one that is wanted; 0 or 1 for the oldest
 * @param max         how many at most
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param messages    receives the list, possibly of none
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_NO_MEMORY
 *
 * Ownership: *messages is the caller's, kpc_messages_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_messages(kpc_reader *KPC_NONNULL reader, uint64_t from, uint32_t max,
                               int32_t timeout_ms, kpc_messages **KPC_NONNULL messages,
                               kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_messages_async(kpc_reader *KPC_NONNULL reader, uint64_t from, uint32_t max,
                                     int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                     kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_messages_result(const kpc_result *KPC_NONNULL result,
                                      kpc_messages **KPC_NONNULL messages,
                                      kpc_error **KPC_NULLABLE error);

/**
 * Deletes acknowledged messages from the database, those before a number. Others are left alone.
 *
 * @param reader      the reader
 * @param number      the first message that is kept
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_forget_before(kpc_reader *KPC_NONNULL reader, uint64_t number,
                                    int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_forget_before_async(kpc_reader *KPC_NONNULL reader, uint64_t number,
                                          int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_forget_before_result(const kpc_result *KPC_NONNULL result,
                                           kpc_error **KPC_NULLABLE error);

/**
 * Sends a file, as messages of KPC_MESSAGE_KIND_FILE, and returns when all of it is on the mixnet.
 * It is read twice: for its hash, and then as the channel has room for more; only a little of it is
 * in the database at a time. Other messages of the writer may be sent meanwhile; a second file
 * waits for the first.
 *
 * After a time limit, a cancel, a failure or a crash, the same call goes on where it was. It
 * begins anew if the file was sent before and nothing of it is left to send:
 * kpc_writer_file_path says whether there is.
 *
 * @param writer      the writer
 * @param path        the file; the readers are told its name, without the directories
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY, KPC_ERR_FILE_NO_FILE_NAME,
 *          KPC_ERR_FILE_NAME_RESERVED, KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR
 *          (a backslash), KPC_ERR_FILE_NAME_CONTROL_CHAR, KPC_ERR_FILE_NOT_REGULAR,
 *          KPC_ERR_FILE_CHANGED (the readers are told that nothing comes of it),
 *          KPC_ERR_FILE_UNFINISHED (another file is: kpc_writer_file_path,
 *          kpc_writer_abandon_file), KPC_ERR_IO (the file cannot be read), KPC_ERR_NO_MEMORY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send_file(kpc_writer *KPC_NONNULL writer, const char *KPC_NONNULL path,
                                int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send_file_async(kpc_writer *KPC_NONNULL writer, const char *KPC_NONNULL path,
                                      int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                      kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_send_file_result(const kpc_result *KPC_NONNULL result,
                                       kpc_error **KPC_NULLABLE error);

/**
 * Gives up the file of which a part was sent. Its readers are told that nothing comes of it; that
 * is on the disk when this completes. It waits for a kpc_writer_send_file that runs: cancel that
 * first.
 *
 * @param writer      the writer
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_NO_FILE (no file is unfinished)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_abandon_file(kpc_writer *KPC_NONNULL writer, int32_t timeout_ms,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_abandon_file_async(kpc_writer *KPC_NONNULL writer, int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_writer_abandon_file_result(const kpc_result *KPC_NONNULL result,
                                          kpc_error **KPC_NULLABLE error);

/**
 * The path of the file that is being sent, or was when the last program ended:
 * kpc_writer_send_file with this path goes on.
 *
 * @param writer  the writer
 * @param path    receives the text, UTF-8 and followed by a NUL
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_FILE (no file is unfinished)
 *
 * Ownership: *path is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_writer_file_path(const kpc_writer *KPC_NONNULL writer, kpc_buffer **KPC_NONNULL path,
                                kpc_error **KPC_NULLABLE error);

/**
 * How many bytes of that file are on the mixnet. KPC_EVENT_FILE_PROGRESS reports each change.
 *
 * @param writer  the writer
 * @return the number; 0 if no file is unfinished, and for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_file_stored(const kpc_writer *KPC_NONNULL writer);

/**
 * How many bytes that file has.
 *
 * @param writer  the writer
 * @return the number; 0 if no file is unfinished, and for what is no live kpc_writer
 */
KPC_API uint64_t kpc_writer_file_size(const kpc_writer *KPC_NONNULL writer);

/**
 * Waits for a file, and returns when it is whole, its hash is right, and it has its name. It grows
 * in the directory under a temporary name that begins with a dot, with mode 0600; what came is on
 * the disk before it is acknowledged, and is deleted from the database then. Nothing is ever
 * overwritten.
 *
 * After a time limit, a cancel, a failure or a crash, the next call goes on where it was, also
 * with another directory or name. If the next message is no part of a file, it is left to
 * kpc_reader_receive, and this returns KPC_ERR_NO_FILE; when it is acknowledged, the next call
 * goes on.
 *
 * @param reader      the reader
 * @param directory   where the file is to be
 * @param name        the name that it gets there; NULL for that which the sender gave it
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param path        receives the text, UTF-8 and followed by a NUL: where the file is
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY (the directory), KPC_ERR_NO_FILE,
 *          KPC_ERR_FILE_EXISTS (nothing is lost: call with another name or directory),
 *          KPC_ERR_FILE_BROKEN (nothing comes of this file; the next call waits for the next one),
 *          KPC_ERR_FILE_NAME_NOT_UTF8 (the sender's name, also for the other statuses of names:
 *          nothing is lost, call with a name), KPC_ERR_FILE_NAME_RESERVED,
 *          KPC_ERR_FILE_NAME_EMPTY, KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR,
 *          KPC_ERR_FILE_NAME_CONTROL_CHAR, KPC_ERR_IO (the directory is none, or full),
 *          KPC_ERR_NO_MEMORY
 *
 * Ownership: *path is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive_file(kpc_reader *KPC_NONNULL reader,
                                   const char *KPC_NONNULL directory, const char *KPC_NULLABLE name,
                                   int32_t timeout_ms, kpc_buffer **KPC_NONNULL path,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive_file_async(kpc_reader *KPC_NONNULL reader,
                                         const char *KPC_NONNULL directory,
                                         const char *KPC_NULLABLE name, int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_reader_receive_file_result(const kpc_result *KPC_NONNULL result,
                                          kpc_buffer **KPC_NONNULL path,
                                          kpc_error **KPC_NULLABLE error);

/**
 * The name that the sender gave to the file that is being received, or for which the last
 * kpc_reader_receive_file could not begin, as its name is taken or is none for a file.
 *
 * @param reader  the reader
 * @param name    receives the text, UTF-8 and followed by a NUL
 * @param error   receives details of a failure; may be NULL
 * @return KPC_OK, any handle error, KPC_ERR_NO_FILE (no file is unfinished),
 *          KPC_ERR_FILE_NAME_NOT_UTF8, KPC_ERR_FILE_NAME_RESERVED, KPC_ERR_FILE_NAME_EMPTY,
 *          KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR,
 *          KPC_ERR_FILE_NAME_CONTROL_CHAR
 *
 * Ownership: *name is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_reader_file_name(const kpc_reader *KPC_NONNULL reader, kpc_buffer **KPC_NONNULL name,
                                kpc_error **KPC_NULLABLE error);

/**
 * How many bytes of that file are on the disk. KPC_EVENT_FILE_PROGRESS reports each change.
 *
 * @param reader  the reader
 * @return the number; 0 if no file is unfinished, and for what is no live kpc_reader
 */
KPC_API uint64_t kpc_reader_file_received(const kpc_reader *KPC_NONNULL reader);

/**
 * How many bytes that file has.
 *
 * @param reader  the reader
 * @return the number; 0 if no file is unfinished, and for what is no live kpc_reader
 */
KPC_API uint64_t kpc_reader_file_size(const kpc_reader *KPC_NONNULL reader);

/**
 * The number of a message in its reader: from 1, without gaps.
 *
 * @param message  the message
 * @return the number; 0 for what is no live kpc_message
 */
KPC_API uint64_t kpc_message_number(const kpc_message *KPC_NONNULL message);

/**
 * What it is.
 *
 * @param message  the message
 * @return KPC_ARRIVAL_...; KPC_ARRIVAL_NONE, 0, for what is no live kpc_message. Later versions
 *          may add some
 */
KPC_API int32_t kpc_message_arrival(const kpc_message *KPC_NONNULL message);

/**
 * The kind that the writer gave it.
 *
 * @param message  the message
 * @return the kind; 0 for what is no KPC_ARRIVAL_MESSAGE, or no live kpc_message
 */
KPC_API uint8_t kpc_message_kind(const kpc_message *KPC_NONNULL message);

/**
 * How many boxes in a row are missing. The network had them once; they were lost, or they expired
 * before they were read. A message of which one was missing is not delivered: what came of it is
 * dropped.
 *
 * @param message  the message
 * @return the number; 0 for what is no KPC_ARRIVAL_MISSING, or no live kpc_message
 */
KPC_API uint32_t kpc_message_missing_boxes(const kpc_message *KPC_NONNULL message);

/**
 * The bytes of a message.
 *
 * @param message  the message
 * @param data     receives the bytes, possibly none
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *data is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_message_data(const kpc_message *KPC_NONNULL message, kpc_buffer **KPC_NONNULL data,
                            kpc_error **KPC_NULLABLE error);

/**
 * When it was received, by this machine's clock.
 *
 * @param message  the message
 * @return Unix seconds; 0 for what is no live kpc_message
 */
KPC_API int64_t kpc_message_received_at_unix(const kpc_message *KPC_NONNULL message);

/**
 * Whether it was acknowledged when it was returned.
 *
 * @param message  the message
 * @return true or false; false for what is no live kpc_message
 */
KPC_API bool kpc_message_is_acknowledged(const kpc_message *KPC_NONNULL message);

/**
 * Frees a message.
 *
 * @param message  the message; NULL is fine
 */
KPC_API void kpc_message_free(kpc_message *KPC_NULLABLE message);

/**
 * How many messages a list has.
 *
 * @param messages  the list
 * @return the number; 0 for what is no live kpc_messages
 */
KPC_API size_t kpc_messages_count(const kpc_messages *KPC_NONNULL messages);

/**
 * One message of a list.
 *
 * @param messages  the list
 * @param position  which one, from 0
 * @param message   receives the message
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *message is the caller's, kpc_message_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_messages_at(const kpc_messages *KPC_NONNULL messages, size_t position,
                           kpc_message **KPC_NONNULL message, kpc_error **KPC_NULLABLE error);

/**
 * Frees a list of messages.
 *
 * @param messages  the list; NULL is fine
 */
KPC_API void kpc_messages_free(kpc_messages *KPC_NULLABLE messages);

/**
 * A channel for somebody who is to read it, as one line of letters and digits: safe in a shell, an
 * e-mail, a URL and, in upper case, a QR code. It begins with kpcr1 and has a checksum that finds
 * any character that was changed, lost or moved.
 *
 * @param read_cap  the capability
 * @param index     where reading begins; NULL for the first box of the channel
 * @param text      receives the text, UTF-8 and followed by a NUL; as secret as the capability
 * @param error     receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INVALID_CAPABILITY (also an index of another channel)
 *
 * Ownership: *text is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_read_cap_to_text(const kpc_read_cap *KPC_NONNULL read_cap,
                                const kpc_box_index *KPC_NULLABLE index,
                                kpc_buffer **KPC_NONNULL text, kpc_error **KPC_NULLABLE error);

/**
 * A channel for another device that is to write it, as kpc_read_cap_to_text. It begins with kpcw1.
 *
 * @param write_cap  the capability
 * @param index      where writing begins; NULL for the first box of the channel
 * @param text       receives the text, UTF-8 and followed by a NUL; as secret as the capability
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INVALID_CAPABILITY (also an index of another channel)
 *
 * Ownership: *text is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_cap_to_text(const kpc_write_cap *KPC_NONNULL write_cap,
                                 const kpc_box_index *KPC_NULLABLE index,
                                 kpc_buffer **KPC_NONNULL text, kpc_error **KPC_NULLABLE error);

/**
 * Reads a text of kpc_read_cap_to_text or kpc_write_cap_to_text, in lower or upper case, also with
 * blanks, line breaks and hyphens in it.
 *
 * @param text       the text
 * @param kind       receives KPC_SHARED_READ or KPC_SHARED_WRITE; may be NULL
 * @param write_cap  receives the capability to write, zero if the text gives reading; secret;
 *                   may be NULL
 * @param read_cap   receives the capability to read; may be NULL
 * @param index      receives where to begin; secret; may be NULL
 * @param error      receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (this is no such text), KPC_ERR_ARG_SIZE (it
 *          was cut off, or has too many characters), KPC_ERR_INVALID_CAPABILITY (it was changed),
 *          KPC_ERR_UNSUPPORTED (of a later version)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_shared_text_parse(const char *KPC_NONNULL text, int32_t *KPC_NULLABLE kind,
                                 kpc_write_cap *KPC_NULLABLE write_cap,
                                 kpc_read_cap *KPC_NULLABLE read_cap,
                                 kpc_box_index *KPC_NULLABLE index, kpc_error **KPC_NULLABLE error);

/**
 * Mints a voucher for a channel that this store is going to write, as the joiner, and publishes
 * what the inductor needs. The voucher is one line of text that begins with kpcv1, to be handed
 * over in a way that nobody else sees; kpc_store_open_voucher then waits for the reply. All that is
 * needed for that is on the disk before anything is published, and the same call again returns the
 * same voucher.
 *
 * @param store         the store
 * @param name          the name of the channel, 1 to 255 bytes; it has no other writer or voucher
 * @param display_name  how the joiner wants to be called; the inductor is told
 * @param timeout_ms    how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a
 *                      timeout the voucher stays: call again
 * @param voucher       receives the text, UTF-8 and followed by a NUL; secret
 * @param error         receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_EXISTS (the name is taken,
 *         also by a voucher with another display name), KPC_ERR_ARG_EMPTY (no name),
 *         KPC_ERR_PAYLOAD_TOO_LARGE (the display name does not fit a box),
 *         KPC_ERR_BOX_ALREADY_EXISTS (somebody else has written to the voucher's stream),
 *         KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
 *
 * Ownership: *voucher is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_mint_voucher(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                  const char *KPC_NONNULL display_name, int32_t timeout_ms,
                                  kpc_buffer **KPC_NONNULL voucher, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_mint_voucher_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                        const char *KPC_NONNULL display_name, int32_t timeout_ms,
                                        const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_mint_voucher_result(const kpc_result *KPC_NONNULL result,
                                         kpc_buffer **KPC_NONNULL voucher,
                                         kpc_error **KPC_NULLABLE error);

/**
 * Accepts a joiner who has handed over a voucher, as the inductor: waits for what the joiner has
 * published, replies to it, and opens the joiner's channel to read it. The voucher, and later the
 * sealed reply, are on the disk before the next step, so the same call again goes on from there,
 * and returns the same after the end. Then what the joiner has published is a tombstone.
 *
 * who_reply is any bytes. As a convention, one program of this library that inducts another replies
 * with the text of kpc_read_cap_to_text for a channel of its own; the joiner then has that to read.
 *
 * @param store          the store
 * @param name           the name of the channel, 1 to 255 bytes; it has no other reader or voucher
 * @param voucher        the text of kpc_store_mint_voucher or kpc_voucher_to_text, or the base64 of
 *                       a voucher; NULL goes on with that of an earlier call for this name
 * @param who_reply      what the joiner is told, sealed; may be NULL if who_reply_len is 0. Not
 *                       looked at when an earlier call has sealed a reply, or without a voucher
 * @param who_reply_len  how many bytes
 * @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a
 *                       timeout the voucher stays: call again
 * @param reader         receives the reader
 * @param display_name   receives the text, UTF-8 and followed by a NUL: how the joiner wants to be
 *                       called; may be NULL
 * @param error          receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_EXISTS (the name is taken,
 *         also by another voucher), KPC_ERR_CHANNEL_NOT_IN_DB (no voucher, and none of an earlier
 *         call; also: it was given up), KPC_ERR_ARG_EMPTY (no name), KPC_ERR_ARG_VALUE (also: the
 *         text is no voucher), KPC_ERR_ARG_SIZE (it was cut off, or has too many characters),
 *         KPC_ERR_INVALID_CAPABILITY (it was changed), KPC_ERR_PAYLOAD_TOO_LARGE (the reply does
 *         not fit a box when it is sealed: call again with a shorter one),
 *         KPC_ERR_VOUCHER_HASH_MISMATCH, KPC_ERR_VOUCHER_SIGNATURE_INVALID,
 *         KPC_ERR_BOX_ALREADY_EXISTS (somebody else has replied with this voucher, and nothing was
 *         overwritten), KPC_ERR_TOMBSTONE (the voucher was used up), KPC_ERR_BUSY (another store
 *         has the channel open), KPC_ERR_UNSUPPORTED (daemons before v0.0.80; a text of a later
 *         version)
 *
 * Ownership: *reader is the caller's, kpc_reader_free; *display_name too, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_induct_voucher(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                    const char *KPC_NULLABLE voucher,
                                    const uint8_t *KPC_NULLABLE who_reply, size_t who_reply_len,
                                    int32_t timeout_ms, kpc_reader **KPC_NONNULL reader,
                                    kpc_buffer **KPC_NULLABLE display_name,
                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_induct_voucher_async(kpc_store *KPC_NONNULL store,
                                          const char *KPC_NONNULL name,
                                          const char *KPC_NULLABLE voucher,
                                          const uint8_t *KPC_NULLABLE who_reply,
                                          size_t who_reply_len, int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_induct_voucher_result(const kpc_result *KPC_NONNULL result,
                                           kpc_reader **KPC_NONNULL reader,
                                           kpc_buffer **KPC_NULLABLE display_name,
                                           kpc_error **KPC_NULLABLE error);

/**
 * Waits for the reply to a voucher that kpc_store_mint_voucher has minted, as the joiner, and opens
 * the channel to write it, where the inductor reads it. The secrets of the voucher leave the
 * database with that. The same call again returns the same writer and the same reply, until the
 * channel is deleted.
 *
 * @param store       the store
 * @param name        the name that kpc_store_mint_voucher was given
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a timeout
 *                    the voucher stays: call again
 * @param writer      receives the writer
 * @param who_reply   receives what the inductor has replied, possibly nothing, and followed by a
 *                    NUL; see kpc_store_induct_voucher; may be NULL
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_NOT_IN_DB (no voucher was
 *         minted for this name, or it was given up), KPC_ERR_ARG_EMPTY (no name),
 *         KPC_ERR_VOUCHER_SEAL_OPEN_FAILED (somebody who has the voucher has replied with something
 *         else), KPC_ERR_TOMBSTONE (somebody has deleted the reply), KPC_ERR_BOX_ALREADY_EXISTS (as
 *         kpc_store_mint_voucher, whose work is finished first), KPC_ERR_BUSY (another store has
 *         the channel open), KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
 *
 * Ownership: *writer is the caller's, kpc_writer_free; *who_reply too, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_voucher(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                  int32_t timeout_ms, kpc_writer **KPC_NONNULL writer,
                                  kpc_buffer **KPC_NULLABLE who_reply,
                                  kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_voucher_async(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_voucher_result(const kpc_result *KPC_NONNULL result,
                                         kpc_writer **KPC_NONNULL writer,
                                         kpc_buffer **KPC_NULLABLE who_reply,
                                         kpc_error **KPC_NULLABLE error);

/**
 * The names for which kpc_store_mint_voucher has minted vouchers that are not opened yet. A program
 * that starts again calls kpc_store_open_voucher for each.
 *
 * @param store       the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param names       receives the list, possibly of none
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 *
 * Ownership: *names is the caller's, kpc_names_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_vouchers(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                   kpc_names **KPC_NONNULL names, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_vouchers_async(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_vouchers_result(const kpc_result *KPC_NONNULL result,
                                          kpc_names **KPC_NONNULL names,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Gives up a voucher of kpc_store_mint_voucher that is not opened yet: the name is free again, and
 * whoever replies gets no answer. What is on the mixnet stays there.
 *
 * @param store       the store
 * @param name        the name that kpc_store_mint_voucher was given
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB (there is no such voucher),
 *         KPC_ERR_ARG_EMPTY (no name)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_voucher(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                    int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_voucher_async(kpc_store *KPC_NONNULL store,
                                          const char *KPC_NONNULL name, int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_voucher_result(const kpc_result *KPC_NONNULL result,
                                           kpc_error **KPC_NULLABLE error);

/**
 * The names for which kpc_store_induct_voucher has started and not come to its end. A program that
 * starts again calls it for each, without a voucher.
 *
 * @param store       the store
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param names       receives the list, possibly of none
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error
 *
 * Ownership: *names is the caller's, kpc_names_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_inductions(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                     kpc_names **KPC_NONNULL names, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_inductions_async(kpc_store *KPC_NONNULL store, int32_t timeout_ms,
                                           const kpc_completion *KPC_NULLABLE done,
                                           kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_list_inductions_result(const kpc_result *KPC_NONNULL result,
                                            kpc_names **KPC_NONNULL names,
                                            kpc_error **KPC_NULLABLE error);

/**
 * Gives up what kpc_store_induct_voucher has started and not finished: the name is free again. If
 * the reply is on the mixnet already, the joiner reads it, and writes to nobody.
 *
 * @param store       the store
 * @param name        the name that kpc_store_induct_voucher was given
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB (nothing was started),
 *         KPC_ERR_ARG_EMPTY (no name)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_induction(kpc_store *KPC_NONNULL store, const char *KPC_NONNULL name,
                                      int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_induction_async(kpc_store *KPC_NONNULL store,
                                            const char *KPC_NONNULL name, int32_t timeout_ms,
                                            const kpc_completion *KPC_NULLABLE done,
                                            kpc_op *KPC_NULLABLE op,
                                            kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_cancel_induction_result(const kpc_result *KPC_NONNULL result,
                                             kpc_error **KPC_NULLABLE error);

/**
 * A voucher of kpc_voucher_mint as the line of text that kpc_store_mint_voucher returns: letters
 * and digits alone, kpcv1 at the beginning, and a checksum.
 *
 * @param voucher  the voucher
 * @param text     receives the text, UTF-8 and followed by a NUL; as secret as the voucher
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL
 *
 * Ownership: *text is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_to_text(const kpc_hash *KPC_NONNULL voucher, kpc_buffer **KPC_NONNULL text,
                               kpc_error **KPC_NULLABLE error);

/**
 * Reads a text of kpc_voucher_to_text or kpc_store_mint_voucher, in lower or upper case, also with
 * blanks, line breaks and hyphens in it; or the base64 of a voucher, in which other programs show
 * them, and which has no checksum.
 *
 * @param text     the text
 * @param voucher  receives the voucher; secret
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (this is no voucher), KPC_ERR_ARG_SIZE (it
 *          was cut off, or has too many characters), KPC_ERR_INVALID_CAPABILITY (it was changed),
 *          KPC_ERR_UNSUPPORTED (of a later version)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_voucher_text_parse(const char *KPC_NONNULL text, kpc_hash *KPC_NONNULL voucher,
                                  kpc_error **KPC_NULLABLE error);

/* ---- Channels in a database of the program's ------------------------------------------------- */

/**
 * A loss of power may undo the transaction, wholly, and all after it; a crash of the program does
 * not.
 */
#define KPC_DURABILITY_SOON 0

/**
 * When it is committed, the transaction and all before it are on the disk; also where it only puts
 * a value again as it was.
 */
#define KPC_DURABILITY_NOW 1
/** No key that a backing is given is longer. */
#define KPC_MAX_BACKING_KEY_SIZE 320
/** No value that a backing is given is longer. */
#define KPC_MAX_BACKING_VALUE_SIZE 8392704

/**
 * Starts a transaction, which nobody else's writes may interrupt. durability is one of
 * KPC_DURABILITY_; later versions may add others, to be taken for KPC_DURABILITY_NOW.
 */
typedef kpc_status (*kpc_backing_begin_fn)(void *user_data, int32_t durability);

/** Ends the transaction: all of it is stored, or nothing. If it fails, rollback is called next. */
typedef kpc_status (*kpc_backing_commit_fn)(void *user_data);

/**
 * Undoes everything since begin, and ends the transaction; also one that the database has ended
 * by itself after a failure. Must not fail.
 */
typedef void (*kpc_backing_rollback_fn)(void *user_data);

/**
 * Gives the record of exactly this key to kpc_records_add, once, as the transaction has made it;
 * nothing where there is none, which is a success.
 */
typedef kpc_status (*kpc_backing_get_fn)(void *user_data, const uint8_t *key, size_t key_len,
                                         const kpc_records *records);

/**
 * Stores a value, in place of an older one of the key. value may be empty, and is then still a
 * record.
 */
typedef kpc_status (*kpc_backing_put_fn)(void *user_data, const uint8_t *key, size_t key_len,
                                         const uint8_t *value, size_t value_len);

/** Removes the record of a key; none is a success, too. */
typedef kpc_status (*kpc_backing_remove_fn)(void *user_data, const uint8_t *key, size_t key_len);

/** Removes all records with from <= key < to. */
typedef kpc_status (*kpc_backing_remove_range_fn)(void *user_data, const uint8_t *from,
                                                  size_t from_len, const uint8_t *to,
                                                  size_t to_len);

/**
 * Gives the records with from <= key < to to kpc_records_add, in the order of their bytes (as by
 * memcmp, and the shorter one first where it begins the longer one), the first limit of them.
 */
typedef kpc_status (*kpc_backing_scan_fn)(void *user_data, const uint8_t *from, size_t from_len,
                                          const uint8_t *to, size_t to_len, size_t limit,
                                          const kpc_records *records);

/**
 * Makes the store the owner of a channel among all that have the database open, in this process
 * or another: KPC_ERR_BUSY while another has it. The end of a transaction does not change owners;
 * release does, and so should the death of the process.
 */
typedef kpc_status (*kpc_backing_claim_fn)(void *user_data, uint64_t channel);

/** Gives up a channel that was claimed. Must not fail. */
typedef void (*kpc_backing_release_fn)(void *user_data, uint64_t channel);

/**
 * A database of the program's: an ordered set of records, each with a key and a value of any
 * bytes, zeros among them. Keys have 1 to KPC_MAX_BACKING_KEY_SIZE bytes, values 0 to
 * KPC_MAX_BACKING_VALUE_SIZE. Capabilities and messages are in them in clear; the store may share
 * a database with other data, if its records have a table or a prefix of their own.
 *
 * get, put, remove, remove_range and scan are called between begin and commit or rollback, and see
 * what the transaction has changed. There is one transaction at a time. After a failure in one it
 * is rolled back, what the program had asked for fails or is tried again, and nothing is lost.
 *
 * A function returns KPC_OK, KPC_ERR_NO_MEMORY, claim also KPC_ERR_BUSY, or any other number but 0:
 * an error code of the database, for example. The call that fails then returns KPC_ERR_DB, with a
 * message that names function and number. Bytes that a function is given are valid until it
 * returns. None may throw a C++ exception, longjmp, or end the thread, which has 8 MiB of stack.
 *
 * Set everything to 0 first, then size to sizeof(kpc_backing).
 */
typedef struct kpc_backing {
    /** The size of the struct as the program knows it. Later versions may add functions. */
    size_t size;
    /** Compulsory. */
    kpc_backing_begin_fn begin;
    /** Compulsory. */
    kpc_backing_commit_fn commit;
    /** Compulsory. */
    kpc_backing_rollback_fn rollback;
    /** Compulsory. */
    kpc_backing_get_fn get;
    /** Compulsory. */
    kpc_backing_put_fn put;
    /** Compulsory. */
    kpc_backing_remove_fn remove;
    /** May be NULL: then the records are removed one by one, by scan and remove. */
    kpc_backing_remove_range_fn remove_range;
    /** Compulsory. */
    kpc_backing_scan_fn scan;
    /**
     * May be NULL, with release: then the program sees to it that only one store is open on the
     * database at a time, in all processes.
     */
    kpc_backing_claim_fn claim;
    /** May be NULL, with claim. */
    kpc_backing_release_fn release;
} kpc_backing;

/**
 * Hands over a record that get or scan of a kpc_backing has found. What is not what was asked for
 * is refused, and the function then fails, whatever it returns.
 *
 * @param records    what the function was lent
 * @param key        the key of the record
 * @param key_len    how many bytes
 * @param value      its value, copied; may be NULL, with value_len 0
 * @param value_len  how many bytes
 * @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE, KPC_ERR_NO_MEMORY, KPC_ERR_DB (a record of
 *          another key than was asked for, out of order, twice, or beyond the limit)
 */
KPC_API
kpc_status kpc_records_add(const kpc_records *KPC_NONNULL records, const uint8_t *KPC_NONNULL key,
                           size_t key_len, const uint8_t *KPC_NULLABLE value, size_t value_len);

/**
 * Opens a store in a database of the program's, for programs that have one already, encrypted
 * perhaps. Everything else is as with kpc_store_open: what is on the mixnet and what was
 * acknowledged is as sure as the database. kpc_backing_check tells whether a backing does what it
 * must.
 *
 * The functions of the backing are called on the store's own thread, one at a time. After the last
 * of them drop is called there, when the store is closed or has gone with its writers and readers.
 * In all of them a call that would have to wait for the client returns KPC_ERR_WOULD_DEADLOCK, and
 * everything else is allowed.
 *
 * @param client      the client, whose connection all channels of the store use
 * @param backing     the functions over the database; copied
 * @param user_data   passed to all of them and to drop; may be NULL
 * @param drop        called once with user_data, after the last function, also when this call
 *                    fails; may be NULL
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param store       receives the store
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any store error, KPC_ERR_ARG_SIZE (the backing has an impossible size, or
 *          functions that this library does not know), KPC_ERR_NO_MEMORY (also no thread to be had)
 *
 * Ownership: *store is the caller's, kpc_store_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_on(kpc_client *KPC_NONNULL client, const kpc_backing *KPC_NONNULL backing,
                             void *KPC_NULLABLE user_data, kpc_drop_fn KPC_NULLABLE drop,
                             int32_t timeout_ms, kpc_store **KPC_NONNULL store,
                             kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_on_async(kpc_client *KPC_NONNULL client,
                                   const kpc_backing *KPC_NONNULL backing,
                                   void *KPC_NULLABLE user_data, kpc_drop_fn KPC_NULLABLE drop,
                                   int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                   kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_store_open_on_result(const kpc_result *KPC_NONNULL result,
                                    kpc_store **KPC_NONNULL store, kpc_error **KPC_NULLABLE error);

/**
 * Checks that a backing does what kpc_backing asks for: makes some hundreds of transactions in a
 * database without records, which has none again afterwards, and compares what they come to with
 * what they must. For the tests of whoever writes a backing. What a loss of power does is not
 * checked, nor are other processes.
 *
 * @param backing    the functions over the database, called on the calling thread
 * @param user_data  passed to all of them; may be NULL
 * @param seed       the same number makes the same transactions; any
 * @param error      receives details of a failure: which rule is broken, and how; may be NULL
 * @return KPC_OK, KPC_ERR_DB (a rule is broken, a function failed, or there are records already),
 *          KPC_ERR_ARG_NULL (also a function), KPC_ERR_ARG_VALUE, KPC_ERR_ARG_SIZE (the backing
 *          has an impossible size, or functions that this library does not know),
 *          KPC_ERR_NO_MEMORY
 */
KPC_API KPC_MUST_USE
kpc_status kpc_backing_check(const kpc_backing *KPC_NONNULL backing, void *KPC_NULLABLE user_data,
                             uint64_t seed, kpc_error **KPC_NULLABLE error);

/* ---- Channels of the older API --------------------------------------------------------------- */

/**
 * Names a channel of one client: never 0, never used twice by it. A channel is one end of a
 * stream of boxes, and knows where its next write or read goes. It outlives a lost
 * connection and a restarted daemon, but not its client: what is to outlive that is stored
 * by the program, as the capability, and the last kpc_channel_query or an index.
 *
 * On daemons up to v0.0.72 these are the channels of their own API; on today's daemons they
 * are carried by the requests for boxes. A program sees no difference.
 */
typedef uint64_t kpc_channel;

/**
 * Makes a new stream and opens a channel to write to it. Nothing is sent to the network.
 *
 * @param client      the client
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel     receives the channel
 * @param read_cap    receives what readers need
 * @param write_cap   receives what a resumption of the channel needs; secret
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_DAEMON_IMPOSSIBLE_NEW_WRITE_CAP,
 *         KPC_ERR_DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER, KPC_ERR_DAEMON_INTERNAL,
 *         KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_create_write_channel(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                    kpc_channel *KPC_NONNULL channel,
                                    kpc_read_cap *KPC_NONNULL read_cap,
                                    kpc_write_cap *KPC_NONNULL write_cap,
                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_write_channel_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_write_channel_result(const kpc_result *KPC_NONNULL result,
                                           kpc_channel *KPC_NONNULL channel,
                                           kpc_read_cap *KPC_NONNULL read_cap,
                                           kpc_write_cap *KPC_NONNULL write_cap,
                                           kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel to read a stream from its beginning. Nothing is sent to the network.
 *
 * @param client      the client
 * @param read_cap    the capability of the stream
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel     receives the channel
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_create_read_channel(kpc_client *KPC_NONNULL client,
                                   const kpc_read_cap *KPC_NONNULL read_cap, int32_t timeout_ms,
                                   kpc_channel *KPC_NONNULL channel,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_read_channel_async(kpc_client *KPC_NONNULL client,
                                         const kpc_read_cap *KPC_NONNULL read_cap,
                                         int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_create_read_channel_result(const kpc_result *KPC_NONNULL result,
                                          kpc_channel *KPC_NONNULL channel,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Closes a channel. Its queries in flight complete with KPC_ERR_CANCELLED; what has left may still
 * arrive. The stream stays as it is, and can be resumed.
 *
 * @param client      the client
 * @param channel     the channel
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such channel is open)
 */
KPC_API KPC_MUST_USE
kpc_status kpc_close_channel(kpc_client *KPC_NONNULL client, kpc_channel channel,
                             int32_t timeout_ms, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_close_channel_async(kpc_client *KPC_NONNULL client, kpc_channel channel,
                                   int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                   kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_close_channel_result(const kpc_result *KPC_NONNULL result,
                                    kpc_error **KPC_NULLABLE error);

/**
 * Whether a query reads; otherwise it writes.
 *
 * @param query  the query
 * @return true or false; false for what is no live kpc_channel_query
 */
KPC_API bool kpc_channel_query_is_read(const kpc_channel_query *KPC_NONNULL query);

/**
 * Which of the two replicas of a box a read asks for.
 *
 * @param query  the query
 * @return 0 or 1; -1 for either, and for what is no live kpc_channel_query
 */
KPC_API int32_t kpc_channel_query_reply_index(const kpc_channel_query *KPC_NONNULL query);

/**
 * The box that a query reads or writes.
 *
 * @param query  the query
 * @param index  receives the index
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_current_index(const kpc_channel_query *KPC_NONNULL query,
                                           kpc_box_index *KPC_NONNULL index,
                                           kpc_error **KPC_NULLABLE error);

/**
 * The box after the one that a query reads or writes: where a resumed channel continues.
 *
 * @param query  the query
 * @param index  receives the index
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_next_index(const kpc_channel_query *KPC_NONNULL query,
                                        kpc_box_index *KPC_NONNULL index,
                                        kpc_error **KPC_NULLABLE error);

/**
 * The hash that names a query's envelope.
 *
 * @param query  the query
 * @param hash   receives the hash
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_envelope_hash(const kpc_channel_query *KPC_NONNULL query,
                                           kpc_hash *KPC_NONNULL hash,
                                           kpc_error **KPC_NULLABLE error);

/**
 * What opens the answer to a query. A secret.
 *
 * @param query       the query
 * @param descriptor  receives the bytes
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *descriptor is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_envelope_descriptor(const kpc_channel_query *KPC_NONNULL query,
                                                 kpc_buffer **KPC_NONNULL descriptor,
                                                 kpc_error **KPC_NULLABLE error);

/**
 * What of a query travels to the courier.
 *
 * @param query    the query
 * @param payload  receives the bytes
 * @param error    receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *payload is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_payload(const kpc_channel_query *KPC_NONNULL query,
                                     kpc_buffer **KPC_NONNULL payload,
                                     kpc_error **KPC_NULLABLE error);

/**
 * A query in one piece, to be stored, for kpc_channel_query_from_bytes. As secret as the box that
 * it is for.
 *
 * @param query  the query
 * @param bytes  receives the bytes
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, any handle error
 *
 * Ownership: *bytes is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_to_bytes(const kpc_channel_query *KPC_NONNULL query,
                                      kpc_buffer **KPC_NONNULL bytes,
                                      kpc_error **KPC_NULLABLE error);

/**
 * Makes a query from the bytes of kpc_channel_query_to_bytes.
 *
 * @param bytes  the bytes
 * @param len    how many bytes
 * @param query  receives the query
 * @param error  receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are no query, or
 *         were cut off or damaged)
 *
 * Ownership: *query is the caller's, kpc_channel_query_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_from_bytes(const uint8_t *KPC_NONNULL bytes, size_t len,
                                        kpc_channel_query **KPC_NONNULL query,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Makes a query from the parts that another client of the daemon stored.
 *
 * @param is_read         it reads; otherwise it writes
 * @param payload         what travels to the courier
 * @param payload_len     how many bytes
 * @param current         the box that is read or written
 * @param next            the box after it
 * @param reply_index     which replica a read asks for, 0 or 1; -1 for either, and for a write
 * @param envelope_hash   the envelope's hash
 * @param descriptor      what opens the answer
 * @param descriptor_len  how many bytes
 * @param query           receives the query
 * @param error           receives details of a failure; may be NULL
 * @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_VALUE (next does not
 *         follow current, or there is no such replica)
 *
 * Ownership: *query is the caller's, kpc_channel_query_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_channel_query_from_parts(bool is_read, const uint8_t *KPC_NONNULL payload,
                                        size_t payload_len,
                                        const kpc_box_index *KPC_NONNULL current,
                                        const kpc_box_index *KPC_NONNULL next, int32_t reply_index,
                                        const kpc_hash *KPC_NONNULL envelope_hash,
                                        const uint8_t *KPC_NONNULL descriptor,
                                        size_t descriptor_len,
                                        kpc_channel_query **KPC_NONNULL query,
                                        kpc_error **KPC_NULLABLE error);

/**
 * Frees a query. Sending continues.
 *
 * @param query  the query; NULL is fine
 */
KPC_API void kpc_channel_query_free(kpc_channel_query *KPC_NULLABLE query);

/**
 * Prepares the write of the channel's next box. Nothing is sent: store the query, then send
 * it. The channel moves on to the box after it when the query, sent on this channel, is
 * answered; until then another write is prepared for the same box, of which only the first
 * that is sent counts.
 *
 * To delete a box, use kpc_tombstone_box.
 *
 * @param client       the client
 * @param channel      the channel
 * @param payload      what to write
 * @param payload_len  how many bytes, at least 1, as an empty reply means to a reader that nothing
 *                     is there yet; at most MaxPlaintextPayloadLength of
 *                     kpc_client_pigeonhole_geometry
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param query        receives the query
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such
 *         channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (it goes the other way),
 *         KPC_ERR_ARG_EMPTY, KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_DAEMON_CONNECTION_LOST
 *
 * Ownership: *query is the caller's, kpc_channel_query_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_write_channel(kpc_client *KPC_NONNULL client, kpc_channel channel,
                             const uint8_t *KPC_NONNULL payload, size_t payload_len,
                             int32_t timeout_ms, kpc_channel_query **KPC_NONNULL query,
                             kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_write_channel_async(kpc_client *KPC_NONNULL client, kpc_channel channel,
                                   const uint8_t *KPC_NONNULL payload, size_t payload_len,
                                   int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                   kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_write_channel_result(const kpc_result *KPC_NONNULL result,
                                    kpc_channel_query **KPC_NONNULL query,
                                    kpc_error **KPC_NULLABLE error);

/**
 * Prepares the read of a box. Nothing is sent: store the query, then send it, up to three times
 * while nothing is there, and then prepare the read again. The channel moves on to the box after
 * it when the query, sent on this channel, has found something; it never goes back.
 *
 * Couriers up to v0.0.72 look for the box when a query first comes, answer with what they found
 * from the second sending on, and keep that answer: a query that came before the write finds
 * nothing, and one that is sent only once finds nothing either.
 *
 * Several reads may be prepared ahead on one channel, and sent in any order.
 *
 * @param client       the client
 * @param channel      the channel
 * @param index        which box; NULL for the next one of the channel
 * @param reply_index  which of the two replicas of the box to ask for, 0 or 1; -1 for what the
 *                     channel was resumed with, or either. Daemons of today ask both and ignore it
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param query        receives the query
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such
 *         channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (it goes the other way),
 *         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_DAEMON_CONNECTION_LOST
 *
 * Ownership: *query is the caller's, kpc_channel_query_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_read_channel(kpc_client *KPC_NONNULL client, kpc_channel channel,
                            const kpc_box_index *KPC_NULLABLE index, int32_t reply_index,
                            int32_t timeout_ms, kpc_channel_query **KPC_NONNULL query,
                            kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_read_channel_async(kpc_client *KPC_NONNULL client, kpc_channel channel,
                                  const kpc_box_index *KPC_NULLABLE index, int32_t reply_index,
                                  int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                  kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_read_channel_result(const kpc_result *KPC_NONNULL result,
                                   kpc_channel_query **KPC_NONNULL query,
                                   kpc_error **KPC_NULLABLE error);

/**
 * Sends a prepared query. Returns once the query is queued. KPC_EVENT_CHANNEL_QUERY_SENT, with
 * kpc_event_error if it could not be sent, and then KPC_EVENT_CHANNEL_QUERY_REPLY report the
 * outcome, both with message_id. The query is sent again after a lost connection, and when no
 * reply came in time. A query may be sent any number of times, one after the other.
 *
 * A reply without payload and error is success: the write is done, or the box is not there
 * yet.
 *
 * @param client      the client
 * @param channel     the channel
 * @param query       the query; it is not used up
 * @param courier     a courier of the current document, of kpc_client_get_service with
 *                    "courier". Daemons of today choose the courier themselves
 * @param message_id  names the query in its events; of kpc_new_message_id
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED,
 *         KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such channel is open),
 *         KPC_ERR_DAEMON_INVALID_CHANNEL (the query goes the other way than the channel),
 *         KPC_ERR_ARG_SIZE (a payload or queue id of impossible length),
 *         KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document), KPC_ERR_OFFLINE
 *         (the daemon is not on the mixnet), KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BUSY (this query
 *         or message id, or another write for the same box, is on its way),
 *         KPC_ERR_BOX_ALREADY_EXISTS (another query of the channel has written the box:
 *         prepare the write again)
 *
 * Threads: any, callbacks included.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_channel_query(kpc_client *KPC_NONNULL client, kpc_channel channel,
                                  const kpc_channel_query *KPC_NONNULL query,
                                  const kpc_service *KPC_NONNULL courier,
                                  const kpc_id *KPC_NONNULL message_id,
                                  kpc_error **KPC_NULLABLE error);

/**
 * As kpc_send_channel_query, and waits for the reply, which no event reports then.
 * kpc_cancel_resending_encrypted_message with the hash of the query's envelope cancels it.
 *
 * A read of a box that was deleted fails with KPC_ERR_TOMBSTONE; pass the index after it to
 * kpc_read_channel to continue.
 *
 * @param client       the client
 * @param channel      the channel
 * @param query        the query; it is not used up
 * @param courier      a courier of the current document, of kpc_client_get_service with
 *                     "courier". Daemons of today choose the courier themselves
 * @param message_id   names the query in its events; NULL: one is generated
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param payload      receives what a read found; empty for a write, and where the box is not
 *                     there yet
 * @param reply_index  receives which of the two replicas answered, 0 or 1; -1 where that is not
 *                     known; may be NULL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any resending outcome, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no
 *         such channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (the query goes the other way
 *         than the channel), KPC_ERR_ARG_SIZE (a payload or queue id of impossible length),
 *         KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document), KPC_ERR_OFFLINE
 *         (the daemon is not on the mixnet), KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BUSY (this query
 *         or message id, or another write for the same box, is on its way),
 *         KPC_ERR_BOX_ALREADY_EXISTS (another query of the channel has written the box:
 *         prepare the write again), KPC_ERR_CANCELLED (the channel was closed),
 *         KPC_ERR_TOMBSTONE, KPC_ERR_DAEMON_INVALID_PAYLOAD, KPC_ERR_COURIER_INVALID_EPOCH
 *         (prepare the query again)
 *
 * Ownership: *payload is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_send_channel_query_await_reply(kpc_client *KPC_NONNULL client, kpc_channel channel,
                                              const kpc_channel_query *KPC_NONNULL query,
                                              const kpc_service *KPC_NONNULL courier,
                                              const kpc_id *KPC_NULLABLE message_id,
                                              int32_t timeout_ms, kpc_buffer **KPC_NONNULL payload,
                                              int32_t *KPC_NULLABLE reply_index,
                                              kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_channel_query_await_reply_async(kpc_client *KPC_NONNULL client,
                                                    kpc_channel channel,
                                                    const kpc_channel_query *KPC_NONNULL query,
                                                    const kpc_service *KPC_NONNULL courier,
                                                    const kpc_id *KPC_NULLABLE message_id,
                                                    int32_t timeout_ms,
                                                    const kpc_completion *KPC_NULLABLE done,
                                                    kpc_op *KPC_NULLABLE op,
                                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_send_channel_query_await_reply_result(const kpc_result *KPC_NONNULL result,
                                                     kpc_buffer **KPC_NONNULL payload,
                                                     int32_t *KPC_NULLABLE reply_index,
                                                     kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel to continue writing to a stream. A query that was prepared before and perhaps
 * not sent can be sent on it.
 *
 * @param client      the client
 * @param write_cap   the capability of the stream
 * @param index       where the next write goes, kpc_channel_query_next_index of the last query;
 *                    NULL if nothing was written yet
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel     receives the channel
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_DAEMON_INVALID_RESUME_WRITE, KPC_ERR_DAEMON_IMPOSSIBLE_HASH,
 *         KPC_ERR_DAEMON_INTERNAL, KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel(kpc_client *KPC_NONNULL client,
                                    const kpc_write_cap *KPC_NONNULL write_cap,
                                    const kpc_box_index *KPC_NULLABLE index, int32_t timeout_ms,
                                    kpc_channel *KPC_NONNULL channel,
                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel_async(kpc_client *KPC_NONNULL client,
                                          const kpc_write_cap *KPC_NONNULL write_cap,
                                          const kpc_box_index *KPC_NULLABLE index,
                                          int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel_result(const kpc_result *KPC_NONNULL result,
                                           kpc_channel *KPC_NONNULL channel,
                                           kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel to continue writing to a stream whose last query was prepared and perhaps not
 * sent, or not answered. The channel stands at that query's box until the query, sent on this
 * channel, is answered.
 *
 * @param client      the client
 * @param write_cap   the capability of the stream
 * @param query       the last query, one that writes
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel     receives the channel
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_DAEMON_INVALID_RESUME_WRITE, KPC_ERR_DAEMON_IMPOSSIBLE_HASH,
 *         KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel_query(kpc_client *KPC_NONNULL client,
                                          const kpc_write_cap *KPC_NONNULL write_cap,
                                          const kpc_channel_query *KPC_NONNULL query,
                                          int32_t timeout_ms, kpc_channel *KPC_NONNULL channel,
                                          kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel_query_async(kpc_client *KPC_NONNULL client,
                                                const kpc_write_cap *KPC_NONNULL write_cap,
                                                const kpc_channel_query *KPC_NONNULL query,
                                                int32_t timeout_ms,
                                                const kpc_completion *KPC_NULLABLE done,
                                                kpc_op *KPC_NULLABLE op,
                                                kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_write_channel_query_result(const kpc_result *KPC_NONNULL result,
                                                 kpc_channel *KPC_NONNULL channel,
                                                 kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel to continue reading a stream. A query that was prepared before and perhaps not
 * sent can be sent on it.
 *
 * @param client       the client
 * @param read_cap     the capability of the stream
 * @param index        where the next read goes, kpc_channel_query_next_index of the last query;
 *                     NULL if nothing was read yet
 * @param reply_index  which of the two replicas of a box reads ask for where they do not say,
 *                     0 or 1; -1 leaves it open
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel      receives the channel
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_DAEMON_INVALID_RESUME_READ, KPC_ERR_DAEMON_INTERNAL,
 *         KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel(kpc_client *KPC_NONNULL client,
                                   const kpc_read_cap *KPC_NONNULL read_cap,
                                   const kpc_box_index *KPC_NULLABLE index, int32_t reply_index,
                                   int32_t timeout_ms, kpc_channel *KPC_NONNULL channel,
                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel_async(kpc_client *KPC_NONNULL client,
                                         const kpc_read_cap *KPC_NONNULL read_cap,
                                         const kpc_box_index *KPC_NULLABLE index,
                                         int32_t reply_index, int32_t timeout_ms,
                                         const kpc_completion *KPC_NULLABLE done,
                                         kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel_result(const kpc_result *KPC_NONNULL result,
                                          kpc_channel *KPC_NONNULL channel,
                                          kpc_error **KPC_NULLABLE error);

/**
 * Opens a channel to continue reading a stream whose last query was prepared and perhaps not sent,
 * or not answered. The channel stands at that query's box until the query, sent on this channel,
 * has found something.
 *
 * @param client      the client
 * @param read_cap    the capability of the stream
 * @param query       the last query, one that reads
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param channel     receives the channel
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
 *         KPC_ERR_DAEMON_INVALID_RESUME_READ, KPC_ERR_DAEMON_CONNECTION_LOST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel_query(kpc_client *KPC_NONNULL client,
                                         const kpc_read_cap *KPC_NONNULL read_cap,
                                         const kpc_channel_query *KPC_NONNULL query,
                                         int32_t timeout_ms, kpc_channel *KPC_NONNULL channel,
                                         kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel_query_async(kpc_client *KPC_NONNULL client,
                                               const kpc_read_cap *KPC_NONNULL read_cap,
                                               const kpc_channel_query *KPC_NONNULL query,
                                               int32_t timeout_ms,
                                               const kpc_completion *KPC_NULLABLE done,
                                               kpc_op *KPC_NULLABLE op,
                                               kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_resume_read_channel_query_result(const kpc_result *KPC_NONNULL result,
                                                kpc_channel *KPC_NONNULL channel,
                                                kpc_error **KPC_NULLABLE error);

/* ---- Asking the daemon ----------------------------------------------------------------------- */

/**
 * As kpc_new_keypair, computed by the daemon: for daemons that compute it differently from this
 * library.
 *
 * @param client      the client
 * @param seed        KPC_SEED_SIZE random bytes; secret
 * @param seed_len    how many bytes, which must be KPC_SEED_SIZE
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param write_cap   receives the writer's half; secret
 * @param read_cap    receives the readers' half
 * @param first       receives the index of the first box
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_ARG_SIZE, KPC_ERR_UNSUPPORTED,
 *         KPC_ERR_DAEMON_INVALID_REQUEST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_new_keypair_remote(kpc_client *KPC_NONNULL client, const uint8_t *KPC_NONNULL seed,
                                  size_t seed_len, int32_t timeout_ms,
                                  kpc_write_cap *KPC_NONNULL write_cap,
                                  kpc_read_cap *KPC_NONNULL read_cap,
                                  kpc_box_index *KPC_NONNULL first, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_new_keypair_remote_async(kpc_client *KPC_NONNULL client,
                                        const uint8_t *KPC_NONNULL seed, size_t seed_len,
                                        int32_t timeout_ms, const kpc_completion *KPC_NULLABLE done,
                                        kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_new_keypair_remote_result(const kpc_result *KPC_NONNULL result,
                                         kpc_write_cap *KPC_NONNULL write_cap,
                                         kpc_read_cap *KPC_NONNULL read_cap,
                                         kpc_box_index *KPC_NONNULL first,
                                         kpc_error **KPC_NULLABLE error);

/**
 * As kpc_next_message_box_index, computed by the daemon.
 *
 * @param client      the client
 * @param index       an index
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param next        receives the index of the box after it; may be the same variable as
 *                    index, which then keeps its value on failure
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED
 */
KPC_API KPC_MUST_USE
kpc_status kpc_next_message_box_index_remote(kpc_client *KPC_NONNULL client,
                                             const kpc_box_index *KPC_NONNULL index,
                                             int32_t timeout_ms, kpc_box_index *KPC_NONNULL next,
                                             kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_next_message_box_index_remote_async(kpc_client *KPC_NONNULL client,
                                                   const kpc_box_index *KPC_NONNULL index,
                                                   int32_t timeout_ms,
                                                   const kpc_completion *KPC_NULLABLE done,
                                                   kpc_op *KPC_NULLABLE op,
                                                   kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_next_message_box_index_remote_result(const kpc_result *KPC_NONNULL result,
                                                    kpc_box_index *KPC_NONNULL next,
                                                    kpc_error **KPC_NULLABLE error);

/**
 * As kpc_get_message_box_index_counter, computed by the daemon.
 *
 * @param client      the client
 * @param index       an index
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param counter     receives its counter
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_UNSUPPORTED (daemons before v0.0.73),
 *         KPC_ERR_DAEMON_INVALID_REQUEST
 */
KPC_API KPC_MUST_USE
kpc_status kpc_get_message_box_index_counter_remote(kpc_client *KPC_NONNULL client,
                                                    const kpc_box_index *KPC_NONNULL index,
                                                    int32_t timeout_ms,
                                                    uint64_t *KPC_NONNULL counter,
                                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_message_box_index_counter_remote_async(kpc_client *KPC_NONNULL client,
                                                          const kpc_box_index *KPC_NONNULL index,
                                                          int32_t timeout_ms,
                                                          const kpc_completion *KPC_NULLABLE done,
                                                          kpc_op *KPC_NULLABLE op,
                                                          kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_message_box_index_counter_remote_result(const kpc_result *KPC_NONNULL result,
                                                           uint64_t *KPC_NONNULL counter,
                                                           kpc_error **KPC_NULLABLE error);

/**
 * The directory document of an epoch as the authorities signed it, for programs that check the
 * signatures themselves. Asks the daemon; no mixnet traffic.
 *
 * @param client      the client
 * @param epoch       the epoch; 0 for the current one
 * @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param payload     receives the certificate, as CBOR
 * @param epoch_out   receives the epoch of the document; may be NULL
 * @param error       receives details of a failure; may be NULL
 * @return KPC_OK, any call error, KPC_ERR_UNSUPPORTED (daemons before v0.0.75),
 *         KPC_ERR_DAEMON_SERVICE_UNAVAILABLE (no document of that epoch)
 *
 * Ownership: *payload is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_get_pki_document_raw(kpc_client *KPC_NONNULL client, uint64_t epoch,
                                    int32_t timeout_ms, kpc_buffer **KPC_NONNULL payload,
                                    uint64_t *KPC_NULLABLE epoch_out,
                                    kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_pki_document_raw_async(kpc_client *KPC_NONNULL client, uint64_t epoch,
                                          int32_t timeout_ms,
                                          const kpc_completion *KPC_NULLABLE done,
                                          kpc_op *KPC_NULLABLE op, kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_pki_document_raw_result(const kpc_result *KPC_NONNULL result,
                                           kpc_buffer **KPC_NONNULL payload,
                                           uint64_t *KPC_NULLABLE epoch_out,
                                           kpc_error **KPC_NULLABLE error);

/**
 * The directory authorities of the network, as the daemon is configured. Asks the daemon; no
 * mixnet traffic.
 *
 * @param client       the client
 * @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
 * @param authorities  receives the authorities
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED (daemons before
 *         v0.0.81), KPC_ERR_DAEMON_SERVICE_UNAVAILABLE (it has none)
 *
 * Ownership: *authorities is the caller's, kpc_authorities_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_get_directory_authorities(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                         kpc_authorities **KPC_NONNULL authorities,
                                         kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_directory_authorities_async(kpc_client *KPC_NONNULL client, int32_t timeout_ms,
                                               const kpc_completion *KPC_NULLABLE done,
                                               kpc_op *KPC_NULLABLE op,
                                               kpc_error **KPC_NULLABLE error);
KPC_API KPC_MUST_USE
kpc_status kpc_get_directory_authorities_result(const kpc_result *KPC_NONNULL result,
                                                kpc_authorities **KPC_NONNULL authorities,
                                                kpc_error **KPC_NULLABLE error);

/**
 * How many authorities there are.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @return the number; 0 for what is no live kpc_authorities
 */
KPC_API size_t kpc_authorities_count(const kpc_authorities *KPC_NONNULL authorities);

/**
 * The name of an authority.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param identifier   receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *identifier is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_identifier_at(const kpc_authorities *KPC_NONNULL authorities,
                                         size_t position, kpc_buffer **KPC_NONNULL identifier,
                                         kpc_error **KPC_NULLABLE error);

/**
 * The signature scheme of an authority, such as "Ed25519".
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param scheme       receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *scheme is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_pki_signature_scheme_at(const kpc_authorities *KPC_NONNULL authorities,
                                                   size_t position, kpc_buffer **KPC_NONNULL scheme,
                                                   kpc_error **KPC_NULLABLE error);

/**
 * The scheme by which others connect with an authority.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param scheme       receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *scheme is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_wire_kem_scheme_at(const kpc_authorities *KPC_NONNULL authorities,
                                              size_t position, kpc_buffer **KPC_NONNULL scheme,
                                              kpc_error **KPC_NULLABLE error);

/**
 * The key by which an authority signs, in PEM.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param key          receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *key is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_identity_public_key_pem_at(
        const kpc_authorities *KPC_NONNULL authorities, size_t position,
        kpc_buffer **KPC_NONNULL key, kpc_error **KPC_NULLABLE error);

/**
 * The key by which others connect with an authority, in PEM.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param key          receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *key is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_link_public_key_pem_at(const kpc_authorities *KPC_NONNULL authorities,
                                                  size_t position, kpc_buffer **KPC_NONNULL key,
                                                  kpc_error **KPC_NULLABLE error);

/**
 * The hash of the key by which an authority signs: its name in the table of a document's
 * signatures.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param hash         receives the hash
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_identity_key_hash_at(const kpc_authorities *KPC_NONNULL authorities,
                                                size_t position, kpc_hash *KPC_NONNULL hash,
                                                kpc_error **KPC_NULLABLE error);

/**
 * How many addresses an authority has.
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @return the number; 0 if there is no such authority
 */
KPC_API
size_t kpc_authorities_address_count_at(const kpc_authorities *KPC_NONNULL authorities,
                                        size_t position);

/**
 * An address of an authority, such as "tcp://127.0.0.1:30001".
 *
 * @param authorities  the result of kpc_get_directory_authorities
 * @param position     which one, from 0
 * @param number       which address, from 0
 * @param address      receives the text, UTF-8 and followed by a NUL
 * @param error        receives details of a failure; may be NULL
 * @return KPC_OK, any argument error
 *
 * Ownership: *address is the caller's, kpc_buffer_free.
 */
KPC_API KPC_MUST_USE
kpc_status kpc_authorities_address_at(const kpc_authorities *KPC_NONNULL authorities,
                                      size_t position, size_t number,
                                      kpc_buffer **KPC_NONNULL address,
                                      kpc_error **KPC_NULLABLE error);

/**
 * Frees the authorities.
 *
 * @param authorities  the authorities; NULL is fine
 */
KPC_API void kpc_authorities_free(kpc_authorities *KPC_NULLABLE authorities);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif /* KPCLIENT_H */
