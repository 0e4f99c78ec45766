# Makes the JSON files beside it with R >= 4.2, survival 3.5-3 and jsonlite:  Rscript make_cases.R
library(survival)
library(jsonlite)

save <- function(name, content) {
  writeLines(toJSON(content, auto_unbox = TRUE, digits = I(17), na = "null", pretty = FALSE),
             paste0(name, ".json"))
}
named <- function(values, names) as.list(setNames(unname(values), names))
test <- function(x) list(stat = unname(x[1]), df = unname(x[2]), p = unname(x[3]))
cox_block <- function(fit) {
  s <- summary(fit)
  names <- names(coef(fit))
  list(n = fit$n, nevent = fit$nevent,
       coef = named(coef(fit), names), se = named(sqrt(diag(vcov(fit))), names),
       z = named(s$coefficients[, "z"], names), p = named(s$coefficients[, "Pr(>|z|)"], names),
       hr = named(s$conf.int[, 1], names), hr_lo95 = named(s$conf.int[, 3], names),
       hr_hi95 = named(s$conf.int[, 4], names),
       loglik_null = fit$loglik[1], loglik = fit$loglik[2], df = length(names),
       lr_test = test(s$logtest), wald_test = test(c(fit$wald.test, length(names), s$waldtest[3])),
       score_test = test(s$sctest), vcov = unname(vcov(fit)))
}
km_block <- function(fit) {
  q <- quantile(fit, c(.25, .5, .75))
  list(group = rep("all", length(fit$time)), time = fit$time, n_risk = fit$n.risk,
       n_event = fit$n.event, n_censor = fit$n.censor, surv = fit$surv,
       se_surv_greenwood = fit$surv * fit$std.err, lower = fit$lower, upper = fit$upper,
       quantiles_25_50_75 = list(estimate = unname(q$quantile), lower = unname(q$lower),
                                 upper = unname(q$upper)))
}
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 60)
tolerance <- list(coef_abs = 1e-8, rel = 1e-8)
oracle <- paste("R", getRversion(), "survival", packageVersion("survival"))

# Times that differ by rounding only, delayed entry, strata, weights and an offset at once.
set.seed(41)
n <- 60
time <- (sample(3:14, n, TRUE)) * 0.1 + sample(c(0, 1e-12, -1e-12), n, TRUE)
d <- data.frame(time = time, entry = pmax(0, round(time - runif(n, .1, .9), 1) - .05),
                status = rbinom(n, 1, .7), x = rbinom(n, 1, .3), z = round(rnorm(n, 50, 12), 1),
                site = sample(c("lung", "pancreas"), n, TRUE), wt = sample(c(.5, 1, 2.5), n, TRUE),
                off = round(rnorm(n, 0, .4), 2))
d$entry[d$entry >= d$time - .05] <- 0
fits <- lapply(c(efron = "efron", breslow = "breslow"), function(ties)
  cox_block(coxph(Surv(entry, time, status) ~ x + z + strata(site) + offset(off), d, weights = wt,
                  ties = ties, control = tight, robust = FALSE)))
save("own_near_equal_times", list(
  id = "own01", title = "Near-equal times with delayed entry, strata, weights and offset",
  topics = c("ties", "left_truncation", "strata", "weights", "offset"), source = "simulated",
  oracle = oracle, n_rows = n, data = as.list(d),
  spec = list(time = "time", event = "status", entry = "entry", covariates = c("x", "z"),
              strata = I("site"), weights = "wt", offset = "off"),
  expected = fits, tolerance = tolerance))

# The same outcome without strata, weights or offset: the curves under delayed entry.
e <- d[order(d$time), c("time", "entry", "status")]
kinds <- c(log = "log", loglog = "log-log", plain = "plain")
save("own_delayed_entry_curves", list(
  id = "own02", title = "Kaplan-Meier with delayed entry and near-equal times",
  topics = c("km", "left_truncation"), source = "simulated", oracle = oracle, n_rows = n,
  data = as.list(e), spec = list(time = "time", event = "status", entry = "entry"),
  expected = lapply(kinds, function(kind)
    km_block(survfit(Surv(entry, time, status) ~ 1, e, conf.type = kind))),
  tolerance = tolerance))

# Tests of a baseline table.
set.seed(7)
b <- data.frame(arm = rep(c("a", "b"), c(11, 14)), untied = rnorm(25), tied = sample(1:6, 25, TRUE),
                three = sample(c("p", "q", "r"), 25, TRUE), rare = rbinom(25, 1, .15),
                four = sample(c("G1", "G2", "G3", "GX"), 25, TRUE),
                half = rep(c("yes", "no"), length.out = 25), half2 = sample(c("u", "v"), 25, TRUE))
rank_test <- function(column, group) {
  x <- split(b[[column]], b[[group]])
  t <- if (length(x) == 2) suppressWarnings(wilcox.test(x[[1]], x[[2]])) else kruskal.test(x)
  list(column = column, group = group, statistic = unname(t$statistic), p = t$p.value)
}
count_test <- function(column, group) {
  t <- table(b[[column]], b[[group]])
  few <- min(outer(rowSums(t), colSums(t)) / sum(t)) < 5
  p <- if (few) fisher.test(t)$p.value else chisq.test(t, correct = FALSE)$p.value
  list(column = column, group = group, method = if (few) "fisher_exact" else "chi_square", p = p)
}
save("own_baseline_tests", list(
  id = "own03", title = "Rank tests, Fisher and chi-square as R does them",
  topics = c("baseline"), source = "simulated", oracle = oracle, n_rows = 25, data = as.list(b),
  spec = list(kind = "baseline"),
  expected = list(
    wilcoxon_exact = rank_test("untied", "arm"), wilcoxon_tied = rank_test("tied", "arm"),
    wilcoxon_three_groups = rank_test("tied", "three"),
    contingency_2x2_exact = count_test("rare", "arm"),
    contingency_4x2_exact = count_test("four", "arm"),
    contingency_4x3_exact = count_test("four", "three"),
    contingency_2x2_large = count_test("half", "half2")),
  # fisher.test of more than 2 x 2 is coded to about 7 digits
  tolerance = list(coef_abs = 1e-8, rel = 1e-7)))
