package kpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kpclient/internal/sim"
)

func TestFreedObjectIsAnError(t *testing.T) {
	c := connected(t, start(t))
	c.Free()
	c.Free()
	if err := c.Connect(background(t)); !errors.Is(err, ErrBadHandle) {
		t.Fatal(err)
	}
	if _, err := c.GetService("echo"); !errors.Is(err, ErrBadHandle) {
		t.Fatal(err)
	}
	if c.IsConnected() {
		t.Fatal("connected")
	}
}

func TestNilIsAnError(t *testing.T) {
	var (
		c *Client
		w *Writer
		e *EventSink
	)
	_, sendErr := w.Send(background(t), MessageKind, nil)
	_, nextErr := e.Next(background(t))
	_, _, readErr := connected(t, start(t)).ReadBox(background(t), nil, nil)
	for _, err := range []error{c.Connect(background(t)), sendErr, nextErr, readErr} {
		if !errors.Is(err, ErrArgNull) {
			t.Fatal(err)
		}
	}
	c.Free()
	w.Free()
	e.Free()
}

// No program can do this; the library checks it all the same.
func TestObjectOfAnotherTypeIsAnError(t *testing.T) {
	config := must(NewConfig())(t)
	defer config.Free()
	wrong := &Client{handle{number: config.number}}
	err := wrong.Connect(background(t))
	if !errors.Is(err, ErrBadHandle) || !contains(err.Error(), "kpc_config") {
		t.Fatal(err)
	}
}

func TestNoDaemon(t *testing.T) {
	config := must(NewConfig())(t)
	defer config.Free()
	if err := config.SetUnix(filepath.Join(t.TempDir(), "nobody")); err != nil {
		t.Fatal(err)
	}
	c := must(NewClient(config))(t)
	defer c.Free()
	err := c.Connect(background(t))
	if !errors.Is(err, ErrConnect) || !errors.Is(err, syscall.ENOENT) {
		t.Fatal(err)
	}
	var details *Error
	if !errors.As(err, &details) || details.Origin != OriginLibrary || details.Status.Category() != CategorySession {
		t.Fatalf("%+v", details)
	}
}

func TestOpenNamesWhatIsWrongWithAFile(t *testing.T) {
	if _, err := Open(background(t), filepath.Join(t.TempDir(), "none.toml")); !errors.Is(err, ErrConfigIO) {
		t.Fatal(err)
	}
	if _, err := LoadFile("a\x00b"); !errors.Is(err, ErrArgValue) {
		t.Fatal(err)
	}
}

// What nobody holds any more is freed, while the collector runs all the time.
func TestCollectorFreesObjects(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	s := start(t)
	for range 20 {
		config := must(LoadText(sim.Configuration(s.Socket)))(t)
		c := must(NewClient(config))(t)
		must(c.OpenEvents(1))(t)
		for range 50 {
			must(LoadText(sim.Configuration(s.Socket)))(t)
		}
	}
	c := connected(t, s)
	for range 50 {
		_, read, index, err := NewKeypair(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.EncryptRead(background(t), read, index); err != nil {
			t.Fatal(err)
		}
	}
	c.Free()
	if !collected(func() bool { return DebugLiveObjects() == 0 }) {
		t.Fatalf("%d objects are left", DebugLiveObjects())
	}
}

// A writer goes on without its client and store in the program's hands.
func TestWriterKeepsItsClient(t *testing.T) {
	s := start(t)
	writer := func() *Writer {
		config := must(LoadText(sim.Configuration(s.Socket)))(t)
		c := must(NewClient(config))(t)
		if err := c.Connect(background(t)); err != nil {
			t.Fatal(err)
		}
		store := must(c.OpenStore(background(t), filepath.Join(t.TempDir(), "c.db")))(t)
		return must(store.CreateWriter(background(t), "pear", nil))(t)
	}()
	if collected(func() bool { return DebugLiveObjects() <= 2 }); DebugLiveObjects() == 0 {
		t.Fatal("nothing is left")
	}
	number := must(writer.Send(background(t), MessageKind, []byte("still here")))(t)
	if err := writer.WaitStored(background(t), number); err != nil {
		t.Fatal(err)
	}
	if err := writer.client.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	writer.Free()
}

func TestSecretsAreNotPrinted(t *testing.T) {
	write, read, index, err := NewKeypair(bytes.Repeat([]byte{7}, SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []any{write, read, index, struct{ W *WriteCap }{write}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			text := fmt.Sprintf(verb, secret)
			if !contains(text, "secret") && !contains(text, "0x") && !contains(text, "{") {
				t.Errorf("%s of %T: %s", verb, secret, text)
			}
			if len(text) > 100 {
				t.Errorf("%s of %T: %s", verb, secret, text)
			}
		}
	}
}

func TestSecretsAreWiped(t *testing.T) {
	write, _, _, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	again := must(WriteCapFromBytes(write.Bytes()))(t)
	if !write.Equal(again) {
		t.Fatal("another capability")
	}
	write.Wipe()
	if write.Equal(again) || write.bytes != [WriteCapSize]byte{} {
		t.Fatal("it is still there")
	}
	secret := []byte("a secret")
	Wipe(secret)
	Wipe(nil)
	if !bytes.Equal(secret, make([]byte, 8)) {
		t.Fatal("it is still there")
	}
}

func TestStructsTravelBothWays(t *testing.T) {
	c := connected(t, start(t))
	sphinx, boxes := must(c.SphinxGeometry())(t), must(c.PigeonholeGeometry())(t)
	config := must(NewConfig())(t)
	defer config.Free()
	if err := errors.Join(config.SetSphinxGeometry(&sphinx), config.SetPigeonholeGeometry(&boxes)); err != nil {
		t.Fatal(err)
	}
	if must(config.SphinxGeometry())(t) != sphinx || must(config.PigeonholeGeometry())(t) != boxes {
		t.Fatal("another geometry")
	}
	if sphinx.UserForwardPayloadLength == 0 || boxes.NIKEName == "" {
		t.Fatalf("%+v %+v", sphinx, boxes)
	}
	boxes.NIKEName = strings.Repeat("x", 1000)
	if err := boxes.Validate(); !errors.Is(err, ErrArgValue) {
		t.Fatal(err)
	}
}

func TestPausesTravelBothWays(t *testing.T) {
	config := must(NewConfig())(t)
	defer config.Free()
	if err := config.SetReconnect(1500*time.Microsecond, 1000*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	shortest, longest, err := config.Reconnect()
	if err != nil || shortest != 2*time.Millisecond || longest != math.MaxUint32*time.Millisecond {
		t.Fatal(shortest, longest, err)
	}
}

func TestServicesAreListed(t *testing.T) {
	c := connected(t, start(t))
	couriers := must(c.Couriers())(t)
	defer couriers.Free()
	all := slices.Collect(couriers.All())
	if len(all) != couriers.Count() || len(all) == 0 || len(all[0].Queue) == 0 {
		t.Fatalf("%+v", all)
	}
	if document := must(c.PKIDocument())(t); !document.HasIdentity(all[0].Node) {
		t.Fatal("a courier that is not in the document")
	}
	all[0].Queue = make([]byte, 100)
	write, _, _, err := NewKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartResendingCopyCommand(background(t), write, &all[0]); !errors.Is(err, ErrArgValue) && !errors.Is(err, ErrArgSize) {
		t.Fatal(err)
	}
}

// Destinations point to memory of the program, which C sees during the call.
func TestCopyToSeveralDestinations(t *testing.T) {
	c := connected(t, start(t))
	destinations := make([]Destination, 3)
	for i := range destinations {
		write, _, index, err := NewKeypair(nil)
		if err != nil {
			t.Fatal(err)
		}
		destinations[i] = Destination{WriteCap: write, StartIndex: index, Payload: fmt.Appendf(nil, "number %d", i)}
	}
	elements := must(c.CreateCourierEnvelopesFromMultiPayload(background(t), destinations, true, true, nil))(t)
	defer elements.Free()
	if elements.Count() == 0 {
		t.Fatal("no element")
	}
	for i, d := range destinations {
		next := must(elements.NextIndexAt(i))(t)
		counted := must(NextMessageBoxIndex(d.StartIndex))(t)
		if !next.Equal(counted) {
			t.Errorf("destination %d continues elsewhere", i)
		}
	}
}
