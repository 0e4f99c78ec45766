# Survival predicted from Cox models by survfit(coxph(...), newdata) of survival 3.5-3, with delayed entry.
# Firth: the penalised likelihood is maximised by optim; coxph is held at its maximum (iter.max = 0), so that
# survfit has these coefficients and the inverse information there.
# Run: Rscript predicted_survival.R > predicted_survival.json
library(survival)
d <- veteran[seq(1, 137, 2), ]
d$entry <- ifelse(seq_len(nrow(d)) %% 3 == 0 & d$time > 20, 15, 0)
d$cell <- factor(d$celltype, levels = c("large", "squamous", "smallcell", "adeno"))
y <- with(d, Surv(entry, time, status))
days <- c(3, 6, 9) * 30.4375

number <- function(x) ifelse(is.na(x), '"NA"', sprintf("%.17g", x))
array <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
text <- function(x) paste0("[", paste0('"', x, '"', collapse = ", "), "]")
object <- function(...) {
  items <- list(...)
  paste0("{", paste0('"', names(items), '": ', unlist(items), collapse = ", "), "}")
}
one <- function(curve) {  # one profile in one stratum
  q <- quantile(curve, c(.25, .5, .75))
  at <- summary(curve, times = days[days <= max(curve$time)])
  object(
    time = array(curve$time), survival = array(curve$surv), ci_low = array(curve$lower),
    ci_high = array(curve$upper), hazard = array(curve$cumhaz),
    quantile = array(q$quantile), quantile_low = array(q$lower), quantile_high = array(q$upper),
    days = array(at$time), at = array(at$surv), at_low = array(at$lower), at_high = array(at$upper)
  )
}
curves <- function(fit, new, conf) {
  # each row of new by itself: survfit then has the same shape with and without strata
  out <- lapply(seq_len(nrow(new)), function(i) {
    s <- survfit(fit, newdata = new[i, , drop = FALSE], conf.type = conf)
    k <- max(1, length(s$strata))
    sapply(seq_len(k), function(j) one(if (k > 1) s[j] else s))
  })
  paste0("[", paste(unlist(out), collapse = ",\n  "), "]")
}

cells <- levels(d$cell)
new <- data.frame(cell = factor(cells, levels = cells), age = mean(d$age), karno = 60, trt = 1)
levels_fit <- coxph(y ~ cell + age + karno, d, ties = "efron")

two <- data.frame(trt = 1:2, karno = mean(d$karno))
strata_fit <- coxph(y ~ trt + karno + strata(cell), d, ties = "breslow")
strata_curves <- function() {
  out <- lapply(1:2, function(i) {
    lapply(cells, function(cell) {
      s <- survfit(strata_fit, newdata = cbind(two[i, ], cell = factor(cell, levels = cells)), conf.type = "log-log")
      one(s)
    })
  })
  paste0("[", paste(unlist(out), collapse = ",\n  "), "]")
}

held <- function(b) {
  coxph(y ~ I(trt - 1) + age, d, ties = "efron", init = b, control = coxph.control(iter.max = 0))
}
penalised <- function(b) {
  fit <- tryCatch(suppressWarnings(held(b)), error = function(e) NULL)
  if (is.null(fit)) return(1e10)
  -(fit$loglik[2] - 0.5 * as.numeric(determinant(fit$var)$modulus))
}
start <- coef(coxph(y ~ I(trt - 1) + age, d, ties = "efron"))
best <- optim(start, penalised, method = "Nelder-Mead", control = list(parscale = c(.1, .01), reltol = 1e-16))
best <- optim(best$par, penalised, method = "BFGS", control = list(parscale = c(.1, .01), reltol = 1e-16))
firth_fit <- suppressWarnings(held(best$par))

cat("{\n", paste(c(
  paste0('"entry": ', array(d$entry)), paste0('"time": ', array(d$time)),
  paste0('"status": ', array(d$status)), paste0('"age": ', array(d$age)),
  paste0('"karno": ', array(d$karno)), paste0('"trt": ', text(c("standard", "test")[d$trt])),
  paste0('"cell": ', text(d$cell)),
  paste0('"levels": ', curves(levels_fit, new, "log")),
  paste0('"strata": ', strata_curves()),
  paste0('"firth_coef": ', array(best$par)),
  paste0('"firth": ', curves(firth_fit, data.frame(trt = 1:2, age = mean(d$age)), "plain"))
), collapse = ",\n"), "\n}\n", sep = "")
