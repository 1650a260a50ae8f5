package kpclient

// #include "generated.h"
import "C"

import "runtime"

// handle is an object of the library. The number stays when the object is freed: the library
// knows that it was, and says so.
type handle struct {
	number  uint64
	cleanup runtime.Cleanup
}

// owned is what an object has whose calls are operations of a client. It keeps the
// client from the collector.
type owned struct{ client *Client }
