# Schoenfeld's formula and E-values, in base R 4.2.2. Writes power_and_e_values.json beside itself.
#   Rscript make_power_figures.R
z <- qnorm
# power of a two-sided test counts both tails; what is needed solves for it
both <- function(s, a) pnorm(s - z(1 - a / 2)) + pnorm(-s - z(1 - a / 2))
needed <- function(power, a) uniroot(function(s) both(s, a) - power, c(0, 20), tol = 1e-15)$root
num <- function(x) sprintf("%.17g", x)
rows <- list()
for (n in c(35, 200)) for (k in c(3, 6, 17)) for (d in c(20, 31)) for (hr in c(0.5, 3)) for (a in c(.05, .01)) {
  p <- k / n
  i <- d * p * (1 - p)
  rows[[length(rows) + 1]] <- sprintf(
    '{"patients": %d, "carriers": %d, "events": %d, "hr": %s, "level": %s, "power": %s, "required_events": %s, "required_patients": %s, "detectable_90": %s}',
    n, k, d, num(hr), num(a), num(both(sqrt(i) * abs(log(hr)), a)),
    num(needed(.8, a)^2 / (p * (1 - p) * log(hr)^2)),
    num(ceiling(needed(.8, a)^2 / (p * (1 - p) * log(hr)^2) / (d / n))),
    num(exp(needed(.9, a) / sqrt(i))))
}
# VanderWeele & Ding (2017), table 2: hazard ratio of a common outcome
rr <- function(hr) (1 - .5^sqrt(hr)) / (1 - .5^sqrt(1 / hr))
e <- function(r) { r <- ifelse(r < 1, 1 / r, r); r + sqrt(r * (r - 1)) }
evs <- sapply(c(.1, .56, .69, 1, 1.5, 3.5, 20), function(h)
  sprintf('{"hr": %s, "risk_ratio": %s, "e_value": %s}', num(h), num(rr(h)), num(e(rr(h)))))
writeLines(c('{"power": [', paste(unlist(rows), collapse = ",\n"), '],', '"e_values": [',
             paste(evs, collapse = ",\n"), ']}'), "power_and_e_values.json")

# Power of coxph's Wald test when 35 patients are followed until the 31st event, 6 of them carriers:
# exponential times, another simulation than the one tested. Writes power_of_coxph.json.
library(survival)
set.seed(20260101)
replicates <- 20000
found <- sapply(c(1, 3, 1 / 3), function(hr) {
  x <- rep(c(1, 0), c(6, 29))
  mean(replicate(replicates, {
    t <- rexp(35, ifelse(x == 1, hr, 1))
    end <- sort(t)[31]
    f <- suppressWarnings(coxph.fit(cbind(x), Surv(pmin(t, end), t <= end), NULL, NULL, NULL,
      coxph.control(iter.max = 30), NULL, "efron", NULL))
    p <- if (abs(f$coefficients) > 10) pchisq(2 * diff(f$loglik), 1, lower.tail = FALSE)
         else pchisq(f$coefficients^2 / f$var[1], 1, lower.tail = FALSE)
    p <= .05
  }))
})
writeLines(sprintf('{"patients": 35, "carriers": 6, "events": 31, "replicates": %d, "hr": [1, 3, 0.33333333333333331], "power": [%s]}',
  replicates, paste(num(found), collapse = ", ")), "power_of_coxph.json")

# Likelihood of a normal statistic that was seen because it exceeded a cut: its maximum by a general
# optimiser on the log density, its limits by uniroot on the distribution. Writes winners_curse.json.
rows <- c()
for (z in c(1.97, 2.2, 2.8, 3.5, 5)) for (a in c(.05, .005)) {
  c0 <- min(qnorm(1 - a / 2), z)
  l <- function(m) dnorm(z, m, log = TRUE) - log(pnorm(c0, m, lower.tail = FALSE) + pnorm(-c0, m))
  best <- optimize(l, c(0, z), maximum = TRUE, tol = 1e-12)$maximum
  s <- function(m, p) pnorm(z, m, lower.tail = FALSE) / (pnorm(c0, m, lower.tail = FALSE) + pnorm(-c0, m)) - p
  low <- uniroot(s, c(-20, z), p = .025, tol = 1e-13)$root
  high <- uniroot(s, c(-1, z + 20), p = .975, tol = 1e-13)$root
  rows <- c(rows, sprintf('{"z": %s, "level": %s, "maximum": %s, "low": %s, "high": %s}',
    num(z), num(a), num(best), num(low), num(high)))
}
writeLines(c("[", paste(rows, collapse = ",\n"), "]"), "winners_curse.json")
