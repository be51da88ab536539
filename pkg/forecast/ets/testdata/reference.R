# Makes reference.json: four series, and what R's forecast::ets expects after them, by forms given and by the form it chooses.
# Run in this folder: Rscript reference.R   (R 4.2.2, forecast 8.20, both of Debian 12)
suppressMessages(library(forecast))
set.seed(4)

numbers <- function(x) paste0("[", paste(format(as.numeric(x), digits = 8, trim = TRUE), collapse = ","), "]")
fitted_form <- function(y, model, damped) {
  m <- ets(y, model = model, damped = damped)
  sprintf('{"form":"%s","forecast":%s}', m$method, numbers(forecast(m, h = 2 * max(frequency(y), 6))$mean))
}
case <- function(name, y, period, forms) {
  y <- round(y, 3)
  s <- ts(y, frequency = period)
  of <- sapply(forms, function(f) fitted_form(s, gsub("d", "", f), grepl("d", f)))
  sprintf('{"name":"%s","period":%d,"chosen":"%s",\n"y":%s,\n"forms":[%s]}',
          name, period, ets(s)$method, numbers(y), paste(of, collapse = ",\n"))
}

t <- 1:480
shape <- sin(2 * pi * t / 24) + 0.4 * cos(4 * pi * t / 24)
cat("[", paste(c(
  case("steady season", 100 + 10 * shape + arima.sim(list(ar = 0.7), 480), 24, c("ANA", "AAdA", "MNM")),
  case("growing swing", (100 + 0.3 * t) * (1 + 0.2 * shape) * (1 + rnorm(480, 0, 0.03)), 24, c("MAM", "MAdM", "MNM")),
  case("random walk", 500 + cumsum(rnorm(300, 0, 2)), 1, c("ANN", "AAdN", "MNN")),
  case("slope and week", 40 + 0.2 * (1:210) + rep(c(0, 2, 3, 2, 1, -6, -8), 30) + rnorm(210, 0, 2), 7, c("AAA", "ANA", "MAM"))),
  collapse = ",\n"), "]\n", sep = "", file = "reference.json")
