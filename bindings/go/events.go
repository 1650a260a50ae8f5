package kpclient

// #include "generated.h"
import "C"

import (
	"context"
	"errors"
	"iter"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Event is something that happened at a client: one of the types whose names end in Event.
type Event interface {
	// Kind returns the kind of the event, one for each type.
	Kind() EventKind

	// String describes the event in a line, for people and logs. It holds no secret.
	String() string
}

// description is what every event has.
type description struct{ text string }

func (d description) String() string { return d.text }

// UnknownEvent is an event of a kind that a later version of the library has.
type UnknownEvent struct {
	description

	// Number is the number of the kind.
	Number EventKind
}

// Kind returns the number of the kind.
func (e *UnknownEvent) Kind() EventKind { return e.Number }

// EventSink is a queue of events of its own. Several may be open; each sees every event from its
// opening on, in order, starting with the current status and document. When its reader is slow,
// the oldest events are dropped, and an [OverflowEvent] tells how many.
type EventSink struct {
	handle

	// file is a copy of the sink's descriptor, which Go's own poller watches.
	file *os.File
	conn syscall.RawConn

	// turn is held by whoever waits: a deadline of the file is one's own.
	turn chan struct{}
}

// eventsKept is how many events a range loop may be behind.
const eventsKept = 1024

// OpenEvents opens a queue for this many events. The client need not be connected.
func (c *Client) OpenEvents(capacity int) (*EventSink, error) {
	if capacity < 0 {
		return nil, check(C.KPC_ERR_ARG_VALUE, 0)
	}
	var number, failure C.uint64_t
	status := C.kpcgo_event_sink_open(c.object(), C.size_t(capacity), &number, &failure)
	runtime.KeepAlive(c)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	file, conn, err := watch(number)
	if err != nil {
		freeEventSink(uint64(number))
		return nil, err
	}
	s := &EventSink{handle: handle{number: uint64(number)}, file: file, conn: conn, turn: make(chan struct{}, 1)}
	s.cleanup = runtime.AddCleanup(s, freeEventSink, uint64(number))
	return s, nil
}

// watch gives a copy of a sink's descriptor to the poller.
func watch(sink C.uint64_t) (*os.File, syscall.RawConn, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(C.kpcgo_event_sink_fd(sink)), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return nil, nil, errno
	}
	if err := syscall.SetNonblock(int(fd), true); err != nil {
		syscall.Close(int(fd))
		return nil, nil, err
	}
	file := os.NewFile(fd, "kpclient events")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, conn, nil
}

func freeEventSink(number uint64) { C.kpcgo_event_sink_free(C.uint64_t(number)) }

// Free closes the queue at once. It may be called twice. Whoever waits gets an error.
func (s *EventSink) Free() {
	if s == nil {
		return
	}
	s.cleanup.Stop()
	freeEventSink(s.number)
	// Whoever waits looks once more now, and learns of it.
	s.file.Close()
}

// Next waits for the next event.
func (s *EventSink) Next(ctx context.Context) (Event, error) {
	if s == nil || s.number == 0 {
		return nil, check(C.KPC_ERR_ARG_NULL, 0)
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	stop := interruptWhenDone(ctx, s.file)
	defer stop()
	return s.next(ctx)
}

// interruptWhenDone ends a wait for the file with its context, until that is stopped.
func interruptWhenDone(ctx context.Context, file *os.File) (stop func()) {
	over := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		file.SetReadDeadline(time.Unix(1, 0))
		close(over)
	})
	return func() {
		if !unwatch() {
			<-over
			file.SetReadDeadline(time.Time{})
		}
	}
}

func (s *EventSink) next(ctx context.Context) (event Event, err error) {
	waited := s.conn.Read(func(uintptr) bool {
		event, err = s.poll()
		return !errors.Is(err, ErrTimeout)
	})
	runtime.KeepAlive(s)
	switch {
	case waited == nil:
		return event, err
	case ctx.Err() != nil:
		return nil, ended(ctx)
	}
	// The sink was freed meanwhile, and says so.
	if event, err = s.poll(); !errors.Is(err, ErrTimeout) {
		return event, err
	}
	return nil, waited
}

// poll takes an event that is there.
func (s *EventSink) poll() (Event, error) {
	var event, failure C.uint64_t
	status := C.kpcgo_event_sink_next(C.uint64_t(s.number), C.KPC_NO_WAIT, &event, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	defer C.kpcgo_event_free(event)
	return eventOf(event), nil
}

// All returns the events for a range loop, which ends with the context, with a break, or with
// the [ClosedEvent], which is the last. What goes wrong is the last element.
func (s *EventSink) All(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			event, err := s.Next(ctx)
			if !yield(event, err) || err != nil || event.Kind() == EventClosed {
				return
			}
		}
	}
}

// Events opens a queue of events and returns them for a range loop. The queue is closed when the
// loop ends, however that is.
func (c *Client) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		sink, err := c.OpenEvents(eventsKept)
		if err != nil {
			yield(nil, err)
			return
		}
		defer sink.Free()
		sink.All(ctx)(yield)
	}
}
