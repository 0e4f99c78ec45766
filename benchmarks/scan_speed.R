# Peer of scan_speed.py: "what n" on standard input; does the work once on the data that script wrote
# and answers with the seconds it took. Columns: time, event, three covariates, then the genes.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
cat("R", as.character(getRversion()), "survival", as.character(packageVersion("survival")), "\n")
control <- coxph.control()
input <- file("stdin")
open(input)
held <- list()
while (length(line <- readLines(input, 1))) {
  asked <- strsplit(line, " ")[[1]]
  what <- asked[1]
  n <- as.integer(asked[2])
  if (is.null(held[[asked[2]]])) {
    con <- file(file.path(folder, paste0("scan_", n, ".bin")), "rb")
    held[[asked[2]]] <- matrix(readBin(con, "double", n = 1e9), nrow = n)
    close(con)
  }
  data <- held[[asked[2]]]
  y <- Surv(data[, 1], data[, 2])
  z <- data[, 3:5]
  genes <- data[, -(1:5)]
  names <- as.character(seq_len(n))
  count <- ncol(genes)
  took <- system.time(for (j in seq_len(count)) {
    g <- genes[, j]
    if (what == "coxph") coxph(y ~ z + g)
    if (what == "coxph.fit") coxph.fit(cbind(z, g), y, NULL, NULL, NULL, control, NULL, "efron", names)
    if (what == "coxph.fit-alone") coxph.fit(cbind(g), y, NULL, NULL, NULL, control, NULL, "efron", names)
    if (what == "survdiff") survdiff(y ~ g)
  })[["elapsed"]]
  cat(took, "\n")
}
