# Makes reference.json: four series, and what R's forecast::thetaf (theta 2) expects after them.
# Run in this folder: Rscript reference.R   (R 4.2.2, forecast 8.20, both of Debian 12)
suppressMessages(library(forecast))
set.seed(4)

numbers <- function(x) paste0("[", paste(format(as.numeric(x), digits = 8, trim = TRUE), collapse = ","), "]")
case <- function(name, y, period) {
  y <- round(y, 3)
  f <- thetaf(ts(y, frequency = period), h = 2 * max(period, 6))
  sprintf('{"name":"%s","period":%d,\n"y":%s,\n"forecast":%s}', name, period, numbers(y), numbers(f$mean))
}

t <- 1:480
shape <- sin(2 * pi * t / 24) + 0.4 * cos(4 * pi * t / 24)
cat("[", paste(c(
  case("day and slope", (100 + 0.2 * t) * (1 + 0.2 * shape) + arima.sim(list(ar = 0.7), 480), 24),
  case("day without slope", 50 + 10 * shape + rnorm(480, 0, 2), 24),
  case("random walk", 500 + cumsum(rnorm(300, 0.3, 2)), 1),
  case("no season in it", 80 + 0.1 * (1:210) + rnorm(210, 0, 8), 7)),
  collapse = ",\n"), "]\n", sep = "", file = "reference.json")
