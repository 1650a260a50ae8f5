package kpclient

import "context"

// Open makes a client from a configuration file, usually called thinclient.toml, and connects it.
func Open(ctx context.Context, path string) (*Client, error) {
	config, err := LoadFile(path)
	if err != nil {
		return nil, err
	}
	defer config.Free()
	c, err := NewClient(config)
	if err != nil {
		return nil, err
	}
	if err := c.Connect(ctx); err != nil {
		c.Free()
		return nil, err
	}
	return c, nil
}
