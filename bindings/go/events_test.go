package kpclient

import (
	"context"
	"errors"
	"testing"
)

func TestEventsAreTyped(t *testing.T) {
	s := start(t)
	c := connected(t, s)
	seen := map[EventKind]bool{}
	for event, err := range c.Events(background(t)) {
		if err != nil {
			t.Fatal(err)
		}
		seen[event.Kind()] = true
		switch event := event.(type) {
		case *ConnectionStatusEvent:
			if !event.IsConnected || event.InstanceToken == (ID{}) || event.String() == "" {
				t.Fatalf("%+v", event)
			}
		case *PKIDocumentEvent:
			if event.PKIDocument.Epoch() == 0 {
				t.Fatal("no epoch")
			}
			go c.Close(context.Background())
		}
	}
	for _, kind := range []EventKind{EventConnectionStatus, EventPKIDocument, EventClosed} {
		if !seen[kind] {
			t.Errorf("no event %d", kind)
		}
	}
}

func TestReplyComesAsAnEvent(t *testing.T) {
	c := connected(t, start(t))
	sink := must(c.OpenEvents(100))(t)
	defer sink.Free()
	surb := must(NewSURBID())(t)
	if _, err := c.SendMessage(surb, must(c.GetService("echo"))(t), []byte("by event")); err != nil {
		t.Fatal(err)
	}
	for event, err := range sink.All(background(t)) {
		if err != nil {
			t.Fatal(err)
		}
		if reply, ok := event.(*MessageReplyEvent); ok {
			if reply.SURBID != surb || reply.Err != nil || string(reply.Payload[:8]) != "by event" {
				t.Fatalf("%+v", reply)
			}
			return
		}
	}
}

func TestQueuesThatAreNoneSaySo(t *testing.T) {
	for _, sink := range []*EventSink{nil, {}} {
		if _, err := sink.Next(background(t)); !errors.Is(err, ErrArgNull) {
			t.Error(err)
		}
		sink.Free()
	}
	if _, err := connected(t, start(t)).OpenEvents(-1); !errors.Is(err, ErrArgValue) {
		t.Error(err)
	}
}

func TestPanicInALoopClosesTheQueue(t *testing.T) {
	c := connected(t, start(t))
	func() {
		defer func() {
			if recover() != "of the program" {
				t.Error("the panic did not arrive")
			}
		}()
		for range c.Events(background(t)) {
			panic("of the program")
		}
	}()
	if open := must(c.Stats())(t).SinksOpen; open != 0 {
		t.Fatalf("%d queues are open", open)
	}
}

func TestWaitForEventsEndsWithItsContext(t *testing.T) {
	c := client(t, start(t))
	sink := must(c.OpenEvents(100))(t)
	defer sink.Free()
	for range 100 {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		event, err := sink.Next(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrCancelled) {
			t.Fatal(event, err)
		}
	}
	if err := c.Connect(background(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Next(background(t)); err != nil {
		t.Fatal(err)
	}
}

func TestWaitersShareAQueue(t *testing.T) {
	c := client(t, start(t))
	sink := must(c.OpenEvents(100))(t)
	defer sink.Free()
	patient, hurried := make(chan error), make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, err := sink.Next(background(t)); patient <- err }()
	go func() { _, err := sink.Next(ctx); hurried <- err }()
	cancel()
	if err := <-hurried; !errors.Is(err, ErrCancelled) {
		t.Fatal(err)
	}
	if err := c.Connect(background(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-patient; err != nil {
		t.Fatal(err)
	}
}

func TestFreeEndsAWait(t *testing.T) {
	c := client(t, start(t))
	sink := must(c.OpenEvents(100))(t)
	ended := make(chan error)
	go func() { _, err := sink.Next(background(t)); ended <- err }()
	sink.Free()
	if err := <-ended; !errors.Is(err, ErrBadHandle) {
		t.Fatal(err)
	}
	sink.Free()
}

func TestLinesOfALogArriveOnAGoroutine(t *testing.T) {
	s := start(t)
	config := must(NewConfig())(t)
	defer config.Free()
	if err := config.SetUnix(s.Socket); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, linesKept)
	if err := config.SetLog(LogDebug, func(_ LogLevel, line string) { lines <- line }); err != nil {
		t.Fatal(err)
	}
	c := must(NewClient(config))(t)
	defer c.Free()
	if err := c.Log(LogInfo, "of the program"); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		if contains(line, "of the program") {
			return
		}
	}
}
