//go:build !cgo

package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// A back end that was compiled without cgo says so, in words an administrator can act on.
func TestStubDriverIsExplained(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		_, err := Open(context.Background(), dir)
		require.ErrorContains(t, err, "CGO_ENABLED=1")
	}
}
