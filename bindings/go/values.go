package kpclient

// #include "generated.h"
import "C"

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"
)

// Flags choose among the ways of a call, one of the constants of this type or several with |.
type Flags uint32

// all joins the flags that a call was given.
func all(flags []Flags) (joined Flags) {
	for _, flag := range flags {
		joined |= flag
	}
	return joined
}

// bytesOf takes the bytes out of a buffer, and frees it; nil of none.
func bytesOf(buffer C.uint64_t) []byte {
	if buffer == 0 {
		return nil
	}
	bytes := make([]byte, int(C.kpcgo_buffer_len(buffer)))
	C.kpcgo_buffer_take(buffer, unsafe.Pointer(unsafe.SliceData(bytes)))
	return bytes
}

// textOf does the same with a buffer of text.
func textOf(buffer C.uint64_t) string {
	bytes := bytesOf(buffer)
	return unsafe.String(unsafe.SliceData(bytes), len(bytes))
}

// terminated is a text with a NUL behind it, as C wants it.
func terminated(text string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, &Error{Status: ErrArgValue, Message: "a text has a NUL in it"}
	}
	bytes := make([]byte, len(text)+1)
	copy(bytes, text)
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(bytes))), nil
}

// terminatedOrNil does the same, and gives NULL for a text that is not there.
func terminatedOrNil(text string) (*C.char, error) {
	if text == "" {
		return nil, nil
	}
	return terminated(text)
}

func pointer(bytes []byte) *C.uint8_t {
	return (*C.uint8_t)(unsafe.SliceData(bytes))
}

func characters(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
}

// first is the address of an array, NULL of none.
func first[T any](array []T) *T {
	return unsafe.SliceData(array)
}

// name reads a name of fixed room.
func name(chars []C.char) string {
	var text strings.Builder
	for _, char := range chars {
		if char == 0 {
			break
		}
		text.WriteByte(byte(char))
	}
	return text.String()
}

// setName writes one; what is too long has no end, which the library says.
func setName(chars []C.char, text string) {
	for i := range chars {
		if i < len(text) {
			chars[i] = C.char(text[i])
		}
	}
}

// setBytes writes bytes of fixed room, and returns how many they were, even if they were too many.
func setBytes(room []C.uint8_t, bytes []byte) C.size_t {
	for i := range room {
		if i < len(bytes) {
			room[i] = C.uint8_t(bytes[i])
		}
	}
	return C.size_t(len(bytes))
}

// getBytes reads them.
func getBytes(room []C.uint8_t, length C.size_t) []byte {
	bytes := make([]byte, min(int(length), len(room)))
	for i := range bytes {
		bytes[i] = byte(room[i])
	}
	return bytes
}

// unix makes a time of the seconds since 1970; 0 is no time.
func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// waitOf is a pause in milliseconds; the longest that there is stands for longer ones.
func waitOf(d time.Duration) C.uint32_t {
	return C.uint32_t(min(milliseconds(d), math.MaxUint32))
}

// hidden is printed in the place of a secret, whatever it is printed with.
func hidden(state fmt.State, kind string) {
	fmt.Fprintf(state, "kpclient.%s(secret)", kind)
}

// Wipe overwrites bytes that held a secret, in a way that no compiler leaves out.
func Wipe(secret []byte) {
	C.kpc_wipe(unsafe.Pointer(unsafe.SliceData(secret)), C.size_t(len(secret)))
}
