package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"kpclient"
	"kpclient/internal/sim"
)

type keys struct {
	write *kpclient.WriteCap
	read  *kpclient.ReadCap
	first *kpclient.BoxIndex
}

// thing is what a step names, of the type that is expected.
func thing[T any](w *world, name string) T { return w.things[name].(T) }

func (w *world) index(name string) *kpclient.BoxIndex {
	if k, ok := w.things[name].(keys); ok {
		return k.first
	}
	return thing[*kpclient.BoxIndex](w, name)
}

func (s step) text() string { return strings.Repeat(s.Text, max(s.Times, 1)) }

// act does a step, and returns what it makes.
func (w *world) act(ctx context.Context, s step, number int) (any, error) {
	switch s.Do {
	case "client", "connected":
		c, err := w.client(s)
		if err == nil && s.Do == "connected" {
			err = c.Connect(ctx)
		}
		return c, err
	case "connect":
		return nil, thing[*kpclient.Client](w, s.Client).Connect(ctx)
	case "close":
		err := thing[*kpclient.Client](w, s.Client).Close(ctx)
		if errors.Is(err, kpclient.ErrClosed) {
			err = nil
		}
		return nil, err
	case "config_text":
		return kpclient.LoadText(s.Text)
	case "config_file":
		return kpclient.LoadFile(s.Path)
	case "services":
		services, err := thing[*kpclient.Client](w, s.Client).GetServices(s.Name)
		if err == nil && float64(services.Count()) < *s.AtLeast {
			err = fmt.Errorf("there are %d", services.Count())
		}
		return services, err
	case "service":
		return thing[*kpclient.Client](w, s.Client).GetService(s.Name)
	case "echo":
		return nil, w.echo(ctx, s, number)
	case "keypair":
		write, read, first, err := kpclient.NewKeypair(nil)
		return keys{write, read, first}, err
	case "write_box":
		k := thing[keys](w, s.Keys)
		return thing[*kpclient.Client](w, s.Client).WriteBox(ctx, k.write, w.index(s.At), []byte(s.text()))
	case "read_box":
		return w.readBox(ctx, s)
	case "tombstone":
		return nil, w.tombstone(ctx, s)
	case "copy":
		return nil, w.copy(ctx, s)
	case "voucher_mint", "voucher_induct", "voucher_open":
		return w.voucher(ctx, s)
	case "events":
		return thing[*kpclient.Client](w, s.Client).OpenEvents(1000)
	case "event":
		return nil, w.event(ctx, s)
	case "loop_throws":
		return nil, loopThrows(ctx, thing[*kpclient.Client](w, s.Client))
	case "read_cap_text":
		k := thing[keys](w, s.Keys)
		return k.read.ToText(k.first)
	case "parse_text":
		text := s.Text
		if s.TextOf != "" {
			text = thing[string](w, s.TextOf)
		}
		_, _, _, _, err := kpclient.ParseSharedText(text)
		return nil, err
	case "collect":
		runtime.GC()
		return nil, nil
	case "sim":
		_, err := w.sim.Say(s.Say)
		return nil, err
	}
	return w.channel(ctx, s)
}

func (w *world) client(s step) (*kpclient.Client, error) {
	socket := w.sim.Socket
	if s.Socket == "nowhere" {
		socket = filepath.Join(w.sim.Directory, "nowhere")
	}
	config, err := kpclient.LoadText(sim.Configuration(socket))
	if err != nil {
		return nil, err
	}
	defer config.Free()
	if err := config.SetReconnect(10*time.Millisecond, 50*time.Millisecond); err != nil {
		return nil, err
	}
	return kpclient.NewClient(config)
}

func (w *world) echo(ctx context.Context, s step, number int) error {
	c := thing[*kpclient.Client](w, s.Client)
	service, err := c.GetService("echo")
	if err != nil {
		return err
	}
	text := s.text()
	if s.Numbered {
		text += strconv.Itoa(number)
	}
	reply, err := c.SendMessageAwaitReply(ctx, service, []byte(text))
	if err != nil {
		return err
	}
	return same(string(reply[:min(len(text), len(reply))]), text)
}

func (w *world) readBox(ctx context.Context, s step) (any, error) {
	var flags []kpclient.Flags
	if s.NoRetry {
		flags = append(flags, kpclient.StartNoRetry)
	}
	c := thing[*kpclient.Client](w, s.Client)
	data, next, err := c.ReadBox(ctx, thing[keys](w, s.Keys).read, w.index(s.At), flags...)
	switch {
	case err != nil:
		return nil, err
	case s.Text != "":
		err = same(string(data), s.Text)
	case !strings.HasPrefix(string(data), s.Begins):
		err = fmt.Errorf("%q does not begin so", data)
	}
	return next, err
}

func (w *world) tombstone(ctx context.Context, s step) error {
	c, k := thing[*kpclient.Client](w, s.Client), thing[keys](w, s.Keys)
	tombstones, err := c.TombstoneRange(ctx, k.write, w.index(s.At), uint32(s.Count.(float64)))
	if err != nil {
		return err
	}
	for position := range tombstones.Count() {
		envelope, err := tombstones.EnvelopeAt(position)
		if err != nil {
			return err
		}
		if _, _, err := c.StartResendingEncryptedMessage(ctx, nil, k.write, nil, -1, envelope); err != nil {
			return err
		}
	}
	return tombstones.Err()
}

func (w *world) copy(ctx context.Context, s step) error {
	c, k := thing[*kpclient.Client](w, s.Client), thing[keys](w, s.Keys)
	builder, err := c.NewCopyBuilder()
	if err != nil {
		return err
	}
	if _, err := builder.Add(ctx, c, k.write, w.index(s.At), []byte(s.text())); err != nil {
		return err
	}
	_, err = builder.Finish(ctx, c, nil)
	return err
}

func (w *world) event(ctx context.Context, s step) error {
	for event, err := range thing[*kpclient.EventSink](w, s.Of).All(ctx) {
		if err != nil {
			return err
		}
		if kind, known := kinds[s.Kind]; !known {
			return fmt.Errorf("no event of this driver's: %s", s.Kind)
		} else if event.Kind() == kind {
			return nil
		}
	}
	return errors.New("the events have ended")
}

// loopThrows leaves a loop over events by a panic.
func loopThrows(ctx context.Context, c *kpclient.Client) (err error) {
	defer func() {
		if recover() != "thrown" {
			err = errors.New("there was no event")
		}
	}()
	events, err := c.OpenEvents(10)
	if err != nil {
		return err
	}
	for range events.All(ctx) {
		panic("thrown")
	}
	return nil
}

var kinds = map[string]kpclient.EventKind{
	"CONNECTION_STATUS": kpclient.EventConnectionStatus,
	"PKI_DOCUMENT":      kpclient.EventPKIDocument,
	"DISCONNECTED":      kpclient.EventDisconnected,
	"RESUMED":           kpclient.EventResumed,
	"RESTARTED":         kpclient.EventRestarted,
	"CLOSED":            kpclient.EventClosed,
}

func same(found, wanted string) error {
	if found != wanted {
		return fmt.Errorf("%q, %q expected", found, wanted)
	}
	return nil
}
