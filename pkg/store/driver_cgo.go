//go:build cgo

package store

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// faultOf tells what kind of trouble SQLite reports.
func faultOf(err error) fault {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return otherFault
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return damaged
	case sqlite3.ErrCantOpen:
		return cannotOpen
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return cannotWrite
	case sqlite3.ErrFull, sqlite3.ErrIoErr:
		return diskFailing
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return locked
	default:
		return otherFault
	}
}
