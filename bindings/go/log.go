package kpclient

// #include "generated.h"
import "C"

import "runtime"

// linesKept is how many lines of a log wait for a slow function; later ones are dropped.
const linesKept = 4096

type logLine struct {
	level LogLevel
	text  string
}

var logs tickets[chan logLine]

// SetLog has lines up to a level passed to a function: nothing with [LogOff]. The function runs on
// a goroutine of its own, a line after the other. While it is slow, up to 4096 lines wait, and
// what comes then is dropped.
func (c *Config) SetLog(level LogLevel, write func(level LogLevel, line string)) error {
	var failure C.uint64_t
	var ticket uint64
	if write != nil {
		lines := make(chan logLine, linesKept)
		ticket = logs.give(lines)
		go func() {
			for line := range lines {
				write(line.level, line.text)
			}
		}()
	}
	// The library ends the log itself when this fails.
	status := C.kpcgo_config_set_log(c.object(), C.int32_t(level), C.uint64_t(ticket), &failure)
	runtime.KeepAlive(c)
	return check(status, failure)
}

//export kpcgoLog
func kpcgoLog(level C.int32_t, text *C.char, ticket C.uint64_t) {
	logs.lock.Lock()
	defer logs.lock.Unlock()
	if lines, ok := logs.out[uint64(ticket)]; ok {
		select {
		case lines <- logLine{LogLevel(level), C.GoString(text)}:
		default:
		}
	}
}

//export kpcgoLogEnd
func kpcgoLogEnd(ticket C.uint64_t) {
	logs.lock.Lock()
	defer logs.lock.Unlock()
	if lines, ok := logs.out[uint64(ticket)]; ok {
		delete(logs.out, uint64(ticket))
		close(lines)
	}
}
