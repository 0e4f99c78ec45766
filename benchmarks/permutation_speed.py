"""Speed of permutation tests, as ratios to R's coin where Rscript and coin are installed.

    python benchmarks/permutation_speed.py

Physical estimates: a studentised set costs about five floating-point operations, vectorised four
wide; a linear one is never visited; a drawn one costs one random number (2.5 ns) and one table
look-up per carrier, and for the studentised score one addition per patient and lane.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from embogen.inference.max_t import max_t_test
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

R = """
suppressMessages({library(survival); library(coin)})
seconds <- function(f, times) {
  f(); min(sapply(seq_len(times), function(i) system.time(f())[["elapsed"]]))
}
d <- read.csv(commandArgs(TRUE)[1]); d$x <- factor(d$x)
exact <- nrow(d) < 100
how <- if (exact) "exact" else approximate(nresample = 10000)
run <- function() pvalue(logrank_test(Surv(time, event) ~ x, data = d, distribution = how))
cat(seconds(run, if (exact) 3 else 5), as.numeric(run()), "\n")
"""


def best(run: Callable[[], object], times: int = 5) -> float:
    run()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def coin(surv: Surv, x: np.ndarray) -> tuple[float, float] | None:
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "data.csv", Path(folder) / "run.R"
        rows = np.column_stack([surv.time, surv.event, x])
        np.savetxt(data, rows, delimiter=",", header="time,event,x", comments="", fmt="%.17g")
        script.write_text(R, encoding="utf-8")
        ran = subprocess.run(
            ["Rscript", str(script), str(data)], capture_output=True, text=True, check=False
        )
    if ran.returncode:
        return None
    elapsed, p_value = ran.stdout.split()
    return float(elapsed), float(p_value)


def line(name: str, seconds: float, peer: tuple[float, float] | None, p_value: float) -> None:
    ratio = "" if peer is None else f"{peer[0] / max(seconds, 1e-9):.0f}x"
    theirs = "" if peer is None else f"{1e3 * peer[0]:.0f} ms (p {peer[1]:.6g})"
    print(f"| {name} | {1e3 * seconds:.1f} ms (p {p_value:.6g}) | {theirs} | {ratio} |", flush=True)


def main() -> None:
    rng = np.random.default_rng(1)
    print("| work | embogen | R coin, log-rank | ratio |\n|---|---|---|---|")
    surv = Surv(rng.exponential(300.0, 35), rng.random(35) < 0.88)
    x = np.zeros(35)
    x[rng.choice(35, 9, replace=False)] = 1.0
    entry = np.minimum(rng.uniform(0, 60.0, 35), 0.5 * surv.time)
    late = Surv(surv.time, surv.event, entry)
    peer = coin(surv, x)
    for name, data, options, other in (
        ("35 choose 9, studentised score", surv, {}, None),
        ("35 choose 9, studentised score, delayed entry", late, {}, None),
        ("35 choose 9, score", surv, {"statistic": "score"}, peer),
    ):
        test = permutation_test(data, x, **options)  # type: ignore[arg-type] # options
        seconds = best(lambda d=data, o=options: permutation_test(d, x, **o))  # type: ignore[misc] # same
        line(name, seconds, other, test.p_value)
    large = Surv(rng.exponential(300.0, 1000).round(1), rng.random(1000) < 0.7)
    many = (rng.permutation(1000) < 250).astype(float)
    peer = coin(large, many)
    drawn = {"method": "monte_carlo", "max_draws": 10_000, "exceedances": 10_001}
    for statistic in ("score", "studentised_score"):

        def run(statistic: str = statistic) -> float:
            generator = np.random.default_rng(3)
            test = permutation_test(
                large,
                many,
                statistic=statistic,
                rng=generator,
                **drawn,  # type: ignore[arg-type] # options
            )
            return test.p_value

        line(f"10,000 draws, n = 1,000, 250 carriers, {statistic}", best(run), peer, run())
    seconds = best(lambda: permutation_test(large, many, method="saddlepoint"))
    near = permutation_test(large, many, method="saddlepoint")
    line("saddlepoint, n = 1,000, 250 carriers", seconds, None, near.p_value)
    genes = (rng.random((35, 20)) < 0.2).astype(float)
    names = [f"G{i}" for i in range(20)]

    def family() -> object:
        return max_t_test(surv, genes, names, rng=np.random.default_rng(4), n_permutations=10_000)

    line("max-T, 35 patients, 20 genes, 10,000 relabellings", best(family), None, float("nan"))


if __name__ == "__main__":
    main()
