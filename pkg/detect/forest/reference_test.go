//go:build !race

// It grows 20 forests over thousands of rows, each in one goroutine: the race detector would find nothing and take ten times as long.

package forest_test

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
)

// dataFS is the shared data: real series, and what Amazon's implementation makes of them.
func dataFS(t *testing.T) fs.FS {
	t.Helper()
	folder := os.Getenv("VIGIA_DATA")
	if folder == "" {
		folder = "../../../../shared/data"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: no shared data in %s; set VIGIA_DATA to compare with the reference implementation", folder)
	}
	return os.DirFS(folder)
}

// table reads the numbers of a CSV file, column by column; what is no number (a time) is NaN.
func table(t *testing.T, data fs.FS, name string) [][]float64 {
	t.Helper()
	file, err := data.Open(name)
	require.NoError(t, err)
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	columns := make([][]float64, len(records[0]))
	for _, record := range records[1:] {
		for c, field := range record {
			x, err := strconv.ParseFloat(field, 64)
			if err != nil {
				x = math.NaN()
			}
			columns[c] = append(columns[c], x)
		}
	}
	return columns
}

// agreement of one run: score, high and low of each row.
type run [3][]float64

func runForest(t *testing.T, values []float64, shingle int, seed uint64) run {
	f := newForest(t, forest.Config{Trees: 50, SampleSize: 256, TimeDecay: 2560, Shingle: shingle, Seed: seed})
	var out run
	high, low := make([]float64, shingle), make([]float64, shingle)
	for _, v := range values {
		row := []float64{v}
		got := [3]float64{f.Attribution(row, high, low)}
		f.Learn(row)
		for i := range high {
			got[1] += high[i]
			got[2] += low[i]
		}
		for i := range out {
			out[i] = append(out[i], got[i])
		}
	}
	return out
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func deviation(x []float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}

func correlation(x, y []float64) float64 {
	mx, my, sum := mean(x), mean(y), 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / float64(len(x)-1) / deviation(x) / deviation(y)
}

// TestAgreesWithTheReference compares the score and its high and low sums, means over 20 forests, with those of Amazon's implementation.
func TestAgreesWithTheReference(t *testing.T) {
	data := dataFS(t)
	const from = 300
	const forests = 20
	for _, name := range []string{"ec2_cpu_utilization_5f5533", "rds_cpu_utilization_cc0c53"} {
		values := table(t, data, "nab/data/realAWSCloudwatch/"+name+".csv")[1]
		for _, shingle := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s/shingle %d", name, shingle), func(t *testing.T) {
				t.Parallel()
				want := table(t, data, fmt.Sprintf("rcf-reference/%s_shingle%d.csv", name, shingle))
				until := min(len(values), len(want[0]))
				runs := make([]run, forests)
				var wait sync.WaitGroup
				slots := make(chan struct{}, runtime.GOMAXPROCS(0))
				for i := range runs {
					wait.Add(1)
					go func() {
						defer wait.Done()
						slots <- struct{}{}
						runs[i] = runForest(t, values[:until], shingle, uint64(i))
						<-slots
					}()
				}
				wait.Wait()
				for c, what := range []string{"score", "high", "low"} {
					means, deviations := make([]float64, until), make([]float64, until)
					for row := range until {
						across := make([]float64, forests)
						for i := range runs {
							across[i] = runs[i][c][row]
						}
						means[row], deviations[row] = mean(across), deviation(across)
					}
					theirs := want[[3]int{1, 3, 4}[c]][from:until]
					r := correlation(means[from:], theirs)
					m, tm := mean(means[from:]), mean(theirs)
					t.Logf("%-5s correlation %.4f, mean %.4f (theirs %.4f, %+.2f %%)", what, r, m, tm, 100*(m/tm-1))
					require.GreaterOrEqual(t, r, 0.99)
					require.InEpsilon(t, tm, m, 0.03)
					require.InEpsilon(t, deviation(theirs), deviation(means[from:]), 1.0/3, "over rows")
					if what == "score" {
						d, td := mean(deviations[from:]), mean(want[2][from:until])
						t.Logf("deviation between forests %.4f (theirs %.4f)", d, td)
						require.InEpsilon(t, td, d, 1.0/3)
						for row := range until {
							require.Equal(t, want[1][row] == 0, means[row] == 0, "the first score, at %d", row)
						}
					}
				}
			})
		}
	}
}
