# Natural spline through scaled Schoenfeld residuals, as plot.cox.zph of survival 3.5-3 draws it, with
# knots at the ends and thirds of the events' times.
# Run: Rscript hazard_ratio_smooth.R > hazard_ratio_smooth.json
library(survival)
library(splines)
fit <- coxph(Surv(time, status) ~ age + karno, veteran)
zph <- cox.zph(fit, transform = "identity")
grid <- seq(min(zph$x), max(zph$x), length.out = 40)
basis <- ns(zph$x, df = 4, intercept = TRUE)
wanted <- predict(basis, grid)
q <- qr(basis)
back <- backsolve(q$qr[1:4, 1:4], diag(4))
leverage <- rowSums((wanted %*% (back %*% t(back))) * wanted)
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
line <- function(name, x) paste0('  "', name, '": ', number(x))
cat("{\n", paste(c(
  line("time", veteran$time), line("status", veteran$status),
  line("age", veteran$age), line("karno", veteran$karno), line("grid", grid),
  line("age_coef", wanted %*% qr.coef(q, zph$y[, 1])), line("age_se", sqrt(zph$var[1, 1] * leverage)),
  line("karno_coef", wanted %*% qr.coef(q, zph$y[, 2])), line("karno_se", sqrt(zph$var[2, 2] * leverage))
), collapse = ",\n"), "\n}\n", sep = "")
