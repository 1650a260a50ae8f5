package kpclient

// #include "generated.h"
import "C"

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"time"
)

// starter starts an operation, with a time limit and the ticket of its completion.
type starter func(limit C.int32_t, ticket C.uint64_t, op *C.kpc_op, failure *C.uint64_t) C.kpc_status

// taker takes the outputs out of a result. It runs on a thread of the library, which has the
// result for so long only; it does nothing else.
type taker func(result C.uint64_t, failure *C.uint64_t) C.kpc_status

// pending is a call that has not completed.
type pending struct {
	take    taker
	status  C.kpc_status
	failure C.uint64_t
	done    chan struct{}
}

// calls has every call that has not completed, by its ticket. C gets the ticket and no pointer.
var calls = tickets[*pending]{}

// tickets gives numbers to things, and the things back.
type tickets[T any] struct {
	lock sync.Mutex
	last uint64
	out  map[uint64]T
}

func (t *tickets[T]) give(thing T) uint64 {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.out == nil {
		t.out = make(map[uint64]T)
	}
	t.last++
	t.out[t.last] = thing
	return t.last
}

func (t *tickets[T]) look(ticket uint64) (T, bool) {
	t.lock.Lock()
	defer t.lock.Unlock()
	thing, ok := t.out[ticket]
	return thing, ok
}

func (t *tickets[T]) take(ticket uint64) (T, bool) {
	t.lock.Lock()
	defer t.lock.Unlock()
	thing, ok := t.out[ticket]
	delete(t.out, ticket)
	return thing, ok
}

//export kpcgoComplete
func kpcgoComplete(result, ticket C.uint64_t) {
	call, ok := calls.take(uint64(ticket))
	if !ok {
		return
	}
	call.status = call.take(result, &call.failure)
	close(call.done)
}

// run starts an operation of a client and waits for its end, which comes soon after that of the
// context. An operation that completes at the same time as its context ends has completed.
func run(ctx context.Context, c *Client, start starter, take taker) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	limit, isExact := timeLimit(ctx)
	call := &pending{take: take, done: make(chan struct{})}
	ticket := calls.give(call)
	var op C.kpc_op
	var failure C.uint64_t
	if status := start(limit, C.uint64_t(ticket), &op, &failure); status != C.KPC_OK {
		calls.take(ticket)
		return failed(status, failure)
	}
	select {
	case <-call.done:
	case <-ctx.Done():
		// The library itself ends what has a deadline, and says what stood in the way.
		if !isExact || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			if status := C.kpcgo_op_cancel(c.object(), op, &failure); status != C.KPC_OK {
				C.kpcgo_error_free(failure)
			}
		}
		<-call.done
	}
	runtime.KeepAlive(c)
	if call.status == C.KPC_OK {
		return nil
	}
	return because(ctx, failed(call.status, call.failure), isExact)
}

// timeLimit returns what of a context's time is left in milliseconds, and whether that is its
// deadline and not something earlier or later.
func timeLimit(ctx context.Context) (C.int32_t, bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return C.KPC_FOREVER, false
	}
	left := milliseconds(time.Until(deadline))
	if left > math.MaxInt32 {
		return C.KPC_FOREVER, false
	}
	return C.int32_t(left), true
}

// milliseconds rounds up, so that nothing ends before its time.
func milliseconds(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	rounded := int64(d / time.Millisecond)
	if d%time.Millisecond != 0 {
		rounded++
	}
	return rounded
}

// because adds to an error the end of the context that is its cause.
func because(ctx context.Context, err *Error, isExact bool) error {
	switch {
	case err.Status == ErrTimeout && isExact:
		err.causes = append(err.causes, context.DeadlineExceeded)
	case err.Status == ErrCancelled && ctx.Err() != nil:
		err.causes = append(err.causes, causes(ctx)...)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err.Status = ErrTimeout
		}
	}
	return err
}

// ended is the error of a call whose context had ended before it.
func ended(ctx context.Context) error {
	status := ErrCancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		status = ErrTimeout
	}
	return &Error{Status: status, Message: "the context had ended before the call", causes: causes(ctx)}
}

func causes(ctx context.Context) []error {
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return []error{ctx.Err(), cause}
	}
	return []error{ctx.Err()}
}
