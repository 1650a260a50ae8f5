// Package thin has the names of the Katzenpost thin client for Go, on top of package kpclient, so
// that a program that was written for it changes its imports. What takes a type of another module
// there takes one of this package or of kpclient here:
//
//   - bacap.WriteCap, bacap.ReadCap, bacap.MessageBoxIndex: [WriteCap], [ReadCap], [MessageBoxIndex]
//   - common.ServiceDescriptor: [ServiceDescriptor], with ToDestination
//   - cpki.Document: [kpclient.PKIDocument]
//   - config.Logging: [Logging]
//
// New programs take package kpclient, whose calls have contexts.
package thin

import (
	"context"
	"sync"

	"kpclient"
)

// Of other modules.
type (
	WriteCap        = kpclient.WriteCap
	ReadCap         = kpclient.ReadCap
	MessageBoxIndex = kpclient.BoxIndex
)

// Lengths of ids.
const (
	MessageIDLength = kpclient.MessageIDSize
	SURBIDLength    = kpclient.SURBIDSize
	QueryIDLength   = kpclient.QueryIDSize
)

// Config is what a client is made from.
type Config struct{ config *kpclient.Config }

// LoadFile reads a configuration file, usually called thinclient.toml.
func LoadFile(path string) (*Config, error) {
	config, err := kpclient.LoadFile(path)
	if err != nil {
		return nil, err
	}
	return &Config{config}, nil
}

// ThinClient is a connection with the daemon.
type ThinClient struct {
	client *kpclient.Client

	// err is why there is no client, which Dial says.
	err error

	lock  sync.Mutex
	sinks map[chan Event]context.CancelFunc

	// reads has the index of each read that was encrypted and not sent yet, by its envelope.
	reads map[kpclient.Hash]*MessageBoxIndex
}

// NewThinClient makes a client, which Dial connects. Without logging it has no log.
func NewThinClient(config *Config, logging ...*Logging) *ThinClient {
	t := &ThinClient{
		sinks: make(map[chan Event]context.CancelFunc),
		reads: make(map[kpclient.Hash]*MessageBoxIndex),
	}
	for _, l := range logging {
		if t.err = l.apply(config.config); t.err != nil {
			return t
		}
	}
	t.client, t.err = kpclient.NewClient(config.config)
	return t
}

// Dial connects, and returns when the client can be used.
func (t *ThinClient) Dial() error {
	if t.err != nil {
		return t.err
	}
	return t.client.Connect(context.Background())
}

// Close says goodbye to the daemon. Calls that wait fail, and the channels of events are closed.
func (t *ThinClient) Close() error {
	defer t.client.Free()
	return t.client.Close(context.Background())
}

// Disconnect leaves the session with the daemon, until the next Dial.
func (t *ThinClient) Disconnect() error { return t.client.Disconnect() }

// IsConnected reports whether the daemon is on the mixnet.
func (t *ThinClient) IsConnected() bool { return t.client.IsConnected() }

// PKIDocument returns the current document, nil if there is none yet.
func (t *ThinClient) PKIDocument() *kpclient.PKIDocument {
	document, err := t.client.PKIDocument()
	if err != nil {
		return nil
	}
	return document
}

// NewMessageID returns a new random id of a message.
func (t *ThinClient) NewMessageID() *[MessageIDLength]byte { return random(kpclient.NewMessageID) }

// NewSURBID returns a new random id of a reply block. It is used once.
func (t *ThinClient) NewSURBID() *[SURBIDLength]byte { return random(kpclient.NewSURBID) }

// NewQueryID returns a new random id of a request.
func (t *ThinClient) NewQueryID() *[QueryIDLength]byte { return random(kpclient.NewQueryID) }

// random makes an id. A machine without randomness is not one to go on with.
func random(make func() (kpclient.ID, error)) *[16]byte {
	id, err := make()
	if err != nil {
		panic(err)
	}
	return (*[16]byte)(&id)
}
