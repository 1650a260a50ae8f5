// Command story is all of the library in one program: it connects, sends an echo, opens a channel,
// writes to it, reads it elsewhere, follows events, cancels a read, and goes on although its
// daemon is killed in the middle.
//
//	KPC_SIM=build/bin/kpclientd-sim story
//
// The daemon is the simulator, which the program starts itself, to be able to kill it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kpclient"
	"kpclient/internal/sim"
)

func main() {
	daemon, err := sim.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the simulator does not start:", err)
		os.Exit(1)
	}
	defer daemon.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := story(ctx, daemon); err != nil {
		fmt.Fprintln(os.Stderr, err)
		daemon.Stop()
		os.Exit(1)
	}
}

func story(ctx context.Context, daemon *sim.Sim) error {
	path := filepath.Join(daemon.Directory, "thinclient.toml")
	if err := os.WriteFile(path, []byte(sim.Configuration(daemon.Socket)), 0o600); err != nil {
		return err
	}
	alice, err := kpclient.Open(ctx, path)
	if err != nil {
		return err
	}
	defer alice.Close(context.Background())
	bob, err := kpclient.Open(ctx, path)
	if err != nil {
		return err
	}
	defer bob.Close(context.Background())
	fmt.Println("connected")

	if err := echo(ctx, alice); err != nil {
		return err
	}
	if err := channel(ctx, alice, bob); err != nil {
		return err
	}
	if err := cancelled(ctx, bob); err != nil {
		return err
	}
	return killed(ctx, alice, bob, daemon)
}

func echo(ctx context.Context, c *kpclient.Client) error {
	service, err := c.GetService("echo")
	if err != nil {
		return err
	}
	reply, err := c.SendMessageAwaitReply(ctx, service, []byte("hello mixnet"))
	if err != nil {
		return err
	}
	fmt.Printf("echo: %s\n", reply[:12])
	return nil
}

// channel has Alice write two boxes, and Bob read them with what she has sent him as text.
func channel(ctx context.Context, alice, bob *kpclient.Client) error {
	write, read, first, err := kpclient.NewKeypair(nil)
	if err != nil {
		return err
	}
	text, err := read.ToText(first)
	if err != nil {
		return err
	}
	at := first
	for _, message := range []string{"good morning", "good night"} {
		if at, err = alice.WriteBox(ctx, write, at, []byte(message)); err != nil {
			return err
		}
		fmt.Println("Alice writes:", message)
	}
	if _, _, read, at, err = kpclient.ParseSharedText(text); err != nil {
		return err
	}
	for range 2 {
		var message []byte
		if message, at, err = bob.ReadBox(ctx, read, at); err != nil {
			return err
		}
		fmt.Printf("Bob reads: %s\n", message)
	}
	return nil
}

// cancelled gives up a read of a box that nobody writes.
func cancelled(ctx context.Context, c *kpclient.Client) error {
	_, read, first, err := kpclient.NewKeypair(nil)
	if err != nil {
		return err
	}
	_, _, err = c.ReadBox(ctx, read, first, kpclient.StartNoRetry)
	if !errors.Is(err, kpclient.ErrBoxIDNotFound) {
		return fmt.Errorf("a box that nobody wrote: %w", err)
	}
	short, cancel := context.WithCancel(ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, _, err = c.ReadBox(short, read, first); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("a read that was cancelled: %w", err)
	}
	fmt.Println("cancelled:", err)
	return nil
}

// killed has Bob wait for a box while the daemon goes and comes back, which the events tell.
func killed(ctx context.Context, alice, bob *kpclient.Client, daemon *sim.Sim) error {
	write, read, first, err := kpclient.NewKeypair(nil)
	if err != nil {
		return err
	}
	reading := make(chan error, 1)
	go func() {
		message, _, err := bob.ReadBox(ctx, read, first)
		fmt.Printf("Bob reads after all: %s\n", message)
		reading <- err
	}()
	events, err := bob.OpenEvents(100)
	if err != nil {
		return err
	}
	defer events.Free()
	if _, err := daemon.Say("restart"); err != nil {
		return err
	}
	for event, err := range events.All(ctx) {
		if err != nil {
			return err
		}
		switch event := event.(type) {
		case *kpclient.DisconnectedEvent:
			fmt.Println("the daemon is gone:", event.Err)
			continue
		case *kpclient.RestartedEvent:
			fmt.Println("there is another one")
		default:
			continue
		}
		break
	}
	if _, err := alice.WriteBox(ctx, write, first, []byte("still there")); err != nil {
		return err
	}
	return <-reading
}
