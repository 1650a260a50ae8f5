package thin

import (
	"context"
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
	Err       error
}

// MessageReplyEvent is the reply to a message.
type MessageReplyEvent struct {
	kpclient.Event
	MessageID  *[MessageIDLength]byte
	SURBID     *[SURBIDLength]byte
	Payload    []byte
	ReplyIndex *uint8
	Err        error
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
		return []Event{&ConnectionStatusEvent{e, e.IsConnected, nil, e.InstanceToken}}
	case *kpclient.PKIDocumentEvent:
		return []Event{&NewPKIDocumentEvent{e, e.Payload}, &NewDocumentEvent{e, e.PKIDocument}}
	case *kpclient.MessageSentEvent:
		return []Event{&MessageSentEvent{e, id(e.MessageID), id(e.SURBID), e.SentAt, e.ReplyEta, e.Err}}
	case *kpclient.MessageReplyEvent:
		reply := &MessageReplyEvent{Event: e, MessageID: id(e.MessageID), SURBID: id(e.SURBID), Payload: e.Payload, Err: e.Err}
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

// id is nil where there is none.
func id(id kpclient.ID) *[16]byte {
	if id == (kpclient.ID{}) {
		return nil
	}
	return (*[16]byte)(&id)
}
