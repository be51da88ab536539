package detect_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// TestSeasonalsExplain: a drop is said to be one, by the channels that see it, and nothing is learnt by asking.
func TestSeasonalsExplain(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(3, 3)), train)
		d := made(k.spec(name))
		for _, o := range obs[:len(obs)-1] {
			d.Step(o)
		}
		last := obs[len(obs)-1]
		last.Value -= 60
		before := detect.Save(d)
		e := d.Explain(last)
		require.Equal(t, before, detect.Save(d))
		quiet := last
		quiet.Quiet = true
		require.Empty(t, d.Explain(quiet).Channels)
		require.True(t, alike(e.Result, d.Step(last)))
		explained(t, e)
		require.GreaterOrEqual(t, e.Score, 75.0)
		require.EqualValues(t, -1, e.Direction)
		require.GreaterOrEqual(t, len(e.Channels), 3)
		for _, c := range e.Channels {
			if c.Name == "step" || c.Name == "baseline" {
				require.EqualValues(t, -1, c.Direction)
				require.Greater(t, c.Rarity, 3.0)
			}
		}
		require.Greater(t, e.Strength, 0.5)
	})
}
