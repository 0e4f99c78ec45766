# Quantiles and cumulative hazards (Nelson-Aalen) of survival curves by group, with delayed entry, by survfit of
# survival 3.5-3; the patients are those of predicted_survival.R.
# Run: Rscript curve_options.R > curve_options.json
library(survival)
d <- veteran[seq(1, 137, 2), ]
d$entry <- ifelse(seq_len(nrow(d)) %% 3 == 0 & d$time > 20, 15, 0)
array <- function(x) paste0("[", paste(ifelse(is.na(x), '"NA"', sprintf("%.17g", x)), collapse = ", "), "]")
one <- function(cell) {
  s <- survfit(Surv(entry, time, status) ~ 1, d[d$celltype == cell, ], conf.type = "log-log")
  q <- quantile(s, c(.1, .25, .75))
  paste0(
    '  "', cell, '": {"quantile": ', array(q$quantile), ', "quantile_low": ', array(q$lower),
    ', "quantile_high": ', array(q$upper), ', "time": ', array(s$time), ', "hazard": ', array(s$cumhaz),
    ', "std_error": ', array(s$std.chaz), "}"
  )
}
cat("{\n", paste(sapply(c("large", "squamous", "smallcell", "adeno"), one), collapse = ",\n"), "\n}\n", sep = "")
