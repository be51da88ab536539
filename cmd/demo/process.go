package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// tail keeps the end of what a child process says, for the case that it fails. Safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

// server is a child process that answers HTTP.
type server struct {
	url    string
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{}
}

// startServer starts a command and waits until a GET of ready, below url, gives status 200.
func startServer(ctx context.Context, url, ready string, patience time.Duration, env []string, command string, args ...string) (*server, error) {
	s := &server{url: url, output: &tail{}, ended: make(chan struct{}), cmd: exec.Command(command, args...)}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command, err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.wait(ctx, ready, patience); err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w\n%s", command, err, s.output)
	}
	return s, nil
}

func (s *server) wait(ctx context.Context, path string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if healthy(ctx, s.url+path) {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("ended before it answered")
		case <-ctx.Done():
			return fmt.Errorf("gave no answer at %s: %w", s.url+path, ctx.Err())
		case <-ticker.C:
		}
	}
}

func healthy(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// stop asks the process to end, and ends it after five seconds.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// freeAddress is a loopback address that nobody listens at: the wanted port, or any.
func freeAddress(wanted string) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", wanted))
	if err != nil && wanted != "0" {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
