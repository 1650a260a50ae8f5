//! Every function of the header, by the number of its arguments. tests/corpus holds it against abi/symbols.txt.

use super::world::World;
use kpclient::ffi::api::boxes::cancel::*;
use kpclient::ffi::api::boxes::encrypt::*;
use kpclient::ffi::api::boxes::envelope::*;
use kpclient::ffi::api::boxes::resending::*;
use kpclient::ffi::api::boxes::upstream_names::*;
use kpclient::ffi::api::boxes::*;
use kpclient::ffi::api::buffer::*;
use kpclient::ffi::api::channels::prepare::*;
use kpclient::ffi::api::channels::query::*;
use kpclient::ffi::api::channels::resume::*;
use kpclient::ffi::api::channels::send::*;
use kpclient::ffi::api::channels::*;
use kpclient::ffi::api::client::connect::*;
use kpclient::ffi::api::client::*;
use kpclient::ffi::api::config::reading::*;
use kpclient::ffi::api::config::suspension::*;
use kpclient::ffi::api::config::*;
use kpclient::ffi::api::copies::builder::adding::*;
use kpclient::ffi::api::copies::builder::running::*;
use kpclient::ffi::api::copies::builder::*;
use kpclient::ffi::api::copies::elements::reading::*;
use kpclient::ffi::api::copies::elements::*;
use kpclient::ffi::api::copies::nested::*;
use kpclient::ffi::api::copies::*;
use kpclient::ffi::api::couriers::*;
use kpclient::ffi::api::daemon::authorities::*;
use kpclient::ffi::api::daemon::*;
use kpclient::ffi::api::directory::*;
use kpclient::ffi::api::events::channels::*;
use kpclient::ffi::api::events::copies::*;
use kpclient::ffi::api::events::properties::*;
use kpclient::ffi::api::events::*;
use kpclient::ffi::api::geometry::*;
use kpclient::ffi::api::ids::*;
use kpclient::ffi::api::keys::*;
use kpclient::ffi::api::messages::await_reply::*;
use kpclient::ffi::api::messages::reliable::*;
use kpclient::ffi::api::messages::*;
use kpclient::ffi::api::operation::*;
use kpclient::ffi::api::statistics::estimate::*;
use kpclient::ffi::api::statistics::health::*;
use kpclient::ffi::api::statistics::*;
use kpclient::ffi::api::store::backing::records::*;
use kpclient::ffi::api::store::backing::*;
use kpclient::ffi::api::store::files::*;
use kpclient::ffi::api::store::message::*;
use kpclient::ffi::api::store::names::*;
use kpclient::ffi::api::store::reader::*;
use kpclient::ffi::api::store::readers::*;
use kpclient::ffi::api::store::reading::*;
use kpclient::ffi::api::store::shared_text::*;
use kpclient::ffi::api::store::voucher_list::*;
use kpclient::ffi::api::store::voucher_text::*;
use kpclient::ffi::api::store::vouchers::*;
use kpclient::ffi::api::store::writer::*;
use kpclient::ffi::api::store::writers::*;
use kpclient::ffi::api::store::writing::*;
use kpclient::ffi::api::store::*;
use kpclient::ffi::api::tombstones::*;
use kpclient::ffi::api::values::*;
use kpclient::ffi::api::version::*;
use kpclient::ffi::api::vouchers::parts::*;
use kpclient::ffi::api::vouchers::*;
use kpclient::ffi::api::wire_code::*;
use kpclient::ffi::boundary::error::*;
use kpclient::ffi::boundary::status::*;

/// Gives a function arguments that are drawn.
pub type Call = fn(&mut World<'_>);

macro_rules! calls {
    ($($with:ident: $($function:ident)+;)+) => {
        pub const CALLS: &[(&str, Call)] = &[$($(
            // SAFETY: what is drawn is what the header says of arguments, or NULL or a wrong handle.
            (stringify!($function), |world| unsafe { world.$with($function) }),
        )+)+];
    };
}

calls! {
    with_0: kpc_box_index_size kpc_debug_live_objects kpc_hash_size kpc_id_size kpc_queue_id_max_size
        kpc_read_cap_size kpc_seed_size kpc_version kpc_version_number kpc_write_cap_size;
    with_1: kpc_authorities_count kpc_authorities_free kpc_buffer_data kpc_buffer_free kpc_buffer_len
        kpc_channel_query_free kpc_channel_query_is_read kpc_channel_query_reply_index kpc_client_free
        kpc_client_is_attached kpc_client_is_connected kpc_client_key_derivation kpc_config_connect_all
        kpc_config_count_suspended kpc_config_encryption_connections kpc_config_free kpc_config_log_level kpc_config_network
        kpc_config_silence_limit kpc_config_transport kpc_copy_builder_free kpc_copy_builder_is_finished
        kpc_envelope_free kpc_error_daemon_code kpc_error_errno kpc_error_failed_envelope kpc_error_free
        kpc_error_message kpc_error_origin kpc_error_replica_code kpc_error_status kpc_event_boxes_needed
        kpc_event_boxes_written kpc_event_error kpc_event_file_done kpc_event_file_size kpc_event_free
        kpc_event_health kpc_event_is_connected kpc_event_is_copying kpc_event_is_graceful kpc_event_is_writer
        kpc_event_kind kpc_event_lost_count kpc_event_message_number kpc_event_reply_eta_ns kpc_event_reply_index
        kpc_event_sent_at_unix kpc_event_sink_fd kpc_event_sink_free kpc_message_arrival kpc_message_free
        kpc_message_is_acknowledged kpc_message_kind kpc_message_missing_boxes kpc_message_number
        kpc_message_received_at_unix kpc_messages_count kpc_messages_free kpc_names_count kpc_names_free
        kpc_pki_document_epoch kpc_pki_document_free kpc_pki_document_lambda_p kpc_reader_error
        kpc_reader_file_received kpc_reader_file_size kpc_reader_free kpc_reader_state kpc_reader_waiting
        kpc_result_error kpc_result_free kpc_result_op kpc_result_status kpc_result_user_data kpc_services_count
        kpc_services_free kpc_status_category kpc_status_is_expected_outcome kpc_status_name kpc_status_text
        kpc_store_free kpc_stream_elements_count kpc_stream_elements_free kpc_tombstones_count kpc_tombstones_error
        kpc_tombstones_free kpc_voucher_free kpc_writer_copy_needed kpc_writer_copy_written kpc_writer_error
        kpc_writer_file_size kpc_writer_file_stored kpc_writer_free kpc_writer_last_message kpc_writer_pending
        kpc_writer_state;
    with_2: kpc_authorities_address_count_at kpc_await_message_reply_result kpc_cancel_resending_copy_command_result
        kpc_cancel_resending_encrypted_message_result kpc_client_close_result kpc_client_connect_result
        kpc_client_disconnect kpc_client_flush_result kpc_client_supports kpc_close_channel_result kpc_config_new
        kpc_config_validate kpc_copy_builder_tombstone_result kpc_copy_builder_write_result kpc_new_message_id
        kpc_new_query_id kpc_new_surb_id kpc_pigeonhole_geometry_validate kpc_pki_document_has_identity
        kpc_reader_acknowledge_result kpc_reader_forget_before_result kpc_reader_poll_now kpc_sphinx_geometry_validate
        kpc_start_resending_copy_command_result kpc_start_resending_copy_command_with_courier_result
        kpc_store_cancel_induction_result kpc_store_cancel_voucher_result kpc_store_close_result
        kpc_store_delete_reader_result kpc_store_delete_writer_result kpc_wipe kpc_writer_abandon_file_result
        kpc_writer_erase_before_result kpc_writer_send_file_result kpc_writer_step_over_result
        kpc_writer_wait_erased_result kpc_writer_wait_stored_result;
    with_3: kpc_await_message_reply kpc_buffer_ref kpc_channel_query_current_index
        kpc_channel_query_envelope_descriptor kpc_channel_query_envelope_hash kpc_channel_query_next_index
        kpc_channel_query_payload kpc_channel_query_to_bytes kpc_client_close kpc_client_config kpc_client_connect
        kpc_client_courier kpc_client_couriers kpc_client_daemon_token kpc_client_flush kpc_client_new
        kpc_client_pigeonhole_geometry kpc_client_pki_document kpc_client_session_token kpc_client_sphinx_geometry
        kpc_config_address kpc_config_load_file kpc_config_pigeonhole_geometry kpc_config_set_connect_all
        kpc_config_set_count_suspended kpc_config_set_encryption_connections kpc_config_set_pigeonhole_geometry kpc_config_set_silence_limit
        kpc_config_set_sphinx_geometry kpc_config_set_unix kpc_config_set_ws kpc_config_sphinx_geometry
        kpc_copy_builder_add_result kpc_copy_builder_add_tombstones_result kpc_copy_builder_buffer
        kpc_copy_builder_cancel kpc_copy_builder_courier kpc_copy_builder_finish_result kpc_copy_builder_new
        kpc_copy_builder_position kpc_copy_builder_save kpc_copy_builder_temp_write_cap
        kpc_create_courier_envelopes_from_multi_payload_result kpc_create_courier_envelopes_from_payload_result
        kpc_create_courier_envelopes_from_tombstone_range_result kpc_create_read_channel_result
        kpc_encrypt_read_result kpc_encrypt_write_result kpc_envelope_ciphertext kpc_envelope_descriptor
        kpc_envelope_hash kpc_envelope_next_index kpc_envelope_to_bytes kpc_event_channel_name kpc_event_courier
        kpc_event_describe kpc_event_err_cbor kpc_event_instance_token kpc_event_message_id kpc_event_payload
        kpc_event_pki_document kpc_event_result kpc_event_stream kpc_event_surb_id
        kpc_get_directory_authorities_result kpc_get_message_box_index_counter
        kpc_get_message_box_index_counter_remote_result kpc_message_data kpc_next_message_box_index
        kpc_next_message_box_index_remote_result kpc_op_cancel kpc_pki_document_cbor kpc_pki_document_to_json
        kpc_read_cap_first_index kpc_read_channel_result kpc_reader_file_name kpc_reader_messages_result
        kpc_reader_name kpc_reader_next_index kpc_reader_read_cap kpc_reader_receive_file_result
        kpc_reader_receive_result kpc_reader_skip kpc_resume_read_channel_query_result kpc_resume_read_channel_result
        kpc_resume_write_channel_query_result kpc_resume_write_channel_result kpc_send_message_await_reply_result
        kpc_send_nested_copy_result kpc_send_reliable_message_await_reply_result kpc_store_close
        kpc_store_create_writer_result kpc_store_import_reader_result kpc_store_import_writer_result
        kpc_store_list_inductions_result kpc_store_list_readers_result kpc_store_list_vouchers_result
        kpc_store_list_writers_result kpc_store_mint_voucher_result kpc_store_open_on_result
        kpc_store_open_reader_result kpc_store_open_result kpc_store_open_writer_result kpc_stream_elements_buffer
        kpc_stream_elements_next_index kpc_tombstone_box_result kpc_tombstone_range_result kpc_tombstones_next
        kpc_voucher_display_name kpc_voucher_hash kpc_voucher_induct_result kpc_voucher_message_read_cap
        kpc_voucher_message_write_cap kpc_voucher_mint_result kpc_voucher_open_result kpc_voucher_payload
        kpc_voucher_salt kpc_voucher_sealed_reply kpc_voucher_text_parse kpc_voucher_to_text kpc_voucher_who_reply
        kpc_write_box_result kpc_write_cap_first_index kpc_write_cap_hash kpc_write_cap_read_cap
        kpc_write_channel_result kpc_writer_abandon_file kpc_writer_file_path kpc_writer_name kpc_writer_next_index
        kpc_writer_read_cap kpc_writer_send_result kpc_writer_set_copy_above kpc_writer_step_over
        kpc_writer_tombstone_result kpc_writer_write_cap;
    with_4: kpc_authorities_identifier_at kpc_authorities_identity_key_hash_at
        kpc_authorities_identity_public_key_pem_at kpc_authorities_link_public_key_pem_at
        kpc_authorities_pki_signature_scheme_at kpc_authorities_wire_kem_scheme_at kpc_backing_check kpc_blake2b_256
        kpc_box_index_from_bytes kpc_buffer_new kpc_cancel_resending_copy_command
        kpc_cancel_resending_encrypted_message kpc_channel_query_from_bytes kpc_client_distinct_couriers
        kpc_client_get_service kpc_client_get_services kpc_client_health kpc_client_pki_document_for_epoch
        kpc_client_stats kpc_close_channel kpc_config_load_text kpc_config_reconnect kpc_config_set_reconnect
        kpc_config_set_tcp kpc_copy_builder_progress kpc_copy_builder_restore kpc_copy_builder_tombstone
        kpc_copy_builder_write kpc_envelope_from_bytes kpc_event_sink_next kpc_event_sink_open
        kpc_get_directory_authorities kpc_get_pki_document_raw_result kpc_hash_from_bytes kpc_id_from_bytes
        kpc_messages_at kpc_names_at kpc_pki_document_find_services kpc_read_box_result kpc_read_cap_from_bytes
        kpc_read_cap_to_text kpc_reader_acknowledge kpc_reader_forget_before kpc_reader_receive
        kpc_send_channel_query_await_reply_result kpc_services_at kpc_services_name_at
        kpc_start_resending_encrypted_message_result kpc_status_from_wire kpc_store_cancel_induction
        kpc_store_cancel_voucher kpc_store_delete_reader kpc_store_delete_writer kpc_store_induct_voucher_result
        kpc_store_list_inductions kpc_store_list_readers kpc_store_list_vouchers kpc_store_list_writers
        kpc_store_open_voucher_result kpc_stream_elements_at kpc_stream_elements_next_index_at
        kpc_tombstones_box_index_at kpc_tombstones_envelope_at kpc_voucher_derive_stream_result kpc_voucher_keys
        kpc_voucher_stream kpc_write_cap_from_bytes kpc_write_cap_to_text kpc_writer_erase_before kpc_writer_send_file
        kpc_writer_wait_erased kpc_writer_wait_stored;
    with_5: kpc_authorities_address_at kpc_await_message_reply_async kpc_client_close_async kpc_client_connect_async
        kpc_client_flush_async kpc_client_log kpc_create_read_channel kpc_create_write_channel_async
        kpc_create_write_channel_result kpc_event_sink_on_event kpc_get_directory_authorities_async
        kpc_get_message_box_index_counter_remote kpc_new_keypair_remote_result kpc_next_message_box_index_remote
        kpc_op_wait kpc_reader_receive_async kpc_records_add kpc_start_resending_copy_command
        kpc_start_resending_copy_command_with_courier kpc_store_close_async kpc_store_list_inductions_async
        kpc_store_list_readers_async kpc_store_list_vouchers_async kpc_store_list_writers_async kpc_store_open
        kpc_store_open_reader kpc_store_open_writer kpc_writer_abandon_file_async kpc_writer_step_over_async
        kpc_writer_tombstone;
    with_6: kpc_cancel_resending_copy_command_async kpc_cancel_resending_encrypted_message_async kpc_client_estimate
        kpc_close_channel_async kpc_config_set_log kpc_copy_builder_finish kpc_copy_builder_tombstone_async
        kpc_copy_builder_write_async kpc_create_read_channel_async kpc_create_write_channel kpc_encrypt_read
        kpc_get_message_box_index_counter_remote_async kpc_get_pki_document_raw kpc_get_pki_document_raw_async
        kpc_new_keypair kpc_next_message_box_index_remote_async kpc_reader_acknowledge_async
        kpc_reader_forget_before_async kpc_reader_messages kpc_reader_receive_file kpc_resume_read_channel_query
        kpc_resume_write_channel kpc_resume_write_channel_query kpc_send_channel_query kpc_send_message_without_reply
        kpc_send_reliable_message kpc_shared_text_parse kpc_store_cancel_induction_async
        kpc_store_cancel_voucher_async kpc_store_delete_reader_async kpc_store_delete_writer_async
        kpc_store_mint_voucher kpc_store_open_async kpc_store_open_reader_async kpc_store_open_voucher
        kpc_store_open_voucher_async kpc_store_open_writer_async kpc_tombstone_box kpc_voucher_derive_stream
        kpc_voucher_derive_stream_async kpc_writer_erase_before_async kpc_writer_send_file_async
        kpc_writer_tombstone_async kpc_writer_wait_erased_async kpc_writer_wait_stored_async;
    with_7: kpc_copy_builder_finish_async kpc_encrypt_read_async kpc_new_keypair_by_derivation
        kpc_new_keypair_remote_async kpc_read_channel kpc_reader_messages_async kpc_reader_receive_file_async
        kpc_resume_read_channel kpc_resume_read_channel_query_async kpc_resume_write_channel_async
        kpc_resume_write_channel_query_async kpc_send_message kpc_send_message_await_reply
        kpc_start_resending_copy_command_async kpc_start_resending_copy_command_with_courier_async
        kpc_store_create_writer kpc_store_import_reader kpc_store_import_writer kpc_store_mint_voucher_async
        kpc_store_open_on kpc_tombstone_box_async kpc_tombstone_range kpc_voucher_mint kpc_write_channel
        kpc_writer_send;
    with_8: kpc_copy_builder_add_tombstones kpc_encrypt_write kpc_envelope_from_parts kpc_new_keypair_remote
        kpc_read_box kpc_read_box_async kpc_read_channel_async kpc_resume_read_channel_async
        kpc_send_message_await_reply_async kpc_send_reliable_message_await_reply kpc_store_create_writer_async
        kpc_store_import_reader_async kpc_store_import_writer_async kpc_store_open_on_async kpc_tombstone_range_async
        kpc_voucher_mint_async kpc_write_channel_async kpc_writer_send_async;
    with_9: kpc_copy_builder_add kpc_copy_builder_add_tombstones_async kpc_encrypt_write_async
        kpc_send_channel_query_await_reply kpc_send_channel_query_await_reply_async
        kpc_send_reliable_message_await_reply_async kpc_store_induct_voucher kpc_store_induct_voucher_async
        kpc_voucher_induct kpc_voucher_open kpc_write_box;
    with_10: kpc_copy_builder_add_async kpc_create_courier_envelopes_from_multi_payload
        kpc_create_courier_envelopes_from_payload kpc_send_nested_copy kpc_start_resending_encrypted_message_no_retry
        kpc_start_resending_encrypted_message_return_box_exists kpc_voucher_induct_async kpc_voucher_open_async
        kpc_write_box_async;
    with_11: kpc_channel_query_from_parts kpc_create_courier_envelopes_from_multi_payload_async
        kpc_create_courier_envelopes_from_payload_async kpc_create_courier_envelopes_from_tombstone_range
        kpc_send_nested_copy_async kpc_start_resending_encrypted_message kpc_start_resending_encrypted_message_async;
    with_12: kpc_create_courier_envelopes_from_tombstone_range_async;
}
