package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
)

// replayFolder holds real CloudWatch series, below the folder of shared data.
const replayFolder = "nab/data/realAWSCloudwatch"

// dataFolder is where shared data lies: beside the project, or where VIGIA_DATA says.
func dataFolder() string {
	if folder := os.Getenv("VIGIA_DATA"); folder != "" {
		return folder
	}
	return filepath.Join("..", "shared", "data")
}

// startSimulator starts the built simulator at a free port; replay is empty where there is nothing to replay.
func startSimulator(ctx context.Context, executable string, replay string) (*server, error) {
	address, err := freeAddress("0")
	if err != nil {
		return nil, err
	}
	args := []string{"-listen", address}
	if replay != "" {
		args = append(args, "-replay", replay)
	}
	return startServer(ctx, "http://"+address, "/_sim/health", 30*time.Second, nil, executable, args...)
}

// labelledIncidents asks the simulator for what it put into the data.
func labelledIncidents(ctx context.Context, simulator string, from, to time.Time) ([]awssim.Incident, error) {
	parameters := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, simulator+"/_sim/incidents?"+parameters.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the labelled incidents: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for the labelled incidents: %s", response.Status)
	}
	var all, started []awssim.Incident
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		return nil, fmt.Errorf("read the labelled incidents: %w", err)
	}
	for _, incident := range all {
		if !incident.Start.Before(from) && !incident.Start.After(to) {
			started = append(started, incident)
		}
	}
	return started, nil
}
