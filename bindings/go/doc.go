// Package kpclient talks to kpclientd, the client daemon of the Katzenpost mixnet.
//
// It stands on the C library libkpclient. A call on the daemon is a method with a context: it ends
// when its answer is there, when the context ends, or when the client is closed.
//
//	c, err := kpclient.Open(ctx, "thinclient.toml")
//	if err != nil {
//		return err
//	}
//	defer c.Close(context.Background())
//	echo, err := c.GetService("echo")
//	if err != nil {
//		return err
//	}
//	reply, err := c.SendMessageAwaitReply(ctx, echo, []byte("hello"))
//
// # Errors
//
// Every failure is an [*Error]. Each kind of failure has a constant of its own, for errors.Is:
//
//	if errors.Is(err, kpclient.ErrBoxIDNotFound) { ...
//
// A call that ends because its context was cancelled fails with an error that is both
// [ErrCancelled] and [context.Canceled]; one whose deadline passes with one that is both
// [ErrTimeout] and [context.DeadlineExceeded].
//
// # Objects
//
// What a method returns a pointer to belongs to the caller. Free releases it at once and may be
// called twice; what is forgotten is released by the garbage collector. A method of an object that
// was freed fails with [ErrBadHandle]. All methods may be called by several goroutines at once.
//
// # Threads
//
// No function of the program ever runs on a thread of the library. A call that waits holds no
// thread.
//
// # Secrets
//
// Capabilities and indices of boxes are secrets. They are passed as pointers, so that one copy of
// them is in memory; they are never printed, and are overwritten when they are collected, or by
// Wipe. Bytes that hold secrets are the program's to overwrite, with [Wipe].
package kpclient
