# Makes ../response_brute_force.json: fisher.test, and Firth's logistic model by brute force (R has the
# penalised likelihood in no package here): the determinant is written out and optim() asked.
# Rscript make_response_cases.R (writes one folder up: not a case of the common form)
suppressMessages(library(jsonlite))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
set.seed(20260718)
n <- 35
d <- data.frame(gene = rep(1:0, c(9, 26)), extrahepatic = rbinom(n, 1, 0.4), age = round(rnorm(n, 60, 9)))
d$response <- as.integer(d$gene == 1 | runif(n) < 0.35)  # every carrier responds: separated
tables <- list(c(7, 9, 6, 26), c(0, 5, 8, 20), c(5, 5, 3, 30), c(2, 40, 11, 63))
fisher <- lapply(tables, function(t) {
  f <- fisher.test(matrix(c(t[1], t[2] - t[1], t[3], t[4] - t[3]), 2))
  list(table = t, p = f$p.value, odds_ratio = unname(f$estimate), low = f$conf.int[1], high = f$conf.int[2],
       limits1 = c(binom.test(t[1], t[2])$conf.int), limits2 = c(binom.test(t[3], t[4])$conf.int))
})
X <- cbind(1, d$gene, d$extrahepatic, (d$age - mean(d$age)) / 10)
penalised <- function(b) {
  eta <- X %*% b
  mu <- plogis(eta)
  sum(d$response * eta - log1p(exp(eta))) +
    as.numeric(determinant(t(X) %*% (X * c(mu * (1 - mu))))$modulus) / 2
}
best <- function(fixed = NULL, k = NULL, from = rep(0, 4)) {
  free <- setdiff(1:4, k)
  g <- function(b) { full <- numeric(4); full[free] <- b; full[k] <- fixed; -penalised(full) }
  o <- list(par = from[free])
  for (i in 1:6) o <- optim(o$par, g, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))
  list(par = o$par, value = -o$value)
}
top <- best()
profile <- function(k) {
  drop <- qchisq(.95, 1) / 2
  f <- function(v) best(v, k, top$par)$value - (top$value - drop)
  list(coef = top$par[k],
       low = uniroot(f, c(top$par[k] - 8, top$par[k]), tol = 1e-9)$root,
       high = uniroot(f, c(top$par[k], top$par[k] + 8), tol = 1e-9)$root,
       p = pchisq(2 * (top$value - best(0, k, top$par)$value), 1, lower.tail = FALSE))
}
case <- list(data = as.list(d), fisher = fisher, loglik = top$value,
             gene = profile(2), extrahepatic = profile(3), age_decade = profile(4),
             oracle = paste("R", getRversion()))
write_json(case, file.path(here, "..", "response_brute_force.json"), digits = I(17), auto_unbox = TRUE, pretty = TRUE)
