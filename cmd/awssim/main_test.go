package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// started runs the command until the test ends and returns its address.
func started(t *testing.T, args ...string) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), writer)
		writer.Close()
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err)
	match := regexp.MustCompile(`^awssim: ready at (http://127\.0\.0\.1:\d+), seed \d+, anchor \S+\n$`).FindStringSubmatch(line)
	require.NotNil(t, match, line)
	return match[1], func() error { cancel(); return <-done }
}

func TestServesUntilItIsStopped(t *testing.T) {
	url, stop := started(t, "-seed", "7", "-anchor", "2026-03-11T15:00:00Z")
	require.NoError(t, run(context.Background(), []string{"-health", url + "/_sim/health"}, io.Discard))
	response, err := http.Get(url + "/_sim/health")
	require.NoError(t, err)
	defer response.Body.Close()
	var health struct {
		Seed   uint64
		Anchor time.Time
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&health))
	require.EqualValues(t, 7, health.Seed)
	require.Equal(t, time.Date(2026, 3, 11, 15, 0, 0, 0, time.UTC), health.Anchor)
	require.NoError(t, stop())
	require.Error(t, run(context.Background(), []string{"-health", url + "/_sim/health"}, io.Discard))
}

func TestReplayDirectory(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "cpu.csv")
	require.NoError(t, os.WriteFile(file, []byte("2014-02-14 14:30:00,1\n"), 0o600))
	_, stop := started(t, "-replay", folder)
	require.NoError(t, stop())
	require.NoError(t, os.WriteFile(file, []byte("2014-02-14 14:30:00,one\n"), 0o600))
	err := run(context.Background(), []string{"-listen", "127.0.0.1:0", "-replay", folder}, io.Discard)
	require.ErrorContains(t, err, "cpu.csv: line 1")
}

func TestBadArguments(t *testing.T) {
	unhealthy := httptest.NewServer(http.NotFoundHandler())
	defer unhealthy.Close()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"anchor":    {[]string{"-anchor", "noon"}, "-anchor"},
		"argument":  {[]string{"serve"}, `unexpected argument "serve"`},
		"address":   {[]string{"-listen", "nowhere:at:all"}, "nowhere"},
		"replay":    {[]string{"-listen", "127.0.0.1:0", "-replay", filepath.Join(t.TempDir(), "absent")}, "replay"},
		"health":    {[]string{"-health", "::"}, "-health"},
		"unhealthy": {[]string{"-health", unhealthy.URL}, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, run(context.Background(), c.args, io.Discard), c.says)
		})
	}
}
