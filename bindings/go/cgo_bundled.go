//go:build kpclient_bundled

package kpclient

// bundle.sh puts the header and the static library there, and makes the file that links it.

// #cgo CFLAGS: -I${SRCDIR}/bundled/include
import "C"
