# Makes reference.json: series and their decompositions by R's stl and forecast::mstl.
# Run in this folder: Rscript reference.R   (R 4.2.2, forecast 8.20, both of Debian 12)
suppressMessages(library(forecast))
set.seed(4)

numbers <- function(x) paste0("[", paste(format(as.numeric(x), digits = 7, trim = TRUE), collapse = ","), "]")
case <- function(name, y, periods, trend, seasons, season_window = 0, trend_window = 0, robust = FALSE)
  sprintf('{"name":"%s","periods":%s,"seasonWindow":%d,"trendWindow":%d,"robust":%s,\n"y":%s,\n"trend":%s,\n"seasons":[%s]}',
          name, numbers(periods), season_window, trend_window, tolower(robust), numbers(y), numbers(trend),
          paste(sapply(seasons, numbers), collapse = ",\n"))

one <- function(name, y, period, window, trend_window = NULL, robust = FALSE) {
  d <- stl(ts(y, frequency = period), s.window = window, t.window = trend_window, robust = robust)$time.series
  case(name, y, period, d[, "trend"], list(d[, "seasonal"]), window, if (is.null(trend_window)) 0 else trend_window, robust)
}
several <- function(name, y, periods) {
  d <- mstl(msts(y, seasonal.periods = periods))
  case(name, y, periods, d[, "Trend"], lapply(periods, function(p) d[, paste0("Seasonal", p)]))
}

t <- 1:336
daily <- 10 * sin(2 * pi * t / 24) + 4 * cos(4 * pi * t / 24)
noise <- function(n, sd) round(rnorm(n, 0, sd), 3)
plain <- round(100 + 0.1 * t + daily + noise(336, 2), 3)
changing <- round(200 + 20 * sin(t / 60) + (1 + t / 200) * daily + noise(336, 3), 3)
spiked <- plain
spiked[c(50, 51, 120, 200, 201, 202, 300)] <- c(400, 380, 0, 500, 450, 470, 20)
odd <- round(50 + cumsum(rnorm(210)) + rep(c(0, 1, 2, 3, 2, -10, -12), 30), 3)
t <- 1:840
both <- round(300 + 0.05 * t + 10 * sin(2 * pi * t / 24) + 15 * (t %% 168 > 120) + noise(840, 3), 3)

cat("[", paste(c(
  one("plain", plain, 24, 11),
  one("changing", changing, 24, 7, 35),
  one("robust", spiked, 24, 11, robust = TRUE),
  one("odd period, random walk", odd, 7, 13),
  several("day and week", both, c(24, 168))), collapse = ",\n"), "]\n", sep = "", file = "reference.json")
