package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kpclient"
)

// reading does the steps of readers.
func (w *world) reading(ctx context.Context, s step) (any, error) {
	if s.Reader == "" {
		return w.writing(ctx, s)
	}
	r := thing[*kpclient.Reader](w, s.Reader)
	switch s.Do {
	case "receive":
		return receive(ctx, r, s)
	case "acknowledge":
		return nil, r.Acknowledge(ctx, s.Number)
	case "history":
		return nil, history(ctx, r, s)
	case "forget_before":
		return nil, r.ForgetBefore(ctx, s.Number)
	case "poll_now":
		return nil, r.PollNow()
	case "skip":
		index, err := r.NextIndex()
		if err != nil {
			return nil, err
		}
		return nil, r.Skip(index)
	case "receive_file":
		return nil, w.receiveFile(ctx, r, s)
	}
	return nil, fmt.Errorf("no action of this driver's: %s", s.Do)
}

func receive(ctx context.Context, r *kpclient.Reader, s step) (any, error) {
	message, err := r.Receive(ctx)
	if err != nil {
		return nil, err
	}
	data, err := message.Data()
	if err != nil {
		return nil, err
	}
	arrivals := map[string]kpclient.Arrival{
		"": kpclient.ArrivalMessage, "TOMBSTONE": kpclient.ArrivalTombstone, "SKIPPED": kpclient.ArrivalSkipped,
	}
	if message.Number() != s.Number || message.Arrival() != arrivals[s.Arrival] {
		return nil, fmt.Errorf("number %d, arrival %d", message.Number(), message.Arrival())
	}
	return message, same(string(data), s.Text)
}

func history(ctx context.Context, r *kpclient.Reader, s step) error {
	messages, err := r.Messages(ctx, s.Number, s.Max)
	if err != nil {
		return err
	}
	defer messages.Free()
	var texts []string
	for message := range messages.All() {
		data, err := message.Data()
		if err != nil {
			return err
		}
		texts = append(texts, string(data))
	}
	if !slices.Equal(texts, s.Texts) {
		return fmt.Errorf("%q", texts)
	}
	return nil
}

// writing does the steps of writers.
func (w *world) writing(ctx context.Context, s step) (any, error) {
	if s.Writer == "" {
		return w.vouchers(ctx, s)
	}
	writer := thing[*kpclient.Writer](w, s.Writer)
	switch s.Do {
	case "sent":
		for writer.LastMessage() < s.Number {
			time.Sleep(time.Millisecond)
		}
		return nil, nil
	case "send_tombstones":
		return writer.Tombstone(ctx, uint32(s.Count.(float64)))
	case "erase_before":
		if err := writer.EraseBefore(ctx, s.Number); err != nil {
			return nil, err
		}
		return nil, writer.WaitErased(ctx, s.Number)
	case "send_file":
		path := s.Path
		if s.File != "" {
			path = w.place(s.File)
		}
		return nil, writer.SendFile(ctx, path)
	case "abandon_file":
		return nil, writer.AbandonFile(ctx)
	case "unfinished_file":
		path, err := writer.FilePath()
		if err == nil && (path != w.place(s.File) || writer.FileSize() != s.Size) {
			err = fmt.Errorf("%s of %d bytes", path, writer.FileSize())
		}
		return nil, err
	}
	return nil, fmt.Errorf("no action of this driver's: %s", s.Do)
}

// vouchers does the steps of vouchers in a store, and of files outside of it.
func (w *world) vouchers(ctx context.Context, s step) (any, error) {
	switch s.Do {
	case "make_file":
		return nil, os.WriteFile(w.place(s.File), content(s.Size), 0o600)
	case "make_directory":
		return nil, os.Mkdir(w.place(s.File), 0o700)
	case "file_progress":
		return nil, w.fileProgress(ctx, s)
	}
	if s.Store == "" {
		return nil, fmt.Errorf("no action of this driver's: %s", s.Do)
	}
	store := thing[*kpclient.Store](w, s.Store)
	switch s.Do {
	case "mint_voucher":
		voucher, err := store.MintVoucher(ctx, s.Name, s.Display)
		if err == nil && s.SameAs != "" {
			err = same(voucher, thing[string](w, s.SameAs))
		}
		return voucher, err
	case "induct_voucher":
		voucher := s.VoucherText
		if s.Voucher != "" {
			voucher = thing[string](w, s.Voucher)
		}
		reader, display, err := store.InductVoucher(ctx, s.Name, voucher, []byte(s.Text))
		if err != nil {
			return nil, err
		}
		return reader, same(display, s.Display)
	case "open_voucher":
		writer, reply, err := store.OpenVoucher(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		return writer, same(string(reply), s.Text)
	case "cancel_voucher":
		return nil, store.CancelVoucher(ctx, s.Name)
	case "vouchers":
		names, err := store.ListVouchers(ctx)
		if err == nil && !slices.Equal(slices.Collect(names.All()), s.Names) {
			err = fmt.Errorf("%d vouchers", names.Count())
		}
		return names, err
	}
	return nil, fmt.Errorf("no action of this driver's: %s", s.Do)
}

func (w *world) receiveFile(ctx context.Context, r *kpclient.Reader, s step) error {
	path, err := r.ReceiveFile(ctx, w.place(s.Into), s.Name)
	if err != nil {
		return err
	}
	if err := same(path, filepath.Join(w.place(s.Into), s.Found)); err != nil {
		return err
	}
	found, err := os.ReadFile(path)
	if err == nil && !slices.Equal(found, content(s.Size)) {
		err = fmt.Errorf("%s holds something else", path)
	}
	return err
}

// fileProgress takes events until a whole file is on the mixnet.
func (w *world) fileProgress(ctx context.Context, s step) error {
	done := uint64(0)
	for event, err := range thing[*kpclient.EventSink](w, s.Of).All(ctx) {
		if err != nil {
			return err
		}
		progress, ok := event.(*kpclient.FileProgressEvent)
		if !ok {
			continue
		}
		if progress.FileDone <= done || progress.FileDone > s.Size || progress.FileSize != s.Size {
			return fmt.Errorf("%d of %d bytes", progress.FileDone, progress.FileSize)
		}
		done = progress.FileDone
		if done == s.Size {
			return nil
		}
	}
	return fmt.Errorf("the events have ended at %d bytes", done)
}

// place is where something is in the scenario's directory.
func (w *world) place(name string) string { return filepath.Join(w.sim.Directory, name) }

// content is what a file of this size has in it.
func content(size uint64) []byte {
	bytes := make([]byte, size)
	for at := range bytes {
		bytes[at] = byte(at * 7 % 251)
	}
	return bytes
}
