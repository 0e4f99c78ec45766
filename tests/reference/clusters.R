# Cox models with patients of one institution as a cluster, by coxph(..., cluster) of survival 3.5-3.
# Run: Rscript clusters.R > clusters.json
library(survival)
d <- lung[1:140, c("time", "status", "age", "sex", "ph.ecog", "inst")]
d <- d[!is.na(d$ph.ecog), ]
d$inst[c(5, 50)] <- NA
d$sex <- ifelse(d$sex == 1, "male", "female")
k <- d[!is.na(d$inst), ]
array <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.17g", x)), collapse = ", "), "]")
text <- function(x) paste0("[", paste0('"', x, '"', collapse = ", "), "]")
block <- function(name, fit) {
  s <- summary(fit)
  se <- s$coefficients[, "robust se"]
  df <- length(unique(k$inst)) - 1  # few clusters: Student's t
  half <- qt(.975, df) * se
  paste0(
    '  "', name, '": {"coef": ', array(coef(fit)), ', "se": ', array(se),
    ', "p": ', array(2 * pt(-abs(coef(fit) / se), df)), ', "low": ', array(exp(coef(fit) - half)),
    ', "high": ', array(exp(coef(fit) + half)), ', "wald": ', array(fit$wald.test),
    ', "p_normal": ', array(s$coefficients[, ncol(s$coefficients)]),
    ', "score": ', array(s$robscore[["test"]]), "}"
  )
}
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
y <- Surv(k$time, k$status == 2)
cat("{\n", paste(c(
  paste0('  "time": ', array(d$time)), paste0('  "status": ', array(d$status - 1)),
  paste0('  "age": ', array(d$age)), paste0('  "sex": ', text(d$sex)),
  paste0('  "ecog": ', array(d$ph.ecog)), paste0('  "inst": ', array(d$inst)),
  block("joint", coxph(y ~ age + sex, k, cluster = inst, control = tight)),
  block("strata", coxph(y ~ age + sex + strata(ph.ecog), k, cluster = inst, ties = "breslow", control = tight)),
  block("age_alone", coxph(y ~ age, k, cluster = inst, control = tight)),
  block("sex_alone", coxph(y ~ sex, k, cluster = inst, control = tight))
), collapse = ",\n"), "\n}\n", sep = "")
