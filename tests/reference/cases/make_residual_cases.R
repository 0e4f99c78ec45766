# Makes own_residuals.json and own_exact_ties.json with R >= 4.2, survival 3.5-3 and jsonlite:
#   Rscript make_residual_cases.R
library(survival)
library(jsonlite)

save <- function(name, content) {
  writeLines(toJSON(content, auto_unbox = TRUE, digits = I(17), na = "null", pretty = FALSE),
             paste0(name, ".json"))
}
named <- function(values, names) as.list(setNames(unname(values), names))
test <- function(x) list(stat = unname(x[1]), df = unname(x[2]), p = unname(x[3]))
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 60)
tolerance <- list(coef_abs = 1e-8, rel = 1e-8)
oracle <- paste("R", getRversion(), "survival", packageVersion("survival"))
cox_block <- function(fit) {
  s <- summary(fit)
  names <- names(coef(fit))
  robust <- !is.null(fit$naive.var)
  block <- list(n = fit$n, nevent = fit$nevent, coef = named(coef(fit), names),
       se = named(sqrt(diag(if (robust) fit$naive.var else vcov(fit))), names),
       z = named(s$coefficients[, "z"], names), p = named(s$coefficients[, "Pr(>|z|)"], names),
       loglik_null = fit$loglik[1], loglik = fit$loglik[2], vcov = unname(vcov(fit)),
       concordance = list(c = unname(fit$concordance["concordance"]),
                          se = unname(fit$concordance["std"]),
                          concordant = unname(fit$concordance["concordant"]),
                          discordant = unname(fit$concordance["discordant"]),
                          tied_x = unname(fit$concordance["tied.x"])))
  if (robust) {
    block$se_robust <- named(sqrt(diag(vcov(fit))), names)
    block$wald_test <- test(c(fit$wald.test, length(names), s$waldtest[3]))
    # not the robust score test: with an offset R takes its score residuals without the offset
  }
  block
}
zph <- function(fit, transform) {
  table <- cox.zph(fit, transform = transform)$table
  setNames(lapply(seq_len(nrow(table)), function(i)
    list(chisq = table[i, 1], df = table[i, 2], p = table[i, 3])), rownames(table))
}
full_block <- function(fit) {
  block <- cox_block(fit)
  for (type in c("martingale", "deviance", "dfbeta", "dfbetas", "schoenfeld"))
    block[[type]] <- unname(residuals(fit, type = type, weighted = type %in% c("dfbeta", "dfbetas")))
  block$score_resid <- unname(residuals(fit, type = "score"))
  block$scaled_schoenfeld <- unname(residuals(fit, type = "scaledsch"))
  for (transform in c("km", "identity", "rank", "log"))
    block[[paste0("zph_", transform)]] <- zph(fit, transform)
  block
}

# Delayed entry, ties, strata, weights, an offset and several rows of one patient at once.
set.seed(53)
n <- 90
d <- data.frame(time = sample(4:25, n, TRUE), status = rbinom(n, 1, .65),
                x = rbinom(n, 1, .35), z = round(rnorm(n, 60, 9), 1),
                site = sample(c("lung", "pancreas"), n, TRUE), wt = sample(c(.5, 1, 2.5), n, TRUE),
                off = round(rnorm(n, 0, .4), 2), id = sample(1:60, n, TRUE))
d$entry <- ifelse(runif(n) < .5, 0, sample(0:12, n, TRUE))
d$entry <- pmin(d$entry, d$time - 1)
# resid() wants them in the data, so the two rules of ties are spelled out
efron <- coxph(Surv(entry, time, status) ~ x + z + strata(site) + offset(off), d, weights = wt,
               cluster = id, ties = "efron", control = tight, x = TRUE, y = TRUE)
breslow <- coxph(Surv(entry, time, status) ~ x + z + strata(site) + offset(off), d, weights = wt,
                 cluster = id, ties = "breslow", control = tight, x = TRUE, y = TRUE)
plain <- coxph(Surv(entry, time, status) ~ x + z + strata(site) + offset(off), d, weights = wt,
               ties = "efron", control = tight, robust = FALSE)
profiles <- list(x = c(0, 1), z = c(55, 66))
predict_block <- function(kind) {
  curves <- lapply(1:2, function(k) lapply(c("lung", "pancreas"), function(site)
    survfit(plain, conf.type = kind,
            newdata = data.frame(x = profiles$x[k], z = profiles$z[k], site = site, off = 0))))
  joined <- function(field) lapply(curves, function(of) unlist(lapply(of, `[[`, field)))
  list(newdata = profiles, time = joined("time")[[1]], surv = joined("surv"),
       lower = joined("lower"), upper = joined("upper"))
}
save("own_residuals", list(
  id = "own20", title = "Residuals, tests and curves with entry, ties, strata, weights, clusters",
  topics = c("residuals", "zph", "robust", "concordance"), source = "simulated", oracle = oracle,
  n_rows = n, data = as.list(d),
  spec = list(time = "time", event = "status", entry = "entry", covariates = c("x", "z"),
              strata = I("site"), weights = "wt", offset = "off", cluster = "id"),
  expected = list(efron = full_block(efron), breslow = full_block(breslow),
                  predict_log = predict_block("log"), "predict_log-log" = predict_block("log-log"),
                  predict_plain = predict_block("plain")),
  tolerance = tolerance))

# Discrete time with strata: ties of few and of many events. (R's routine for delayed entry goes
# through all subsets and does not end; tests/oracles does so for few rows.)
set.seed(54)
n <- 120
e <- data.frame(time = sample(2:6, n, TRUE), status = rbinom(n, 1, .7), x = rbinom(n, 1, .4),
                z = round(rnorm(n), 2), site = sample(c("lung", "pancreas"), n, TRUE))
discrete <- coxph(Surv(time, status) ~ x + z + strata(site), e, ties = "exact", control = tight)
save("own_exact_ties", list(
  id = "own21", title = "Exact ties in strata",
  topics = c("ties", "strata"), source = "simulated", oracle = oracle,
  n_rows = n, data = as.list(e),
  spec = list(time = "time", event = "status", covariates = c("x", "z"),
              strata = I("site")),
  expected = list(exact = cox_block(discrete)), tolerance = tolerance))
