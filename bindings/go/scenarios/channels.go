package main

import (
	"context"
	"path/filepath"

	"kpclient"
)

// channel does the steps of channels that remember.
func (w *world) channel(ctx context.Context, s step) (any, error) {
	switch s.Do {
	case "store":
		c := thing[*kpclient.Client](w, s.Client)
		return c.OpenStore(ctx, filepath.Join(w.sim.Directory, s.File))
	case "close_store":
		return nil, thing[*kpclient.Store](w, s.Store).Close(ctx)
	case "create_writer":
		return thing[*kpclient.Store](w, s.Store).CreateWriter(ctx, s.Name, nil)
	case "open_writer":
		return thing[*kpclient.Store](w, s.Store).OpenWriter(ctx, s.Name)
	case "import_reader":
		read, err := thing[*kpclient.Writer](w, s.From).ReadCap()
		if err != nil {
			return nil, err
		}
		return thing[*kpclient.Store](w, s.Store).ImportReader(ctx, s.Name, read, nil)
	case "open_reader":
		return thing[*kpclient.Store](w, s.Store).OpenReader(ctx, s.Name)
	case "send":
		_, err := thing[*kpclient.Writer](w, s.Writer).Send(ctx, kpclient.MessageKind, []byte(s.text()))
		return nil, err
	case "wait_stored":
		writer := thing[*kpclient.Writer](w, s.Writer)
		return nil, writer.WaitStored(ctx, writer.LastMessage())
	}
	return w.reading(ctx, s)
}

// voucher does the steps of vouchers.
func (w *world) voucher(ctx context.Context, s step) (any, error) {
	c := thing[*kpclient.Client](w, s.Client)
	if s.Do == "voucher_mint" {
		return c.VoucherMint(ctx, thing[keys](w, s.Keys).write, s.Name)
	}
	minted := thing[*kpclient.Voucher](w, s.Minted)
	if s.Do == "voucher_open" {
		return w.voucherOpen(ctx, c, minted, s)
	}
	hash, err := minted.Hash()
	if err != nil {
		return nil, err
	}
	if s.PayloadOf != "" {
		minted = thing[*kpclient.Voucher](w, s.PayloadOf)
	}
	payload, err := minted.Payload()
	if err != nil {
		return nil, err
	}
	inducted, err := c.VoucherInduct(ctx, hash, payload, []byte(s.Text))
	if err != nil {
		return nil, err
	}
	name, err := inducted.DisplayName()
	if err != nil {
		return nil, err
	}
	return inducted, same(name, s.Name)
}

func (w *world) voucherOpen(ctx context.Context, c *kpclient.Client, minted *kpclient.Voucher, s step) (any, error) {
	secret, _, err := minted.Keys()
	if err != nil {
		return nil, err
	}
	defer kpclient.Wipe(secret)
	sealed, err := thing[*kpclient.Voucher](w, s.Inducted).SealedReply()
	if err != nil {
		return nil, err
	}
	opened, err := c.VoucherOpen(ctx, secret, sealed, thing[keys](w, s.Keys).write)
	if err != nil {
		return nil, err
	}
	reply, err := opened.WhoReply()
	if err != nil {
		return nil, err
	}
	return opened, same(string(reply), s.Text)
}
