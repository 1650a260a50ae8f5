package thin

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"kpclient"
	"kpclient/internal/sim"
)

// TestMain checks after all tests that no object of the library is left.
func TestMain(m *testing.M) {
	code := m.Run()
	for end := time.Now().Add(time.Minute); kpclient.DebugLiveObjects() > 0; time.Sleep(time.Millisecond) {
		runtime.GC()
		if time.Now().After(end) {
			fmt.Println("FAIL: objects of the library are left")
			code = 1
			break
		}
	}
	os.Exit(code)
}

// dial makes a client as the documents of the thin client do.
func dial(t *testing.T) (*ThinClient, *sim.Sim) {
	t.Helper()
	s, err := sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	path := filepath.Join(t.TempDir(), "thinclient.toml")
	if err := os.WriteFile(path, []byte(sim.Configuration(s.Socket)), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	client := NewThinClient(cfg, &Logging{Level: "INFO", File: filepath.Join(t.TempDir(), "log")})
	if err := client.Dial(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client, s
}

func keypair(t *testing.T, client *ThinClient) (*WriteCap, *ReadCap, *MessageBoxIndex) {
	t.Helper()
	seed := make([]byte, 32)
	rand.Read(seed)
	writeCap, readCap, first, err := client.NewKeypair(seed)
	if err != nil {
		t.Fatal(err)
	}
	return writeCap, readCap, first
}

func write(t *testing.T, client *ThinClient, writeCap *WriteCap, index *MessageBoxIndex, text []byte) *MessageBoxIndex {
	t.Helper()
	ciphertext, envDesc, envHash, next, err := client.EncryptWrite(text, writeCap, index)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.StartResendingEncryptedMessage(nil, writeCap, nil, nil, envDesc, ciphertext, envHash); err != nil {
		t.Fatal(err)
	}
	return next
}

// read reads without an index, as the documents do.
func read(client *ThinClient, readCap *ReadCap, index *MessageBoxIndex) ([]byte, error) {
	ciphertext, envDesc, envHash, _, err := client.EncryptRead(readCap, index)
	if err != nil {
		return nil, err
	}
	result, err := client.StartResendingEncryptedMessageNoRetry(readCap, nil, nil, nil, envDesc, ciphertext, envHash)
	if err != nil {
		return nil, err
	}
	return result.Plaintext, nil
}

func TestMessagesAndEvents(t *testing.T) {
	client, _ := dial(t)
	eventCh := client.EventSink()
	defer client.StopEventSink(eventCh)
	desc, err := client.GetService("echo")
	if err != nil {
		t.Fatal(err)
	}
	destNode, destQueue := desc.ToDestination()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reply, err := client.BlockingSendMessage(ctx, []byte("hello mixnet"), destNode, destQueue)
	if err != nil || !bytes.HasPrefix(reply, []byte("hello mixnet")) {
		t.Fatal(reply, err)
	}
	surb := client.NewSURBID()
	if err := client.SendMessage(surb, []byte("by event"), destNode, destQueue); err != nil {
		t.Fatal(err)
	}
	var seenStatus, seenDocument bool
	for ev := range eventCh {
		switch v := ev.(type) {
		case *ConnectionStatusEvent:
			seenStatus = v.IsConnected
		case *NewDocumentEvent:
			seenDocument = v.Document.Epoch() > 0
		case *MessageReplyEvent:
			if v.SURBID == nil || *v.SURBID != *surb {
				continue
			}
			if !seenStatus || !seenDocument || !bytes.HasPrefix(v.Payload, []byte("by event")) {
				t.Fatal(seenStatus, seenDocument, v)
			}
			return
		}
	}
	t.Fatal("the events ended")
}

func TestCloseEndsTheEvents(t *testing.T) {
	client, _ := dial(t)
	eventCh := client.EventSink()
	stopped := client.EventSink()
	client.StopEventSink(stopped)
	for range stopped {
	}
	go client.Close()
	for range eventCh {
	}
}

func TestBoxes(t *testing.T) {
	client, _ := dial(t)
	writeCap, readCap, first := keypair(t, client)
	if _, err := read(client, readCap, first); !errors.Is(err, ErrBoxIDNotFound) || !IsExpectedOutcome(err) {
		t.Fatal(err)
	}
	second := write(t, client, writeCap, first, []byte("hello"))
	next, err := client.NextMessageBoxIndex(first)
	if err != nil || !next.Equal(second) {
		t.Fatal(err)
	}
	if text, err := read(client, readCap, first); string(text) != "hello" {
		t.Fatal(text, err)
	}
	result, err := client.TombstoneRange(writeCap, first, 2)
	if err != nil || len(result.Envelopes) != 2 {
		t.Fatal(err)
	}
	for _, e := range result.Envelopes {
		if _, err := client.StartResendingEncryptedMessage(nil, writeCap, nil, nil, e.EnvelopeDescriptor, e.MessageCiphertext, e.EnvelopeHash); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(client, readCap, first); !errors.Is(err, ErrTombstone) {
		t.Fatal(err)
	}
}

func TestCopyToTwoChannels(t *testing.T) {
	client, _ := dial(t)
	oneWrite, oneRead, oneFirst := keypair(t, client)
	twoWrite, twoRead, twoFirst := keypair(t, client)
	tempWrite, _, at := keypair(t, client)
	result, err := client.CreateCourierEnvelopesFromMultiPayload([]DestinationPayload{
		{Payload: []byte("for one"), WriteCap: oneWrite, StartIndex: oneFirst},
		{Payload: []byte("for two"), WriteCap: twoWrite, StartIndex: twoFirst},
	}, true, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, chunk := range result.Envelopes {
		at = write(t, client, tempWrite, at, chunk)
	}
	if err := client.StartResendingCopyCommand(tempWrite); err != nil {
		t.Fatal(err)
	}
	// The payload of a copy carries its length.
	if text, err := read(client, oneRead, oneFirst); !bytes.HasSuffix(text, []byte("for one")) {
		t.Fatal(text, err)
	}
	if text, err := read(client, twoRead, twoFirst); !bytes.HasSuffix(text, []byte("for two")) {
		t.Fatal(text, err)
	}
}

func TestCancelByAnotherGoroutine(t *testing.T) {
	client, _ := dial(t)
	_, readCap, first := keypair(t, client)
	ciphertext, envDesc, envHash, _, err := client.EncryptRead(readCap, first)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := client.StartResendingEncryptedMessage(readCap, nil, nil, nil, envDesc, ciphertext, envHash)
		ended <- err
	}()
	for {
		stats, err := client.client.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if stats.OperationsRunning > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := client.CancelResendingEncryptedMessage(envHash); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ErrStartResendingCancelled) {
		t.Fatal(err)
	}
}

func TestCouriers(t *testing.T) {
	client, _ := dial(t)
	all, err := client.GetAllCouriers()
	if err != nil || len(all) == 0 || all[0].IdentityHash == nil {
		t.Fatal(all, err)
	}
	if _, err := client.GetDistinctCouriers(len(all) + 1); !errors.Is(err, kpclient.ErrNotEnoughCouriers) {
		t.Fatal(err)
	}
}

func TestBytesOfCapabilities(t *testing.T) {
	client, _ := dial(t)
	writeCap, _, _ := keypair(t, client)
	bytes, err := writeCap.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := new(WriteCap)
	if err := again.UnmarshalBinary(bytes); err != nil || !again.Equal(writeCap) {
		t.Fatal(err)
	}
	if err := again.UnmarshalBinary(bytes[1:]); !errors.Is(err, kpclient.ErrArgSize) {
		t.Fatal(err)
	}
}
