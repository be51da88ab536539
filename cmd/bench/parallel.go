package main

import (
	"errors"
	"math"
	"runtime"
	"sync"

	"github.com/vigia-cloudwatch/vigia/cmd/demo/progress"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// parallel does work on each of n parts with every core, and shows how far it is. It returns the errors of all.
func parallel(name string, n int, work func(i int) error) error {
	done := progress.Count(name, n)
	parts := make(chan int)
	errs := make([]error, n)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range parts {
				errs[i] = work(i)
				done()
			}
		})
	}
	for i := range n {
		parts <- i
	}
	close(parts)
	workers.Wait()
	return errors.Join(errs...)
}

// unbounded is a spec of the default detector for a metric of which nothing is known.
func unbounded() detect.Spec {
	return detect.Spec{BucketsPerDay: 288, Lower: math.Inf(-1), Upper: math.Inf(1), Parameters: map[string]float64{}}
}
