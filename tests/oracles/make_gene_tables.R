# R's answers for tables of genes: Fisher's exact test with conditional odds ratios (pairs of genes),
# Fisher's exact test of r x 2 tables (genes by group), Holm and BH; written to gene_tables.json.
# fisher.test finds odds ratio and limits to about 1e-4 only: here the same equations of the conditional
# law are solved by uniroot on the log scale to 1e-13.
# Rscript make_gene_tables.R > gene_tables.json     (R 4.2, base packages only)
set.seed(20260101)
num <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), "\"Inf\"", format(x, digits = 17)))
vec <- function(x) paste0("[", paste(sapply(x, num), collapse = ", "), "]")
law <- function(t, logpsi) {
  m <- sum(t[, 1]); n1 <- sum(t[1, ]); n2 <- sum(t[2, ])
  x <- max(0, m - n2):min(n1, m)
  e <- dhyper(x, n1, n2, m, log = TRUE) + logpsi * x
  list(x = x, d = exp(e - max(e)) / sum(exp(e - max(e))))
}
solve1 <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-13)$root)
conditional <- function(t) {
  a <- t[1, 1]; x <- law(t, 0)$x
  est <- if (a == min(x)) 0 else if (a == max(x)) Inf else
    solve1(function(l) { q <- law(t, l); sum(q$x * q$d) - a })
  low <- if (a == min(x)) 0 else solve1(function(l) { q <- law(t, l); sum(q$d[q$x >= a]) - .025 })
  high <- if (a == max(x)) Inf else solve1(function(l) { q <- law(t, l); sum(q$d[q$x <= a]) - .025 })
  c(est, low, high)
}
pairs <- lapply(1:12, function(i) {
  n <- sample(8:60, 1)
  x <- rbinom(n, 1, runif(1, .1, .5)); y <- rbinom(n, 1, ifelse(x == 1, .5, .2))
  t <- table(factor(x, 1:0), factor(y, 1:0))
  if (min(rowSums(t), colSums(t)) == 0) return(NULL)
  f <- fisher.test(t); sharp <- conditional(t)
  stopifnot(sharp[1] == f$estimate || abs(sharp[1] / f$estimate - 1) < 1e-2)
  paste0("{\"table\": ", vec(c(t[1, 1], t[1, 2], t[2, 1], t[2, 2])), ", \"p\": ", num(f$p.value),
         ", \"or\": ", num(sharp[1]), ", \"low\": ", num(sharp[2]),
         ", \"high\": ", num(sharp[3]), "}")
})
pairs <- Filter(Negate(is.null), pairs)
groups <- lapply(1:8, function(i) {
  k <- sample(2:5, 1); tested <- sample(3:15, k, TRUE); altered <- rbinom(k, tested, runif(k, .05, .6))
  t <- cbind(altered, tested - altered)
  if (min(colSums(t)) == 0) return(NULL)
  f <- fisher.test(t)
  paste0("{\"altered\": ", vec(altered), ", \"tested\": ", vec(tested), ", \"p\": ", num(f$p.value), "}")
})
groups <- Filter(Negate(is.null), groups)
p <- c(.001, .04, .03, .2, NA, .9)
cat("{\"pairs\": [", paste(pairs, collapse = ",\n "), "],\n\"groups\": [", paste(groups, collapse = ",\n "),
    "],\n\"adjust\": {\"p\": ", vec(p), ", \"holm\": ", vec(p.adjust(p, "holm")), ", \"BH\": ",
    vec(p.adjust(p, "BH")), "}}\n", sep = "")
