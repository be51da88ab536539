// Package ets forecasts by exponential smoothing in its state space form (Hyndman, Koehler, Snyder, Grose 2002): a level, perhaps a
// trend that may be damped, perhaps a season that is added or multiplied, each following the errors one step ahead at its own pace.
//
// A form is named by error, trend and season, N none, A additive, Ad additive and damped, M multiplicative: ETS(A,Ad,M). The corrected
// Akaike criterion (AICc) chooses it. Additive and multiplicative errors make the same forecasts with the same parameters (Hyndman et
// al. 2008, section 2.5); they differ in the likelihood, which says what an error at a high level counts beside one at a low level,
// and so in the parameters. Multiplicative trends are left out: they explode. Whatever is multiplicative is for positive series alone.
// An additive error beside a multiplicative season, which R leaves out, is among the forms.
//
// The states at the beginning are not optimised, as is common for long series: the season comes from classical decomposition, level and
// trend from a line through its first cycles. On short series, or for a season that hardly moves, forecasts differ by that from those
// of R's forecast::ets, which optimises each state.
package ets
