package accounts

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDailyBudgetIsAnAmountAboveZero(t *testing.T) {
	for text, want := range map[string]float64{`{}`: 0, `{"dailyBudgetUSD": null}`: 0, `{"dailyBudgetUSD": 0.25}`: 0.25} {
		s, err := ParseSettings([]byte(text), nil)
		require.NoError(t, err)
		if want == 0 {
			require.Nil(t, s.DailyBudgetUSD, text)
			continue
		}
		require.Equal(t, want, *s.DailyBudgetUSD)
	}
	for _, text := range []string{`0`, `-1`, `"5"`, `[5]`} {
		_, err := ParseSettings([]byte(`{"dailyBudgetUSD": `+text+`}`), nil)
		require.ErrorContains(t, err, "dailyBudgetUSD", text)
	}
}
