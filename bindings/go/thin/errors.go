package thin

import (
	"errors"

	"kpclient"
)

// Errors that errors.Is finds; package kpclient has one for each kind of failure.
const (
	ErrBoxIDNotFound             = kpclient.ErrBoxIDNotFound
	ErrInvalidBoxID              = kpclient.ErrInvalidBoxID
	ErrInvalidSignature          = kpclient.ErrInvalidSignature
	ErrDatabaseFailure           = kpclient.ErrDatabaseFailure
	ErrInvalidPayload            = kpclient.ErrInvalidPayload
	ErrStorageFull               = kpclient.ErrStorageFull
	ErrReplicaInternalError      = kpclient.ErrReplicaInternal
	ErrInvalidEpoch              = kpclient.ErrInvalidEpoch
	ErrReplicationFailed         = kpclient.ErrReplicationFailed
	ErrBoxAlreadyExists          = kpclient.ErrBoxAlreadyExists
	ErrTombstone                 = kpclient.ErrTombstone
	ErrMKEMDecryptionFailed      = kpclient.ErrMKEMDecryptionFailed
	ErrBACAPDecryptionFailed     = kpclient.ErrBACAPDecryptionFailed
	ErrInvalidTombstoneSignature = kpclient.ErrInvalidTombstoneSignature
	ErrStartResendingCancelled   = kpclient.ErrStartResendingCancelled
	ErrCopyCommandFailed         = kpclient.ErrCopyFailed
	ErrPayloadTooLarge           = kpclient.ErrPayloadTooLarge
)

// CopyCommandFailedError is how StartResendingCopyCommand fails with ErrCopyCommandFailed: a courier
// has given the copy up.
type CopyCommandFailedError struct {
	// ReplicaErrorCode is the number of the replica that refused; 0 if it was none.
	ReplicaErrorCode uint8

	// FailedEnvelopeIndex is the envelope at which the copy has stopped, counted from 1; 0 if the
	// courier does not say it.
	FailedEnvelopeIndex uint64

	cause error
}

// Error returns the message.
func (e *CopyCommandFailedError) Error() string { return e.cause.Error() }

// Unwrap returns the error of package kpclient.
func (e *CopyCommandFailedError) Unwrap() error { return e.cause }

// copyFailure is the error of a copy command as this package has it.
func copyFailure(err error) error {
	var details *kpclient.Error
	if !errors.As(err, &details) || details.Status != ErrCopyCommandFailed {
		return err
	}
	return &CopyCommandFailedError{uint8(max(details.ReplicaCode, 0)), details.FailedEnvelope, err}
}

// IsExpectedOutcome reports whether an error tells the state of a box rather than a failure.
func IsExpectedOutcome(err error) bool {
	var details *kpclient.Error
	return errors.As(err, &details) && details.Status.IsExpectedOutcome()
}
