//go:build !kpclient_bundled

package kpclient

// #cgo pkg-config: kpclient
import "C"
