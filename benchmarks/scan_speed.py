"""Times of scans beside R's loops and Python's fits, on the same data in the same run.

    python benchmarks/scan_speed.py [--repeats 5] [--large] [--peers PYTHON] [--out FILE]

No ties to speak of, Efron. R's loops and ours take turns; medians are shown, and their ratio.
--large adds 500,000 patients and 20,000 genes. --peers names an interpreter that has lifelines,
scikit-survival or statsmodels: each is timed on one fit of a million rows and ten columns.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import njit

from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.inference.cox import fit_cox
from embogen.inference.cox_problem import prepare
from embogen.inference.design import Design
from embogen.scan.columns import BlockRunner
from embogen.scan.distributed import connected
from embogen.scan.engine import scan
from embogen.scan.laid_out import Columns
from embogen.scan.null import Outcome
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.scan.work import Threads
from embogen.surv import Surv
from embogen.survival.scan_fit import scan_fits
from embogen.survival.scan_score import scan_scores
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.threads import spread
from embogen.survival.vectors import LANES, fused, load, store

HERE = Path(__file__).resolve().parent
GENES = 500
PEERS = """
import sys, time, numpy as np
data = np.fromfile(sys.argv[1]).reshape(-1, 12)
time_, event, X = data[:, 0], data[:, 1], data[:, 2:]
def lifelines():
    import pandas as pd
    from lifelines import CoxPHFitter
    frame = pd.DataFrame(data, columns=[f"c{j}" for j in range(12)])
    return lambda: CoxPHFitter().fit(frame, "c0", "c1")
def scikit_survival():
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv
    y = Surv.from_arrays(event == 1, time_)
    return lambda: CoxPHSurvivalAnalysis(ties="efron").fit(X, y)
def statsmodels():
    from statsmodels.duration.hazard_regression import PHReg
    return lambda: PHReg(time_, X, status=event, ties="efron").fit()
for make in (lifelines, scikit_survival, statsmodels):
    try:
        work = make()
    except ImportError:
        continue
    begun = time.perf_counter()
    work()
    module = sys.modules[{"scikit_survival": "sksurv"}.get(make.__name__, make.__name__)]
    print(make.__name__, module.__version__, time.perf_counter() - begun, flush=True)
"""


class Data(NamedTuple):
    problem: ScanProblem
    source: BlockSource
    carried: np.ndarray[Any, Any]


STEPS = 3.2
"""Evaluations of a likelihood that a gene takes, on average over the genes made here."""
OPERATIONS = 58
"""Additions, products and the like for one row and one model beside three covariates: 26 for the
relative risk (exponential: 20) and its sum, 32 for the sums of columns and their products."""
PER_DEATH = 36
"""The same for one death: logarithm, quotient (counted as 8), means and their products."""
ALONE = 3 * 16 + 12
"""For one death of a model without covariates: three passes with a quotient, shares, logarithm."""
PER_CARRIER = 2 * 64
"""Bytes fetched for one carrier's score: it lies anywhere in two tables."""


@njit(nogil=True)
def _multiply_add(values: np.ndarray[Any, Any], rounds: int) -> None:
    a, b, c, d = load(values, 0), load(values, 1), load(values, 2), load(values, 3)
    e, f = load(values, 4), load(values, 5)
    for _ in range(rounds):
        c, d = fused(a, b, c), fused(a, b, d)
        e, f = fused(a, b, e), fused(a, b, f)
    store(values, 2, c)
    store(values, 3, d)
    store(values, 4, e)
    store(values, 5, f)


def rates() -> tuple[float, float]:
    """Multiply-adds and bytes (read or written) per second, of one core."""
    values, rounds = np.full((6, LANES), 1e-3), 1_000_000
    _multiply_add(values, 1)
    added = min(timed(partial(_multiply_add, values, rounds)) for _ in range(10))
    there, here = np.ones(1 << 24), np.ones(1 << 24)
    copied = min(timed(partial(np.copyto, here, there)) for _ in range(5))
    return 4 * LANES * rounds / added, 2 * there.nbytes / copied


def make(n: int, genes: int, seed: int = 1, low: float = 0.01, high: float = 0.3) -> Data:
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(n, 3))
    t = rng.exponential(1000.0, n) * np.exp(-0.2 * covariates[:, 0])
    surv = Surv(t, (rng.random(n) < 0.6).astype(int))
    share = np.exp(rng.uniform(np.log(low), np.log(high), genes))
    columns = [
        np.unique(rng.integers(0, n, int(share[j] * n) + 3)).astype(np.int32) for j in range(genes)
    ]
    block = FeatureBlock.of_carriers(
        [f"G{j}" for j in range(genes)], [len(c) for c in columns], np.concatenate(columns)
    )
    design = Design.from_arrays(covariates, ["a", "b", "c"])
    problem = ScanProblem("os", surv, np.arange(n), design)
    carried = np.zeros((n, genes if n <= 10_000 else 0))
    if n <= 10_000:
        for j, rows in enumerate(columns):
            carried[rows, j] = 1.0
    return Data(problem, BlockSource(tuple(map(str, range(n))), block), carried)


def estimates(data: Data, *, adjusted: bool) -> None:
    """Sort, fit the null, and estimate every gene: hazard ratio, error, likelihood ratio."""
    problem = data.problem
    if not adjusted:
        problem = ScanProblem("os", problem.surv, problem.rows)
    null = Outcome(problem, problem.surv.n).null(data.source.patterns[0])
    columns = Columns.of(data.source.whole, np.arange(len(data.source.names)), null)
    start, rows, values = columns.part(0, columns.size)
    if adjusted:
        fits = null.fits

        def some(begin: int, end: int) -> None:
            own = (start[begin : end + 1], rows, values)
            scan_fits(fits, scan_scores(null.sparse, *own), *own)

    else:
        terms = null.totals

        def some(begin: int, end: int) -> None:
            two_group_fits(null.sets, terms, start[begin : end + 1], rows)

    spread(some, columns.size, 8)


def whole(data: Data, options: ScanOptions, cores: int | None = None) -> None:
    """Do everything a scan does: all p-values, too."""
    problem = ScanProblem(
        "os", data.problem.surv, data.problem.rows, data.problem.covariates, None, options
    )
    scan([problem], data.source, backend=Threads(cores), memory_mb=1000.0)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Rscript:
    """R, asked one thing at a time."""

    def __init__(self, folder: Path) -> None:
        command = ["Rscript", str(HERE / "scan_speed.R"), str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.version = self._line()

    def _line(self) -> str:
        return self.process.stdout.readline().strip() if self.process.stdout else ""

    def seconds(self, what: str, n: int) -> float:
        print(what, n, file=self.process.stdin, flush=True)
        return float(self._line())


def compare(repeats: int, folder: Path, say: Callable[[str], None]) -> None:
    r = Rscript(folder) if shutil.which("Rscript") else None
    say(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, numpy "
        f"{np.__version__}, numba {numba.__version__}, {r.version if r else 'no R'}"
    )
    speed, _ = rates()
    say(f"{speed / 1e9:.1f} thousand million multiply-adds a second and core; least: for two cores")
    say("| work | embogen, ms | R, ms | ratio | least, ms |\n|---|---|---|---|---|")
    for n, adjusted, peers in (
        (1_000, True, ("coxph", "coxph.fit")),
        (10_000, True, ("coxph", "coxph.fit")),
        (10_000, False, ("coxph.fit-alone", "survdiff")),
    ):
        data = make(n, GENES)
        table = np.column_stack(
            [
                data.problem.surv.time,
                data.problem.surv.event,
                data.problem.covariates.matrix,  # type: ignore[union-attr] # made above
                data.carried,
            ]
        )
        table.T.astype(float).tofile(folder / f"scan_{n}.bin")
        estimates(data, adjusted=adjusted)
        ours, theirs = [], {peer: [] for peer in peers}
        for round_ in range(repeats):
            ours.append(timed(partial(estimates, data, adjusted=adjusted)))
            for peer in peers if r is not None and round_ < 3 else ():
                theirs[peer].append(r.seconds(peer, n))
        own = statistics.median(ours)
        deaths = int(data.problem.surv.event.sum())
        work = STEPS * (n * OPERATIONS + deaths * PER_DEATH) if adjusted else deaths * ALONE
        least = GENES * work / speed / 2
        what = f"n = {n:,}, G = {GENES}, " + ("3 covariates" if adjusted else "univariable")
        for peer in peers:
            other = statistics.median(theirs[peer]) if theirs[peer] else float("nan")
            say(
                f"| {what}, full estimates | {own * 1e3:.1f} | {other * 1e3:.0f} (`{peer}`) | "
                f"{other / own:.0f} | {least * 1e3:.1f} |"
            )
        if adjusted:
            options = ScanOptions()
            whole(data, options)
            took = statistics.median(timed(partial(whole, data, options)) for _ in range(3))
            say(f"| {what}, all that a scan reports | {took * 1e3:.0f} | | | |")


def growth(say: Callable[[str], None]) -> None:
    say("\n| growth | factor |\n|---|---|")
    sizes = ((10_000, 500), (20_000, 500), (40_000, 500), (80_000, 500), (20_000, 1_000))
    made = [make(*size) for size in sizes]
    took = dict.fromkeys(sizes, float("inf"))
    for _ in range(12):  # in turn: a busy minute then strikes all of them
        for size, data in zip(sizes, made, strict=True):
            took[size] = min(took[size], timed(partial(estimates, data, adjusted=True)))
    for size, base in zip(sizes[1:], (*sizes[:3], sizes[1]), strict=True):
        say(
            f"| n = {size[0]:,}, G = {size[1]:,}: {took[size] * 1e3:.0f} ms, after "
            f"n = {base[0]:,}, G = {base[1]:,}: {took[base] * 1e3:.0f} ms | "
            f"{took[size] / took[base]:.2f} |"
        )


def large(say: Callable[[str], None]) -> None:
    """Scores alone: 500,000 patients, 20,000 genes carried by 1%, block by block."""
    n, blocks, genes = 500_000, 20, 1_000
    data = make(n, genes, low=0.01, high=0.01)
    problem = ScanProblem(
        "os",
        data.problem.surv,
        data.problem.rows,
        data.problem.covariates,
        None,
        ScanOptions(estimates_below=0.0),
    )
    runner = BlockRunner(Outcome(problem, n), data.source.patterns)
    first = timed(lambda: runner.run(data.source.whole))
    rest = [timed(lambda: runner.run(data.source.whole)) for _ in range(3)]
    took = first + (blocks - 1) * statistics.median(rest)
    least = 0.01 * n * blocks * genes * PER_CARRIER / rates()[1] / 2
    say(
        f"\nscores and p-values, n = 500,000, 20,000 genes of 1% carriers: {took:.0f} s (20 blocks "
        f"of 1,000 genes, four of them timed: the first, with the null model, {first:.1f} s, the "
        f"others {statistics.median(rest):.2f} s); least, by bytes fetched: {least:.1f} s"
    )


def clusters(say: Callable[[str], None]) -> None:
    """Two threads beside two worker processes that are running already."""
    data = make(20_000, 2_000)
    run = partial(scan, [data.problem], data.source, memory_mb=20.0)
    with connected(workers=2, address=None) as workers:
        for backend in (Threads(2), workers):
            run(backend=backend)
        threads, processes = (
            min(timed(partial(run, backend=backend)) for _ in range(3))
            for backend in (Threads(2), workers)
        )
    say(
        f"\nn = 20,000, G = 2,000, all that a scan reports: two threads {threads:.2f} s, two dask "
        f"workers {processes:.2f} s, {processes / threads:.2f} times as long"
    )


def python_peers(interpreter: str, folder: Path, say: Callable[[str], None]) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1_000_000, 10))
    t = np.ceil(rng.exponential(1000.0, len(x)))
    event = (rng.random(len(x)) < 0.6).astype(float)
    np.column_stack([t, event, x]).tofile(folder / "million.bin")
    surv, design = Surv(t, event.astype(int)), Design.from_arrays(x, [f"x{j}" for j in range(10)])
    rows = dict.fromkeys(("strata", "weights", "offset"))

    def alone() -> object:
        return prepare(surv, design, "efron", rows)[0].supremum()

    alone()
    own = min(timed(alone) for _ in range(3))
    tests = min(timed(lambda: fit_cox(surv, design)) for _ in range(2))
    say("\n| one fit, n = 1,000,000, p = 10 | s | ratio |\n|---|---|---|")
    say(f"| embogen: sorted and fitted, with errors | {own:.2f} | |")
    say(f"| `fit_cox`: each term with likelihood-ratio and score tests besides | {tests:.1f} | |")
    command = [interpreter, "-c", PEERS, str(folder / "million.bin")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        name, version, seconds = line.split()
        say(f"| {name} {version} | {float(seconds):.1f} | {float(seconds) / own:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peers")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare(options.repeats, folder, say)
        growth(say)
        clusters(say)
        if options.large:
            large(say)
        if options.peers:
            python_peers(options.peers, folder, say)
    if options.out is not None:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
