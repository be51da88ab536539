//go:build !cgo

package store

import (
	"strings"

	_ "github.com/mattn/go-sqlite3" // without cgo a stub that fails whenever it is opened
)

// faultOf knows one trouble here: the driver is a stub.
func faultOf(err error) fault {
	if err != nil && strings.Contains(err.Error(), "requires cgo") {
		return stubDriver
	}
	return otherFault
}
