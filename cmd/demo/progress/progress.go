// Package progress shows that a step of a command is under way: a spinner with the time gone by on a terminal, plain lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// silence is how long a step may take before anything is shown of it.
const silence = 2 * time.Second

// Step runs work and shows it on standard error. Lines that the work itself writes may mix with the spinner.
func Step(name string, work func() error) error {
	return step(os.Stderr, IsTerminal(os.Stderr), name, work)
}

// IsTerminal says whether a person watches the file.
func IsTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func step(out io.Writer, terminal bool, name string, work func() error) error {
	if !terminal {
		fmt.Fprintf(out, "· %s\n", name)
		return work()
	}
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-time.After(silence):
	}
	return spin(out, name, done)
}

func spin(out io.Writer, name string, done <-chan error) error {
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(name),
		progressbar.OptionSpinnerType(14), progressbar.OptionSetElapsedTime(true), progressbar.OptionClearOnFinish())
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			_ = bar.Finish()
			return err
		case <-ticker.C:
			_ = bar.Add(1)
		}
	}
}

// Count shows how many of total parts of a step are done; call the result after each. It shows nothing but one plain line where no
// person watches.
func Count(name string, total int) (done func()) {
	return count(os.Stderr, IsTerminal(os.Stderr), name, total)
}

func count(out io.Writer, terminal bool, name string, total int) func() {
	if !terminal {
		fmt.Fprintf(out, "· %s\n", name)
		return func() {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(24), progressbar.OptionClearOnFinish())
	return func() { _ = bar.Add(1) }
}
