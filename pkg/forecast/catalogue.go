package forecast

import (
	"fmt"
	"strings"
)

// The forecasters that a query can name.
const (
	Auto          = "auto"
	SARIMA        = "sarima"
	ETS           = "ets"
	Theta         = "theta"
	MSTL          = "mstl"
	SeasonalNaive = "seasonal_naive"
)

// Definition is one forecaster as people choose it.
type Definition struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Help  string `json:"help"`
}

var catalogue = []Definition{
	{Name: Auto, Title: "Automatic", Help: "Several models side by side, each trusted as far as it forecast this very series well, at this distance. The best choice unless you want a model by name."},
	{Name: SARIMA, Title: "SARIMA", Help: "Seasonal ARIMA over the day; its order is chosen by AICc and shown. A weekly season is taken out before and put back."},
	{Name: ETS, Title: "ETS", Help: "Exponential smoothing with or without trend and season, chosen by AICc."},
	{Name: Theta, Title: "Theta", Help: "The Theta method: half the long trend, with smoothing, on what is left without the season."},
	{Name: MSTL, Title: "MSTL", Help: "Trend, daily and weekly season by loess; the trend goes on damped, the seasons repeat."},
	{Name: SeasonalNaive, Title: "Seasonal naive", Help: "What was a day ago, or a week ago where the series has a week: what every other forecaster must beat."},
}

// Catalogue lists the forecasters, the default first.
func Catalogue() []Definition { return catalogue }

// Lookup finds a definition; the empty name is Auto.
func Lookup(name string) (Definition, error) {
	if name == "" {
		name = Auto
	}
	known := make([]string, len(catalogue))
	for i, d := range catalogue {
		if d.Name == name {
			return d, nil
		}
		known[i] = d.Name
	}
	return Definition{}, fmt.Errorf("%q is no forecaster: choose one of %s", name, strings.Join(known, ", "))
}
