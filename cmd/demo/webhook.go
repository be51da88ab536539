package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// alertHook receives the provisioned contact point's notifications and prints them.
type alertHook struct {
	url    string
	server *http.Server
}

// listenForAlerts opens a webhook at a free loopback port.
func listenForAlerts(out io.Writer) (*alertHook, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the webhook: %w", err)
	}
	hook := &alertHook{
		url:    "http://" + listener.Addr().String() + "/alerts",
		server: &http.Server{Handler: printAlerts(out), ReadHeaderTimeout: 10 * time.Second},
	}
	go func() { _ = hook.server.Serve(listener) }()
	return hook, nil
}

// printAlerts writes one line for each alert of a notification.
func printAlerts(out io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var notification struct {
			Alerts []struct {
				Status      string            `json:"status"`
				Annotations map[string]string `json:"annotations"`
			} `json:"alerts"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&notification); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, alert := range notification.Alerts {
			fmt.Fprintf(out, "webhook: %s: %s\n", alert.Status, alert.Annotations["summary"])
		}
	})
}

func (h *alertHook) close() { _ = h.server.Close() }
