"""Speed of permutation tests, as ratios to R's coin where Rscript and coin are installed.

    python benchmarks/permutation_speed.py

Both are timed in the same run, the fastest of several repetitions of each (drawn sets: for about as
long): on cores shared with other programs that says most about the programs timed. The last columns
say what must be done, and how long that takes one core at rates measured at the start: a
studentised set costs four multiply-adds, a linear one is never visited; a drawn one costs the
random words laid out for it, and an addition for each four patients (studentised: one for each
patient and four for each time; likelihood ratio: five Newton steps over the events); max-T over a
panel a random word for four patients, an exchange for each, and an addition for each gene of each.
"""

from __future__ import annotations

import math
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from kernel_speed import Needs, measured_rates

import embogen
from embogen.inference.max_t import max_t_test
from embogen.inference.max_t_panel import max_t_panel
from embogen.inference.max_t_panel_problem import PanelGenotypes
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.deal import deal_of

R = """
suppressMessages({library(survival); library(coin)})
seconds <- function(f, times) {
  f(); min(sapply(seq_len(times), function(i) system.time(f())[["elapsed"]]))
}
d <- read.csv(commandArgs(TRUE)[1]); d$x <- factor(d$x)
exact <- nrow(d) < 100
how <- if (exact) "exact" else approximate(nresample = 10000)
run <- function() pvalue(logrank_test(Surv(time, event) ~ x, data = d, distribution = how))
cat(seconds(run, if (exact) 3 else 30), as.numeric(run()), "\n")
"""
PANEL = """
suppressMessages(library(coin))
d <- read.csv(commandArgs(TRUE)[1]); genes <- setdiff(names(d), "score")
asked <- as.formula(paste(paste(genes, collapse = " + "), "~ score"))
run <- function() {
  how <- approximate(nresample = 10000)
  pvalue(independence_test(asked, d, teststat = "maximum", distribution = how), "step-down")
}
took <- min(sapply(1:3, function(i) system.time(p <<- run())[["elapsed"]]))
cat(took, min(p), "\n")
"""
VERSIONS = 'cat(R.version.string, "coin", format(packageVersion("coin")))'


def best(run: Callable[[], object], times: int = 15) -> float:
    run()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def in_r(script: str, header: str, rows: np.ndarray) -> tuple[float, float] | None:
    """Give the seconds and the p-value an R script prints for a table."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, file = Path(folder) / "data.csv", Path(folder) / "run.R"
        np.savetxt(data, rows, delimiter=",", header=header, comments="", fmt="%.17g")
        file.write_text(script, encoding="utf-8")
        ran = subprocess.run(
            ["Rscript", str(file), str(data)], capture_output=True, text=True, check=False
        )
    if ran.returncode:
        return None
    elapsed, p_value = ran.stdout.split()
    return float(elapsed), float(p_value)


def coin(surv: Surv, x: np.ndarray) -> tuple[float, float] | None:
    return in_r(R, "time,event,x", np.column_stack([surv.time, surv.event, x]))


class Table:
    """Prints one line after another, least times at the rates of this machine."""

    def __init__(self) -> None:
        self.rates = measured_rates()
        peer = "no Rscript"
        if shutil.which("Rscript") is not None:
            ran = subprocess.run(
                ["Rscript", "-e", VERSIONS], capture_output=True, text=True, check=False
            )
            peer = ran.stdout.strip() or "R without coin"
        print(
            f"{platform.system()} {platform.machine()}, {numba.config.NUMBA_NUM_THREADS} cores, "
            f"Python {platform.python_version()}, numpy {np.__version__}, "
            f"numba {numba.__version__}, embogen {embogen.__version__}; {peer}"
        )
        print(f"one core, each second: {self.rates}\n")
        print("| work | embogen, ms | R coin, ms | ratio | must do | least, ms |")
        print("|---|---|---|---|---|---|", flush=True)

    def line(
        self,
        name: str,
        seconds: float,
        needs: Needs,
        peer: tuple[float, float] | None = None,
        p_value: float = math.nan,
    ) -> None:
        def shown(took: float, p: float) -> str:
            return f"{1e3 * took:.3g}" + ("" if math.isnan(p) else f" (p {p:.4g})")

        theirs = "" if peer is None else shown(*peer)
        ratio = "" if peer is None else f"{peer[0] / max(seconds, 1e-9):.3g}"
        least = 1e3 * needs.seconds(self.rates)
        print(
            f"| {name} | {shown(seconds, p_value)} | {theirs} | {ratio} | {needs} | {least:.2g} |",
            flush=True,
        )


def few(table: Table, rng: np.random.Generator) -> Surv:
    """All sets of 9 of 35."""
    surv = Surv(rng.exponential(300.0, 35), rng.random(35) < 0.88)
    x = np.zeros(35)
    x[rng.choice(35, 9, replace=False)] = 1.0
    entry = np.minimum(rng.uniform(0, 60.0, 35), 0.5 * surv.time)
    late = Surv(surv.time, surv.event, entry)
    peer = coin(surv, x)
    every, halves = math.comb(35, 9), math.comb(17, 4) + math.comb(18, 4)
    listed = Needs(products=10 * halves * math.log2(halves))
    for name, data, options, other, needs in (
        ("35 choose 9, studentised score", surv, {}, None, Needs(products=4 * every)),
        ("the same, delayed entry", late, {}, None, Needs(products=4 * every)),
        ("35 choose 9, score", surv, {"statistic": "score"}, peer, listed),
    ):
        test = permutation_test(data, x, **options)  # type: ignore[arg-type] # options
        seconds = best(lambda d=data, o=options: permutation_test(d, x, **o), 5)  # type: ignore[misc] # same
        table.line(name, seconds, needs, other, test.p_value)
    return surv


def drawn(table: Table, rng: np.random.Generator) -> None:
    """10,000 sets of 250 of 1,000."""
    large = Surv(rng.exponential(300.0, 1000).round(1), rng.random(1000) < 0.7)
    many = (rng.permutation(1000) < 250).astype(float)
    peer = coin(large, many)
    options = {"method": "monte_carlo", "max_draws": 10_000, "exceedances": 10_001}
    words = 1e4 * deal_of(np.array([0, 1000]), np.array([250])).width
    each = {"score": 250, "studentised_score": 1000 + 4 * len(np.unique(large.time))}
    each["likelihood_ratio"] = 4 * 5 * int(np.sum(large.event))  # Newton steps over the events
    for statistic, products in each.items():

        def run(statistic: str = statistic) -> float:
            generator = np.random.default_rng(3)
            test = permutation_test(large, many, statistic=statistic, rng=generator, **options)  # type: ignore[arg-type] # options
            return test.p_value

        name = f"10,000 draws, n = 1,000, 250 carriers, {statistic}"
        table.line(
            name,
            best(run, 300 if statistic == "score" else 30),
            Needs(randoms=words, products=1e4 * products),
            peer,
            run(),
        )
    seconds = best(lambda: permutation_test(large, many, method="saddlepoint"))
    near = permutation_test(large, many, method="saddlepoint")
    table.line("saddlepoint, n = 1,000, 250 carriers", seconds, Needs(), None, near.p_value)


def families(table: Table, surv: Surv, rng: np.random.Generator) -> None:
    """Max-T over 20 genes of 35 patients, studentised; over 500 of 1,000, linear."""
    genes = (rng.random((35, 20)) < 0.2).astype(float)
    names = [f"G{i}" for i in range(20)]
    seconds = best(
        lambda: max_t_test(surv, genes, names, rng=np.random.default_rng(4), n_permutations=10_000)
    )
    walked = Needs(randoms=35e4, products=1e4 * 35 * 20 * 8)
    table.line("max-T, 35 patients, 20 genes, 10,000 relabellings", seconds, walked)
    carried = (rng.random((1000, 500)) < 0.025).astype(float)
    scores = 1.0 - rng.exponential(size=1000)
    columns = ",".join(["score", *(f"g{i}" for i in range(500))])
    peer = in_r(PANEL, columns, np.column_stack([scores, carried]))
    panel = PanelGenotypes.from_matrix(carried, columns.split(",")[1:])
    for draws, times in ((10_000, 15), (1_000_000, 3)):

        def run(draws: int = draws) -> float:
            found = max_t_panel(scores, panel, rng=np.random.default_rng(5), n_permutations=draws)
            return min(gene.p_step_down or 1.0 for gene in found.genes)

        needs = Needs(randoms=250.0 * draws, products=draws * (1000 + carried.sum()))
        theirs = peer if draws == 10_000 else None
        name = f"max-T over a panel, n = 1,000, 500 genes, {draws:,} relabellings"
        table.line(name, best(run, times), needs, theirs, run())


def main() -> None:
    rng = np.random.default_rng(1)
    table = Table()
    surv = few(table, rng)
    drawn(table, rng)
    families(table, surv, rng)


if __name__ == "__main__":
    main()
