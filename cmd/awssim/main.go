// Command awssim serves simulated AWS (STS and CloudWatch) on a port of this machine.
//
//	awssim -listen 127.0.0.1:4599 -seed 1 -anchor 2026-01-05T12:00:00Z -replay DIR
//	awssim -health http://127.0.0.1:4599/_sim/health
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "awssim:", err)
		os.Exit(1)
	}
}

// run serves until the context ends, or asks the health of another one.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("awssim", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:4599", "`address` to listen on")
	seed := flags.Uint64("seed", 1, "of every random number")
	anchor := flags.String("anchor", "", "`time` (RFC 3339) that incidents stand relative to; default: now, cut to 5 minutes")
	replay := flags.String("replay", "", "`directory` of CSV series (timestamp,value) to serve as metrics")
	health := flags.String("health", "", "ask this `URL` and exit with 0 if it answers 200, otherwise 1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *health != "" {
		return askHealth(ctx, *health)
	}
	config := awssim.Config{Seed: *seed}
	if *anchor != "" {
		t, err := time.Parse(time.RFC3339, *anchor)
		if err != nil {
			return fmt.Errorf("-anchor: %w", err)
		}
		config.Anchor = t
	}
	if *replay != "" {
		config.Replay = os.DirFS(*replay)
	}
	return serve(ctx, *listen, config, out)
}

func serve(ctx context.Context, address string, config awssim.Config, out io.Writer) error {
	simulator, err := awssim.New(config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: simulator, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	fmt.Fprintf(out, "awssim: ready at http://%s, seed %d, anchor %s\n", listener.Addr(), config.Seed, simulator.Anchor().Format(time.RFC3339))
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("-health: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("-health: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("-health: %s answers %s", url, response.Status)
	}
	return nil
}
