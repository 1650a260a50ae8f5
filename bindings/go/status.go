package kpclient

// #include "generated.h"
import "C"

// Name returns the name of a status as the C library has it, such as KPC_ERR_TIMEOUT.
func (s Status) Name() string { return C.GoString(C.kpc_status_name(C.kpc_status(s))) }

// Text returns a sentence about a status, in English, for people.
func (s Status) Text() string { return C.GoString(C.kpc_status_text(C.kpc_status(s))) }

// Category returns the family of a status.
func (s Status) Category() Category { return Category(C.kpc_status_category(C.kpc_status(s))) }

// IsExpectedOutcome says whether a status tells the state of a box rather than a failure.
func (s Status) IsExpectedOutcome() bool {
	return bool(C.kpc_status_is_expected_outcome(C.kpc_status(s)))
}
