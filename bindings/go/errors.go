package kpclient

// #include "generated.h"
import "C"

import (
	"syscall"
)

// Status is a kind of failure, one of the constants Err.... It is an error itself, so that
// errors.Is finds it in every [*Error] of that kind.
type Status int32

// Error returns a sentence about the status.
func (s Status) Error() string {
	return "kpclient: " + s.Text()
}

// Error is a failure of a call.
type Error struct {
	// Status is the kind of the failure, one of the constants Err....
	Status Status

	// Message says what happened, in English, for people. It holds no secret.
	Message string

	// Origin is who has found the failure.
	Origin Origin

	// DaemonCode is the number that the daemon sent, if it did.
	DaemonCode int32

	// ReplicaCode is the number that a replica or courier sent, if it did.
	ReplicaCode int32

	// FailedEnvelope is the number of the envelope at which a copy command stopped.
	FailedEnvelope uint64

	// Errno is what the operating system reported, or 0. errors.Is finds it, too.
	Errno syscall.Errno

	causes []error
}

// Error returns the message.
func (e *Error) Error() string {
	return "kpclient: " + e.Message
}

// Is says whether the error is of a kind.
func (e *Error) Is(target error) bool {
	status, ok := target.(Status)
	return ok && status == e.Status
}

// Unwrap returns the causes: the end of a context, what the operating system reported.
func (e *Error) Unwrap() []error {
	if e.Errno != 0 {
		return append([]error{e.Errno}, e.causes...)
	}
	return e.causes
}

// check makes an error of what a function of the library returned.
func check(status C.kpc_status, failure C.uint64_t) error {
	if status == C.KPC_OK {
		return nil
	}
	return failed(status, failure)
}

// failed makes an error of a status and of an object with details, which it frees.
func failed(status C.kpc_status, failure C.uint64_t) *Error {
	if failure == 0 {
		return &Error{Status: Status(status), Message: Status(status).Text()}
	}
	err := details(failure)
	err.Status = Status(status)
	return err
}

// errorOf makes an error of an object with details, which it frees; nil of none.
func errorOf(failure C.uint64_t) error {
	if failure == 0 {
		return nil
	}
	return details(failure)
}

func details(failure C.uint64_t) *Error {
	defer C.kpcgo_error_free(failure)
	return &Error{
		Status:         Status(C.kpcgo_error_status(failure)),
		Message:        C.GoString(C.kpcgo_error_message(failure)),
		Origin:         Origin(C.kpcgo_error_origin(failure)),
		DaemonCode:     int32(C.kpcgo_error_daemon_code(failure)),
		ReplicaCode:    int32(C.kpcgo_error_replica_code(failure)),
		FailedEnvelope: uint64(C.kpcgo_error_failed_envelope(failure)),
		Errno:          syscall.Errno(C.kpcgo_error_errno(failure)),
	}
}
