# Peer of kernel_speed.py: for each line "what n p loops" on standard input, on the data that script
# wrote, does the work so many times and answers with the seconds it took. First says its versions.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
has_coin <- requireNamespace("coin", quietly = TRUE)
cat("R", as.character(getRversion()), "survival", as.character(packageVersion("survival")),
    if (has_coin) paste("coin", packageVersion("coin")), "\n")
read <- function(name, columns) {
  con <- file(file.path(folder, paste0(name, ".bin")), "rb")
  on.exit(close(con))
  matrix(readBin(con, "double", n = 1e9), ncol = columns)
}
control <- coxph.control()
prepare <- function(what, n, p) {
  data <- read(paste(what, n, sep = "_"), p + 2)
  y <- Surv(data[, 1], data[, 2])
  x <- data[, -(1:2), drop = FALSE]
  names <- as.character(seq_len(n))
  fit <- function(x, y) coxph.fit(x, y, NULL, NULL, NULL, control, NULL, "efron", names)
  if (what == "coxph.fit") return(function() fit(x, y))
  if (what == "coxph") return(function() coxph(y ~ x))
  if (what == "survfit") return(function() survfit(y ~ 1, se.fit = TRUE))
  if (what == "concordance") return(function() concordance(y ~ x, reverse = TRUE))
  if (what == "bootstrap") {
    set.seed(1)
    draws <- lapply(1:1000, function(i) sample(n, replace = TRUE))
    return(function() for (d in draws) fit(x[d, ], y[d, ]))
  }
  if (what == "coin" && has_coin) {
    group <- factor(x[, 1])
    many <- coin::approximate(nresample = 10000)
    return(function() coin::logrank_test(y ~ group, distribution = many))
  }
  NULL
}
works <- list()
input <- file("stdin")
open(input)
while (length(line <- readLines(input, 1))) {
  asked <- strsplit(line, " ")[[1]]
  key <- paste(asked[1:3], collapse = " ")
  if (is.null(works[[key]])) {
    works <- list() # one data set in memory at a time
    work <- prepare(asked[1], as.integer(asked[2]), as.integer(asked[3]))
    if (is.null(work)) { cat("NA\n"); flush(stdout()); next }
    work()
    works[[key]] <- work
  }
  work <- works[[key]]
  gc()
  began <- as.numeric(Sys.time())
  for (i in seq_len(as.integer(asked[4]))) work()
  cat(format(as.numeric(Sys.time()) - began, digits = 9), "\n")
  flush(stdout())
}
