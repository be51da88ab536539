# Reference values for the package arima: estimates by conditional sum of squares and 48-step forecasts of R's package forecast.
#
#   Rscript reference.R > reference.json
#
# Needs the R packages forecast and jsonlite. Made with R 4.2.2 and forecast 8.20. The real series are those of R's package datasets.
suppressPackageStartupMessages(library(forecast))

# simulate runs an ARMA recursion with multiplied-out polynomials: ar and ma by lag.
simulate <- function(seed, n, ar = numeric(), ma = numeric()) {
  set.seed(seed)
  e <- rnorm(n + 500)
  u <- stats::filter(e, c(1, ma), sides = 1)
  u[is.na(u)] <- 0
  x <- if (length(ar) > 0) stats::filter(u, ar, method = "recursive") else u
  round(as.numeric(tail(x, n)), 4)
}
# seasonal multiplies a term of the lag 1 with one of the lag s.
seasonal <- function(s, first, second) c(first, rep(0, s - 2), second, -first * second)

case <- function(name, y, order, seasonal = c(0, 0, 0), season = 1, constant = FALSE)
  list(name = name, y = y, order = order, seasonal = seasonal, season = season, constant = constant)
airline <- c(-0.4, rep(0, 10), -0.6, 0.24)

cases <- list(
  case("AR(2) with mean", 50 + simulate(1, 400, c(1.2, -0.5)), c(2, 0, 0), constant = TRUE),
  case("ARMA(1,1) without mean", simulate(2, 500, 0.8, 0.4), c(1, 0, 1)),
  case("ARIMA(1,1,1) with drift", cumsum(0.3 + simulate(3, 600, 0.6, -0.2)), c(1, 1, 1), constant = TRUE),
  case("seasonal AR with mean", 10 + simulate(4, 960, seasonal(24, 0.5, 0.6)), c(1, 0, 0), c(1, 0, 0), 24, TRUE),
  case("airline", diffinv(diffinv(simulate(5, 480, ma = airline), lag = 12)), c(0, 1, 1), c(0, 1, 1), 12),
  case("AR(3) and two seasonal terms", simulate(6, 900, seasonal(24, 0.4, 0.5)), c(3, 0, 0), c(2, 0, 1), 24),
  case("airline passengers, log", log(as.numeric(AirPassengers)), c(2, 0, 1), c(0, 1, 1), 12, TRUE),
  case("carbon dioxide at Mauna Loa", as.numeric(co2), c(0, 1, 1), c(0, 1, 1), 12),
  case("temperatures at Nottingham", as.numeric(nottem), c(1, 0, 0), c(1, 1, 1), 12, TRUE),
  case("monthly sunspots", as.numeric(window(sunspots, start = 1900)), c(2, 0, 2), constant = TRUE)
)

reference <- lapply(cases, function(case) {
  y <- ts(case$y, frequency = max(case$season, 1))
  differences <- case$order[2] + case$seasonal[2]
  fit <- Arima(y, order = case$order, seasonal = case$seasonal, method = "CSS",
               include.mean = case$constant && differences == 0,
               include.drift = case$constant && differences == 1,
               optim.control = list(reltol = 1e-14, maxit = 1000))
  b <- coef(fit)
  pick <- function(pattern) as.list(unname(b[grepl(pattern, names(b))]))
  constant <- unname(b[names(b) %in% c("intercept", "drift")])
  # Arima divides by the degrees of freedom; the estimate of the method is over the residuals alone.
  residuals <- length(y) - fit$arma[6] - fit$arma[7] * fit$arma[5] - fit$arma[1] - fit$arma[3] * fit$arma[5]
  # What the tests for differences choose, of these series whatever the order says.
  D <- if (case$season > 1) nsdiffs(y, test = "seas", max.D = 1) else 0
  d <- ndiffs(if (D > 0) diff(y, lag = case$season) else y, test = "kpss", max.d = 2 - D)
  list(name = case$name, differences = c(d, D),
       order = case$order, seasonal = case$seasonal, season = case$season, constant = case$constant,
       ar = pick("^ar"), ma = pick("^ma"), sar = pick("^sar"), sma = pick("^sma"),
       level = if (length(constant)) constant else 0,
       sigma2 = sum(residuals(fit)^2) / residuals, y = case$y, forecast = as.numeric(forecast(fit, h = 48)$mean))
})
cat(jsonlite::toJSON(reference, auto_unbox = TRUE, digits = 10), "\n")
