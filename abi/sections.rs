// The sections of the header in their order: title, and the files of src/ffi behind it. The first
// file gives the section's manual page its name: kpclient_status(3) and so on. Included by
// build.rs, which makes the header, and by man/src, which makes the pages.
const SECTIONS: &[(&str, &[&str])] = &[
    ("Status", &["status"]),
    ("Errors", &["error", "wire_code"]),
    ("Version", &["version"]),
    ("Bytes of any length", &["buffer"]),
    ("Values of fixed size", &["values"]),
    ("Keys and indices, computed without a daemon", &["keys"]),
    ("Ids, hashes, sizes", &["helpers"]),
    ("Geometry of the network", &["geometry"]),
    ("Waiting and callbacks", &["callback"]),
    ("Configuration", &["config", "config_get"]),
    ("Operations", &["operation"]),
    ("Clients", &["client", "connect"]),
    ("Statistics and estimates", &["stats", "estimate"]),
    ("Events", &["event", "event_get", "event_copy"]),
    ("Directory documents and services", &["pki"]),
    ("Plain messages", &["message", "reliable", "await_reply"]),
    ("Boxes", &["boxes"]),
    (
        "Boxes, step by step",
        &[
            "envelope",
            "encrypt",
            "resending",
            "resending_named",
            "cancel",
        ],
    ),
    ("Tombstones", &["tombstones"]),
    ("Copy streams", &["envelopes", "envelopes_get"]),
    ("Couriers", &["couriers"]),
    ("Copy commands", &["copy"]),
    (
        "Copy streams made easy",
        &["copy_builder", "copy_builder_add", "copy_builder_run"],
    ),
    ("Nested copies", &["nested_copy"]),
    ("Vouchers", &["vouchers", "voucher_get"]),
    (
        "Channels of the older API",
        &[
            "channel",
            "channel_query",
            "channel_prepare",
            "channel_send",
            "channel_resume",
        ],
    ),
    ("Asking the daemon", &["remote", "authorities"]),
];
