package stl_test

import (
	"fmt"
	"testing"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

func BenchmarkDecompose(b *testing.B) {
	for _, c := range []struct {
		n       int
		periods []int
		robust  bool
	}{
		{960, []int{24}, false}, {960, []int{24, 168}, false}, {4032, []int{288}, false}, {4032, []int{288, 2016}, false},
		{8064, []int{288}, false}, {8064, []int{288, 2016}, false}, {8064, []int{288, 2016}, true},
	} {
		b.Run(fmt.Sprintf("%d/%v/robust=%t", c.n, c.periods, c.robust), func(b *testing.B) {
			y := daily(c.n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stl.Decompose(y, c.periods, stl.Options{Robust: c.robust}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
