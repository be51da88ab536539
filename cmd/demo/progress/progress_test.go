package progress

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlainLineWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	failure := errors.New("no compiler")
	require.ErrorIs(t, step(&out, false, "compile", func() error { return failure }), failure)
	require.Equal(t, "· compile\n", out.String())
}

func TestQuickStepShowsNothingOnTerminal(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, step(&out, true, "compile", func() error { return nil }))
	require.Empty(t, out.String())
}

func TestSpinnerEndsWithTheWork(t *testing.T) {
	var out bytes.Buffer
	failure := errors.New("no compiler")
	done := make(chan error, 1)
	done <- failure
	require.ErrorIs(t, spin(&out, "compile", done), failure)
}

func TestCountIsOnePlainLineWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	done := count(&out, false, "fetch", 2)
	done()
	done()
	require.Equal(t, "· fetch\n", out.String())
}

func TestCountShowsHowManyAreDone(t *testing.T) {
	var out bytes.Buffer
	done := count(&out, true, "fetch", 2)
	done()
	require.Contains(t, out.String(), "1/2")
}
