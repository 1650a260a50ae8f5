package kpclient

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"kpclient/internal/sim"
)

// patience is longer than anything takes that ends.
const patience = time.Minute

// TestMain checks after all tests that no object of the library is left.
func TestMain(m *testing.M) {
	code := m.Run()
	if !collected(func() bool { return DebugLiveObjects() == 0 }) {
		fmt.Printf("FAIL: %d objects of the library are left\n", DebugLiveObjects())
		code = 1
	}
	if n := len(calls.out) + len(logs.out); n != 0 {
		fmt.Printf("FAIL: %d tickets are left\n", n)
		code = 1
	}
	os.Exit(code)
}

// collected runs the collector until something is so.
func collected(isSo func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		runtime.GC()
		if isSo() {
			return true
		}
	}
	return false
}

func start(t *testing.T, options ...string) *sim.Sim {
	t.Helper()
	s, err := sim.Start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

// client makes a client of a simulator, not connected.
func client(t *testing.T, s *sim.Sim) *Client {
	t.Helper()
	config := must(LoadText(sim.Configuration(s.Socket)))(t)
	defer config.Free()
	c := must(NewClient(config))(t)
	t.Cleanup(c.Free)
	return c
}

// connected makes one that is.
func connected(t *testing.T, s *sim.Sim) *Client {
	t.Helper()
	c := client(t, s)
	if err := c.Connect(background(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must[T any](thing T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return thing
	}
}

// until waits for a number of the simulator's.
func until(t *testing.T, s *sim.Sim, part string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		answer, err := s.Say("stats")
		if err != nil {
			t.Fatal(err)
		}
		if contains(answer, part) {
			return
		}
	}
	t.Fatalf("the simulator never says %s", part)
}
