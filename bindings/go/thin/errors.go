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

// IsExpectedOutcome reports whether an error tells the state of a box rather than a failure.
func IsExpectedOutcome(err error) bool {
	var details *kpclient.Error
	return errors.As(err, &details) && details.Status.IsExpectedOutcome()
}
