#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| kpclient_fuzz::messages::run(data));
