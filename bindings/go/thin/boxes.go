package thin

import (
	"context"

	"kpclient"
)

// readsKept is how many reads may be encrypted and not sent. Of older ones a read must be told
// its index.
const readsKept = 4096

// NewKeypair makes the capabilities and the first index of a new stream, from a seed of 32 bytes.
func (t *ThinClient) NewKeypair(seed []byte) (writeCap *WriteCap, readCap *ReadCap, firstMessageIndex *MessageBoxIndex, err error) {
	if len(seed) != kpclient.SeedSize {
		return nil, nil, nil, kpclient.ErrArgSize
	}
	return kpclient.NewKeypair(seed)
}

// NextMessageBoxIndex returns the index of the next box.
func (t *ThinClient) NextMessageBoxIndex(messageBoxIndex *MessageBoxIndex) (nextMessageBoxIndex *MessageBoxIndex, err error) {
	return kpclient.NextMessageBoxIndex(messageBoxIndex)
}

// EncryptRead encrypts a read, which StartResendingEncryptedMessage sends.
func (t *ThinClient) EncryptRead(readCap *ReadCap, messageBoxIndex *MessageBoxIndex) (messageCiphertext []byte, envelopeDescriptor []byte, envelopeHash *[32]byte, nextMessageBoxIndex *MessageBoxIndex, err error) {
	envelope, err := t.client.EncryptRead(context.Background(), readCap, messageBoxIndex)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	messageCiphertext, envelopeDescriptor, envelopeHash, nextMessageBoxIndex, err = parts(envelope)
	if err == nil {
		t.remember(*envelopeHash, messageBoxIndex)
	}
	return messageCiphertext, envelopeDescriptor, envelopeHash, nextMessageBoxIndex, err
}

// EncryptWrite encrypts a write, which StartResendingEncryptedMessage sends; of nothing, a
// tombstone.
func (t *ThinClient) EncryptWrite(plaintext []byte, writeCap *WriteCap, messageBoxIndex *MessageBoxIndex) (messageCiphertext []byte, envelopeDescriptor []byte, envelopeHash *[32]byte, nextMessageBoxIndex *MessageBoxIndex, err error) {
	envelope, err := t.client.EncryptWrite(context.Background(), writeCap, messageBoxIndex, plaintext)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	return parts(envelope)
}

func parts(envelope *kpclient.Envelope) (ciphertext, descriptor []byte, hash *[32]byte, next *MessageBoxIndex, err error) {
	defer envelope.Free()
	if ciphertext, err = envelope.Ciphertext(); err != nil {
		return nil, nil, nil, nil, err
	}
	if descriptor, err = envelope.Descriptor(); err != nil {
		return nil, nil, nil, nil, err
	}
	named, err := envelope.Hash()
	if err != nil {
		return nil, nil, nil, nil, err
	}
	next, err = envelope.NextIndex()
	return ciphertext, descriptor, (*[32]byte)(&named), next, err
}

// remember keeps the index of a read for when it is sent without.
func (t *ThinClient) remember(envelope kpclient.Hash, index *MessageBoxIndex) {
	t.lock.Lock()
	defer t.lock.Unlock()
	for old := range t.reads {
		if len(t.reads) < readsKept {
			break
		}
		delete(t.reads, old)
	}
	t.reads[envelope] = index
}

func (t *ThinClient) index(envelope kpclient.Hash, bytes []byte) (*MessageBoxIndex, error) {
	if len(bytes) != 0 {
		return kpclient.BoxIndexFromBytes(bytes)
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.reads[envelope], nil
}

// StartResendingResult is what a read or write has brought.
type StartResendingResult struct {
	// Plaintext is what the box holds; nothing of a write.
	Plaintext []byte

	// CourierIdentityHash and CourierQueueID name the courier that carried it.
	CourierIdentityHash *[32]byte
	CourierQueueID      []byte
}

// StartResendingEncryptedMessage sends a read or write until it is answered. A read waits until
// the box is written; a write of what the box holds already succeeds.
func (t *ThinClient) StartResendingEncryptedMessage(readCap *ReadCap, writeCap *WriteCap, messageBoxIndex []byte, replyIndex *uint8, envelopeDescriptor []byte, messageCiphertext []byte, envelopeHash *[32]byte) (*StartResendingResult, error) {
	return t.send(readCap, writeCap, messageBoxIndex, replyIndex, envelopeDescriptor, messageCiphertext, envelopeHash, 0)
}

// StartResendingEncryptedMessageReturnBoxExists does the same, and fails with ErrBoxAlreadyExists
// if the box was written before.
func (t *ThinClient) StartResendingEncryptedMessageReturnBoxExists(readCap *ReadCap, writeCap *WriteCap, messageBoxIndex []byte, replyIndex *uint8, envelopeDescriptor []byte, messageCiphertext []byte, envelopeHash *[32]byte) (*StartResendingResult, error) {
	return t.send(readCap, writeCap, messageBoxIndex, replyIndex, envelopeDescriptor, messageCiphertext, envelopeHash, kpclient.StartReturnBoxExists)
}

// StartResendingEncryptedMessageNoRetry does the same, and fails with ErrBoxIDNotFound if the box
// is not written.
func (t *ThinClient) StartResendingEncryptedMessageNoRetry(readCap *ReadCap, writeCap *WriteCap, messageBoxIndex []byte, replyIndex *uint8, envelopeDescriptor []byte, messageCiphertext []byte, envelopeHash *[32]byte) (*StartResendingResult, error) {
	return t.send(readCap, writeCap, messageBoxIndex, replyIndex, envelopeDescriptor, messageCiphertext, envelopeHash, kpclient.StartNoRetry)
}

func (t *ThinClient) send(readCap *ReadCap, writeCap *WriteCap, index []byte, reply *uint8, descriptor, ciphertext []byte, hash *[32]byte, flags kpclient.Flags) (*StartResendingResult, error) {
	if hash == nil {
		return nil, kpclient.ErrArgNull
	}
	envelope, err := kpclient.EnvelopeFromParts(ciphertext, descriptor, *hash, nil)
	if err != nil {
		return nil, err
	}
	defer envelope.Free()
	at, err := t.index(*hash, index)
	if err != nil {
		return nil, err
	}
	replyIndex := int32(-1)
	if reply != nil {
		replyIndex = int32(*reply)
	}
	data, courier, err := t.client.StartResendingEncryptedMessage(context.Background(), readCap, writeCap, at, replyIndex, envelope, flags)
	if err != nil {
		return nil, err
	}
	t.lock.Lock()
	delete(t.reads, *hash)
	t.lock.Unlock()
	return &StartResendingResult{data, (*[32]byte)(&courier.Node), courier.Queue}, nil
}

// CancelResendingEncryptedMessage ends a read or write under way, which then fails with
// ErrStartResendingCancelled.
func (t *ThinClient) CancelResendingEncryptedMessage(envelopeHash *[32]byte) error {
	if envelopeHash == nil {
		return kpclient.ErrArgNull
	}
	return t.client.CancelResendingEncryptedMessage(context.Background(), *envelopeHash)
}

// TombstoneEnvelope is an encrypted tombstone of one box.
type TombstoneEnvelope struct {
	MessageCiphertext  []byte
	EnvelopeDescriptor []byte
	EnvelopeHash       *[32]byte
	BoxIndex           *MessageBoxIndex
}

// TombstoneRangeResult is what TombstoneRange returns.
type TombstoneRangeResult struct {
	Envelopes []*TombstoneEnvelope
	Next      *MessageBoxIndex
}

// TombstoneRange encrypts tombstones of boxes in a row. With an error it returns those that it
// has made.
func (t *ThinClient) TombstoneRange(writeCap *WriteCap, start *MessageBoxIndex, maxCount uint32) (*TombstoneRangeResult, error) {
	tombstones, err := t.client.TombstoneRange(context.Background(), writeCap, start, maxCount)
	if err != nil {
		return nil, err
	}
	defer tombstones.Free()
	result := &TombstoneRangeResult{}
	for position := range tombstones.Count() {
		made, err := tombstone(tombstones, position)
		if err != nil {
			return result, err
		}
		result.Envelopes = append(result.Envelopes, made)
	}
	if result.Next, err = tombstones.Next(); err != nil {
		return result, err
	}
	return result, tombstones.Err()
}

func tombstone(tombstones *kpclient.Tombstones, position int) (*TombstoneEnvelope, error) {
	envelope, err := tombstones.EnvelopeAt(position)
	if err != nil {
		return nil, err
	}
	made := &TombstoneEnvelope{}
	if made.MessageCiphertext, made.EnvelopeDescriptor, made.EnvelopeHash, _, err = parts(envelope); err != nil {
		return nil, err
	}
	made.BoxIndex, err = tombstones.BoxIndexAt(position)
	return made, err
}
