package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"kpclient"
	"kpclient/internal/sim"
)

// limit is longer than any step takes that ends.
const limit = time.Minute

// world is what a scenario has made so far.
type world struct {
	sim     *sim.Sim
	things  map[string]any
	all     []any
	started map[string]*started
}

// started is a step that was started so many times.
type started struct {
	step   step
	cancel context.CancelFunc
	ended  []chan outcome
}

type outcome struct {
	thing any
	err   error
}

func run(s scenario) error {
	simulator, err := sim.Start(s.Sim...)
	if err != nil {
		return err
	}
	defer simulator.Stop()
	w := &world{sim: simulator, things: map[string]any{}, started: map[string]*started{}}
	for number, step := range s.Steps {
		if err := w.within(step); err != nil {
			w.end()
			return fmt.Errorf("step %d (%s): %w", number+1, step.Do, err)
		}
	}
	w.end()
	return nothingLeft()
}

// end frees all that was made.
func (w *world) end() {
	for _, s := range w.started {
		s.cancel()
	}
	for _, thing := range w.all {
		if client, ok := thing.(*kpclient.Client); ok {
			client.Close(context.Background())
		}
	}
	for _, thing := range w.all {
		if object, ok := thing.(interface{ Free() }); ok {
			object.Free()
		}
	}
}

// nothingLeft waits until the library has no object, which the collector may have to free.
func nothingLeft() error {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		runtime.GC()
		if kpclient.DebugLiveObjects() == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d objects are left", kpclient.DebugLiveObjects())
		}
	}
}

func (w *world) within(s step) error {
	done := make(chan error, 1)
	go func() { done <- w.step(s) }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return errors.New("it does not end")
	}
}

func (w *world) step(s step) error {
	switch s.Do {
	case "wait":
		return w.wait(s)
	case "cancel":
		w.started[s.What].cancel()
		return nil
	case "free":
		w.things[s.What].(interface{ Free() }).Free()
		return nil
	case "forget":
		w.forget(s.What)
		return nil
	case "sim_until":
		return w.simUntil(s)
	case "exit":
		os.RemoveAll(w.sim.Directory)
		os.Exit(0)
	}
	if s.Start != "" {
		w.start(s)
		return nil
	}
	for number := range max(s.Many, 1) {
		ctx, cancel := context.WithCancel(context.Background())
		if s.TimeoutMs > 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(s.TimeoutMs)*time.Millisecond)
		}
		if s.Cancelled {
			cancel()
		}
		thing, err := w.act(ctx, s, number)
		cancel()
		if err := judged(s, err); err != nil {
			return err
		}
		if err == nil && thing != nil {
			w.keep(s.As, thing)
		}
	}
	return nil
}

func (w *world) keep(name string, thing any) {
	if _, ok := thing.(interface{ Free() }); ok {
		w.all = append(w.all, thing)
	}
	if name != "" {
		w.things[name] = thing
	}
}

func (w *world) forget(name string) {
	w.all = slices.DeleteFunc(w.all, func(thing any) bool { return thing == w.things[name] })
	delete(w.things, name)
}

func (w *world) start(s step) {
	ctx, cancel := context.WithCancel(context.Background())
	all := &started{step: s, cancel: cancel}
	w.started[s.Start] = all
	for number := range max(s.Many, 1) {
		ended := make(chan outcome, 1)
		all.ended = append(all.ended, ended)
		go func() {
			thing, err := w.act(ctx, s, number)
			ended <- outcome{thing, err}
		}()
	}
}

func (w *world) wait(s step) error {
	for _, ended := range w.started[s.For].ended {
		if err := judged(s, (<-ended).err); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) simUntil(s step) error {
	for {
		answer, err := w.sim.Say("stats")
		if err != nil {
			return err
		}
		var stats any
		if err := json.Unmarshal([]byte(answer), &stats); err != nil {
			return err
		}
		for _, name := range strings.Split(s.Count.(string), ".") {
			part, _ := stats.(map[string]any)
			stats = part[name]
		}
		count, _ := stats.(float64)
		if (s.AtLeast == nil || count >= *s.AtLeast) && (s.AtMost == nil || count <= *s.AtMost) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// judged says whether a step ended as it should.
func judged(s step, err error) error {
	var failure *kpclient.Error
	if err != nil && !errors.As(err, &failure) {
		return err
	}
	switch {
	case s.Fails == "":
		return err
	case err == nil:
		return fmt.Errorf("no error, %s expected", s.Fails)
	case failure.Status.Name() != "KPC_ERR_"+s.Fails:
		return fmt.Errorf("%s (%w), %s expected", failure.Status.Name(), err, s.Fails)
	case s.Class != "" && failure.Status.Category() != categories[s.Class]:
		return fmt.Errorf("%s is of the category %d", failure.Status.Name(), failure.Status.Category())
	case !errors.Is(err, failure.Status):
		return fmt.Errorf("errors.Is does not find %s", s.Fails)
	}
	return nil
}

var categories = map[string]kpclient.Category{
	"ARGUMENT": kpclient.CategoryArgument,
	"SESSION":  kpclient.CategorySession,
	"DAEMON":   kpclient.CategoryDaemon,
	"REPLICA":  kpclient.CategoryReplica,
	"COPY":     kpclient.CategoryCopy,
	"TIMEOUT":  kpclient.CategoryTimeout,
	"INTERNAL": kpclient.CategoryInternal,
}
