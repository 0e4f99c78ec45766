# Bootstrap validation of a Cox model (Harrell, Lee & Mark, Statistics in Medicine 1996;15:361) as a
# plain loop over coxph and concordance, on a simulated cohort and given resamples. R 4.2.2,
# survival 3.5-3. Writes validation_of_cox.json:   Rscript make_validation_figures.R
library(survival)
set.seed(20260102)
num <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vec <- function(x) paste0("[", paste(num(x), collapse = ", "), "]")
n <- 35
gene <- as.numeric(seq_len(n) %% 4 == 0)
grade <- sample(0:2, n, TRUE)
volume <- round(rexp(n, 1 / 200), 1)
site <- sample(c("a", "b"), n, TRUE)
time <- ceiling(rexp(n, exp(0.9 * gene + 0.5 * grade + 0.001 * volume) / 400) / 7) * 7
event <- as.numeric(runif(n) < .85)
data <- data.frame(time, event, gene, grade, volume, site)
B <- 60
draws <- t(replicate(B, sample(n, n, TRUE)))
tight <- coxph.control(eps = 1e-11, iter.max = 60)
predictor <- function(fit, d) {
  b <- ifelse(is.na(coef(fit)), 0, coef(fit))
  d$gene * b[1] + d$grade * b[2] + d$volume * b[3]
}
cindex <- function(d, lp, stratified) {
  d$lp <- lp
  f <- if (stratified) Surv(time, event) ~ lp + strata(site) else Surv(time, event) ~ lp
  unname(concordance(f, d, reverse = TRUE)$concordance)
}
validate <- function(ties, stratified) {
  f <- if (stratified) Surv(time, event) ~ gene + grade + volume + strata(site)
       else Surv(time, event) ~ gene + grade + volume
  slope_f <- if (stratified) Surv(time, event) ~ lp + strata(site) else Surv(time, event) ~ lp
  whole <- coxph(f, data, ties = ties, control = tight)
  rows <- sapply(seq_len(B), function(b) {
    again <- data[draws[b, ], ]
    bad <- FALSE
    fit <- withCallingHandlers(coxph(f, again, ties = ties, control = tight),
      warning = function(w) { bad <<- TRUE; invokeRestart("muffleWarning") })
    if (bad || any(abs(coef(fit)[1:2]) > 12, na.rm = TRUE)) return(c(NA, NA, NA))
    there <- data
    there$lp <- predictor(fit, data)
    slope <- coef(coxph(slope_f, there, ties = ties, control = tight))
    c(cindex(again, predictor(fit, again), stratified), cindex(data, there$lp, stratified), slope)
  })
  sprintf('{"ties": "%s", "stratified": %s, "apparent": %s, "in_resample": %s, "in_data": %s, "slope": %s}',
    ties, tolower(stratified), num(cindex(data, predictor(whole, data), stratified)),
    vec(rows[1, ]), vec(rows[2, ]), vec(rows[3, ]))
}
runs <- c(validate("efron", FALSE), validate("breslow", FALSE), validate("efron", TRUE))
writeLines(c("{", sprintf('"time": %s, "event": %s, "gene": %s, "grade": %s, "volume": %s,',
  vec(time), vec(event), vec(gene), vec(grade), vec(volume)),
  sprintf('"site": ["%s"],', paste(site, collapse = '", "')),
  sprintf('"draws": [%s],', paste(apply(draws - 1, 1, function(x) paste0("[", paste(x, collapse = ","), "]")), collapse = ",\n")),
  '"runs": [', paste(runs, collapse = ",\n"), "]}"), "validation_of_cox.json")
