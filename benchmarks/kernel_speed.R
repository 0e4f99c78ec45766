# Peer of kernel_speed.py: reads what that script wrote and prints "name seconds" lines.
suppressMessages({library(survival)})
args <- commandArgs(trailingOnly = TRUE)
folder <- args[1]; repeats <- as.integer(args[2])
read <- function(name, columns) {
  con <- file(file.path(folder, paste0(name, ".bin")), "rb")
  values <- readBin(con, "double", n = 1e9); close(con)
  matrix(values, ncol = columns)
}
timed <- function(name, expression, times = repeats) {
  e <- substitute(expression); frame <- parent.frame()
  eval(e, frame)
  best <- sapply(seq_len(times), function(i) system.time(eval(e, frame))[["elapsed"]])
  cat(name, median(best), "\n")
}
control <- coxph.control()
for (spec in strsplit(readLines(file.path(folder, "sizes.txt")), " ")) {
  n <- as.integer(spec[1]); p <- as.integer(spec[2]); loops <- as.integer(spec[3])
  m <- read(paste0("cox_", n), p + 2)
  y <- Surv(m[, 1], m[, 2]); x <- m[, -(1:2), drop = FALSE]
  rownames(x) <- NULL
  names <- as.character(seq_len(n))
  timed(paste0("coxph.fit ", n), for (i in 1:loops) coxph.fit(x, y, NULL, NULL, NULL, control, NULL, "efron", names), if (n > 5e5) 3 else repeats)
  frame <- data.frame(x)
  if (n < 5e5) timed(paste0("coxph ", n), for (i in 1:max(1, loops %/% 10)) coxph(y ~ x), if (n > 5e4) 3 else repeats)
}
m <- read("km", 2)
y <- Surv(m[, 1], m[, 2])
timed("survfit 1000000", survfit(y ~ 1, se.fit = TRUE), 3)
m <- read("concordance", 3)
y <- Surv(m[, 1], m[, 2])
timed("concordance 100000", concordance(y ~ m[, 3], reverse = TRUE), 3)
m <- read("cox_35", 4)
set.seed(1)
y <- Surv(m[, 1], m[, 2]); x <- m[, 3:4]
draws <- lapply(1:1000, function(i) sample(35, replace = TRUE))
names <- as.character(1:35)
timed("bootstrap 1000", for (d in draws) coxph.fit(x[d, ], y[d, ], NULL, NULL, NULL, control, NULL, "efron", names))
if (requireNamespace("coin", quietly = TRUE)) {
  m <- read("permute", 3)
  group <- factor(m[, 3]); y <- Surv(m[, 1], m[, 2])
  timed("coin 10000", coin::logrank_test(y ~ group, distribution = coin::approximate(nresample = 10000)), 3)
}
