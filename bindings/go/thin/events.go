package thin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kpclient"
)

// Event is what comes from an event sink: a pointer to one of the types below.
type Event interface{ String() string }

// ConnectionStatusEvent says whether the daemon is on the mixnet.
type ConnectionStatusEvent struct {
	kpclient.Event
	IsConnected   bool
	Err           error
	InstanceToken [16]byte
}

// NewPKIDocumentEvent is a new document of the network, as the daemon has sent it.
type NewPKIDocumentEvent struct {
	kpclient.Event
	Payload []byte
}

// NewDocumentEvent is the same, taken apart.
type NewDocumentEvent struct {
	kpclient.Event
	Document *kpclient.PKIDocument
}

// MessageSentEvent says that a message has left.
type MessageSentEvent struct {
	kpclient.Event
	MessageID *[MessageIDLength]byte
	SURBID    *[SURBIDLength]byte
	SentAt    time.Time
	ReplyETA  time.Duration

	// Err says why it could not leave; it is empty if it has left.
	Err string
}

// MessageReplyEvent is the reply to a message.
type MessageReplyEvent struct {
	kpclient.Event
	MessageID  *[MessageIDLength]byte
	SURBID     *[SURBIDLength]byte
	Payload    []byte
	ReplyIndex *uint8

	// ErrorCode is the daemon's number of a failure, which Err tells in words; 0 is success.
	ErrorCode uint8
	Err       error
}

// MessageIDGarbageCollected says that the daemon has given a message up.
type MessageIDGarbageCollected struct {
	kpclient.Event
	MessageID *[MessageIDLength]byte
}

// DaemonDisconnectedEvent says that the connection with the daemon is gone; it is made again.
type DaemonDisconnectedEvent struct {
	kpclient.Event
	IsGraceful bool
	Err        error
}

// ShutdownEvent says that the daemon ends.
type ShutdownEvent struct{ kpclient.Event }

// EventSink returns a channel of all events from now on. It is closed with the client, or by
// StopEventSink. A slow reader misses the oldest events, never a reply.
func (t *ThinClient) EventSink() chan Event {
	to := make(chan Event)
	sink, err := t.client.OpenEvents(1024)
	if err != nil {
		close(to)
		return to
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.lock.Lock()
	t.sinks[to] = cancel
	t.lock.Unlock()
	go func() {
		defer t.StopEventSink(to)
		defer close(to)
		defer sink.Free()
		pass(ctx, sink, to)
	}()
	return to
}

// StopEventSink ends what EventSink has begun.
func (t *ThinClient) StopEventSink(ch chan Event) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if cancel, ok := t.sinks[ch]; ok {
		delete(t.sinks, ch)
		cancel()
	}
}

func pass(ctx context.Context, sink *kpclient.EventSink, to chan<- Event) {
	for event, err := range sink.All(ctx) {
		if err != nil {
			return
		}
		for _, e := range named(event) {
			select {
			case to <- e:
			case <-ctx.Done():
				return
			}
		}
	}
}

// named makes the events of this package of one of the library's.
func named(event kpclient.Event) []Event {
	switch e := event.(type) {
	case *kpclient.ConnectionStatusEvent:
		return []Event{&ConnectionStatusEvent{e, e.IsConnected, statusError(e.ErrCBOR), e.InstanceToken}}
	case *kpclient.PKIDocumentEvent:
		return []Event{&NewPKIDocumentEvent{e, e.Payload}, &NewDocumentEvent{e, e.PKIDocument}}
	case *kpclient.MessageSentEvent:
		sent := &MessageSentEvent{Event: e, MessageID: id(e.MessageID), SURBID: id(e.SURBID), SentAt: e.SentAt, ReplyETA: e.ReplyEta}
		if e.Err != nil {
			sent.Err = e.Err.Error()
		}
		return []Event{sent}
	case *kpclient.MessageReplyEvent:
		reply := &MessageReplyEvent{Event: e, MessageID: id(e.MessageID), SURBID: id(e.SURBID), Payload: e.Payload, Err: e.Err}
		var failure *kpclient.Error
		if errors.As(e.Err, &failure) && failure.DaemonCode > 0 {
			reply.ErrorCode = uint8(failure.DaemonCode)
		}
		if e.ReplyIndex >= 0 {
			index := uint8(e.ReplyIndex)
			reply.ReplyIndex = &index
		}
		return []Event{reply}
	case *kpclient.MessageIDCollectedEvent:
		return []Event{&MessageIDGarbageCollected{e, id(e.MessageID)}}
	case *kpclient.DisconnectedEvent:
		return []Event{&DaemonDisconnectedEvent{e, e.IsGraceful, e.Err}}
	case *kpclient.ShutdownEvent:
		return []Event{&ShutdownEvent{e}}
	}
	return nil
}

// statusError is what a daemon has sent as the error of a status: one item of CBOR. Texts are shown
// as such, whatever else as its bytes.
func statusError(cbor []byte) error {
	if len(cbor) == 0 || cbor[0] == 0xf6 {
		return nil
	}
	if text, ok := shortText(cbor); ok {
		return errors.New(text)
	}
	return fmt.Errorf("the daemon says in CBOR: %x", cbor)
}

// shortText is the text of an item of CBOR if it is one of fewer than 256 bytes.
func shortText(cbor []byte) (string, bool) {
	head, length := 1, int(cbor[0])-0x60
	if cbor[0] == 0x78 && len(cbor) > 1 {
		head, length = 2, int(cbor[1])
	} else if length < 0 || length > 23 {
		return "", false
	}
	return string(cbor[head:]), len(cbor) == head+length
}

// id is nil where there is none.
func id(id kpclient.ID) *[16]byte {
	if id == (kpclient.ID{}) {
		return nil
	}
	return (*[16]byte)(&id)
}
