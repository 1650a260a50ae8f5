package kpclient

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// running waits until so many calls of a client are under way.
func running(t *testing.T, c *Client, calls uint64) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if must(c.Stats())(t).OperationsRunning == calls {
			return
		}
	}
	t.Fatalf("there are never %d calls", calls)
}

func TestAThousandCancelledContexts(t *testing.T) {
	s := start(t)
	c := connected(t, s)
	_, read, index, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	ended := make([]error, 1000)
	for i := range ended {
		all.Add(1)
		go func() {
			defer all.Done()
			_, _, ended[i] = c.ReadBox(ctx, read, index)
		}()
	}
	running(t, c, 1000)
	cancel()
	all.Wait()
	for _, err := range ended {
		if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	until(t, s, `"arq_entries":0`)
	stats := must(c.Stats())(t)
	if stats.OperationsRunning != 0 || stats.ResultsKept != 0 {
		t.Fatalf("%+v", stats)
	}
}

func TestDeadlinePasses(t *testing.T) {
	c := connected(t, start(t))
	_, read, index, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for range 2 { // while the call waits, and before it
		_, _, err := c.ReadBox(ctx, read, index)
		if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}

func TestCauseOfTheEndIsFound(t *testing.T) {
	c := connected(t, start(t))
	_, read, index, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("the window was closed")
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error)
	go func() {
		_, _, err := c.ReadBox(ctx, read, index)
		ended <- err
	}()
	running(t, c, 1)
	cancel(reason)
	if err := <-ended; !errors.Is(err, reason) || !errors.Is(err, ErrCancelled) {
		t.Fatal(err)
	}
}

func TestFarDeadlineIsNoLimit(t *testing.T) {
	c := client(t, start(t))
	for _, year := range []int{2100, 9999} {
		ctx, cancel := context.WithDeadline(context.Background(), time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		defer cancel()
		if err := c.Connect(ctx); err != nil && !errors.Is(err, ErrAlreadyConnected) {
			t.Fatal(err)
		}
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	c := connected(t, start(t))
	_, read, index, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	for range 50 {
		go func() {
			_, _, err := c.ReadBox(background(t), read, index)
			ended <- err
		}()
	}
	running(t, c, 50)
	go c.Free()
	for range 50 {
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
}
