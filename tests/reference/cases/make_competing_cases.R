# Makes the own_competing_*.json cases: R, survival and cmprsk answer on invented data.
# Rscript make_competing_cases.R (writes beside itself)
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
oracle <- paste0("R ", getRversion(), "; survival ", packageVersion("survival"),
                 "; cmprsk ", packageVersion("cmprsk"))
set.seed(20260717)

make <- function(n) {
  x <- rbinom(n, 1, 0.4)
  z <- round(rnorm(n), 2)
  first <- rexp(n, 0.04 * exp(0.7 * x)); second <- rexp(n, 0.03 * exp(0.4 * z))
  censor <- runif(n, 5, 60)
  time <- pmin(first, second, censor)
  cause <- ifelse(time == first, 1, ifelse(time == second, 2, 0))
  # whole days: many ties, also of events with censorings
  data.frame(time = ceiling(time), cause = cause, x = x, z = z, id = seq_len(n))
}

curves <- function(fit) {
  list(time = fit$time, n_risk = fit$n.risk[, 1], cif1 = fit$pstate[, 2], cif2 = fit$pstate[, 3],
       se_ij_1 = fit$std.err[, 2], se_ij_2 = fit$std.err[, 3],
       lower1 = fit$lower[, 2], upper1 = fit$upper[, 2])
}

subdistribution <- function(formula, d, etype, ties, weights = NULL) {
  d$w <- if (is.null(weights)) rep(1, nrow(d)) else weights
  d$fc <- factor(d$cause, 0:2)
  f <- finegray(formula, data = d, etype = etype, id = id, weights = w)
  right <- if (any(grepl("strata", deparse(formula)))) "x + z + strata(site)" else "x + z"
  m <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", right)), data = f,
             weights = f$fgwt, ties = ties, cluster = id,
             control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
  list(coef = as.list(coef(m)), se_robust = as.list(sqrt(diag(m$var))),
       se_model = as.list(sqrt(diag(m$naive.var))), loglik = m$loglik[2])
}
named <- function(block) { for (k in c("se_robust", "se_model")) names(block[[k]]) <- names(block$coef); block }

write <- function(id, title, data, spec, expected, notes = character()) {
  case <- list(id = id, title = title, topics = I("competing_risks"), source = "invented",
               oracle = oracle, n_rows = nrow(data), data = as.list(data), spec = spec,
               expected = expected, tolerance = list(coef_abs = 1e-8, rel = 1e-8), notes = I(notes))
  write_json(case, file.path(here, paste0(id, ".json")), digits = I(17), auto_unbox = TRUE,
             pretty = TRUE, na = "null")
}

# 1. delayed entry, entries tied with exits of others
d <- make(60)
d$entry <- pmin(rpois(60, 4) * (runif(60) < 0.6), d$time - 1)
fit <- survfit(Surv(entry, time, factor(cause, 0:2)) ~ 1, data = d, id = id)
entered <- Surv(entry, time, fc) ~ .
write("own_competing_delayed_entry", "60 patients entering late, 2 causes, whole days", d,
      list(time = "time", cause = "cause", entry = "entry", covariates = c("x", "z")),
      list(aalen_johansen = curves(fit),
           fine_gray_finegray_cause1 = named(subdistribution(entered, d, "1", "breslow")),
           fine_gray_finegray_cause2 = named(subdistribution(entered, d, "2", "breslow")),
           fine_gray_finegray_efron_cause1 = named(subdistribution(entered, d, "1", "efron"))))

# 2. three groups, strata, rho
d <- make(90)
d$group <- sample(c("a", "b", "c"), 90, TRUE)
d$site <- sample(1:2, 90, TRUE)
gray <- function(...) {
  t <- cuminc(d$time, d$cause, d$group, ...)$Tests
  list(cause1 = list(stat = t[1, 1], p = t[1, 2], df = t[1, 3]),
       cause2 = list(stat = t[2, 1], p = t[2, 2], df = t[2, 3]))
}
ci <- cuminc(d$time, d$cause)
d$stratum <- d$site  # finegray keeps only one copy of what it stratifies by
by_site <- Surv(time, fc) ~ x + z + id + site + strata(stratum)
by_crr <- function(code) {  # gtol far below its default, so that its digits can be compared
  m <- crr(d$time, d$cause, as.matrix(d[c("x", "z")]), failcode = code, gtol = 1e-14, maxiter = 100)
  list(coef = as.list(m$coef), se = setNames(as.list(sqrt(diag(m$var))), c("x", "z")),
       loglik = m$loglik)
}
write("own_competing_groups", "90 patients, 3 groups, 2 strata, 2 causes, whole days",
      d[names(d) != "stratum"],
      list(time = "time", cause = "cause", group = "group", strata = "site",
           covariates = c("x", "z")),
      list(gray_test = gray(), gray_test_strata = gray(strata = d$site),
           gray_test_rho1 = gray(rho = 1),
           cuminc_aalen_var = list("1 1" = ci[["1 1"]], "1 2" = ci[["1 2"]]),
           fine_gray_crr_cause1 = by_crr(1), fine_gray_crr_cause2 = by_crr(2),
           fine_gray_finegray_strata_cause1 =
             named(subdistribution(by_site, d, "1", "breslow"))))

# 3. case weights
d <- make(50)
d$weight <- round(runif(50, 0.3, 3), 2)
fit <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, data = d, weights = weight, id = id)
write("own_competing_weights", "50 patients with case weights, 2 causes", d,
      list(time = "time", cause = "cause", weights = "weight", covariates = c("x", "z")),
      list(aalen_johansen_weighted = curves(fit)[-2],  # its n.risk counts rows, not weights
           fine_gray_finegray_weighted_cause1 =
             named(subdistribution(Surv(time, fc) ~ ., d, "1", "breslow", d$weight))),
      "finegray estimates the censoring distribution without the case weights")

# 4. cumulative hazards
d <- make(40)
d$status <- as.integer(d$cause == 1)
hazard <- function(ctype) {
  fit <- survfit(Surv(time, status) ~ x, data = d, ctype = ctype)
  list(group = paste0("x=", rep(0:1, fit$strata)), time = fit$time, cumhaz = fit$cumhaz,
       se = fit$std.chaz)
}
write("own_cumulative_hazard", "40 patients, 2 groups: Nelson-Aalen and Fleming-Harrington", d,
      list(time = "time", event = "status", group = "x"),
      list(nelson_aalen_together = hazard(1), nelson_aalen_one_by_one = hazard(2)))
