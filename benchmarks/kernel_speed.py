"""Times of the kernels beside R's, on the same data in the same run, with what physics allows.

    python benchmarks/kernel_speed.py [--repeats 7] [--only WORDS] [--out FILE]

Times are whole days with ties, Efron; sorting is included. Each work is done by embogen and by R in
turn, so that both meet the same moments of a busy machine; medians are shown, and the ratio of
medians. Without Rscript and its survival package only our own times are printed.

The last columns say what the work must do at least, and how long that takes at rates measured at
the start of the run: bytes moved over the memory's rate, exponentials, random numbers and
multiply-adds (vectorised, from the nearest cache) over theirs, on one core.
"""

from __future__ import annotations

import argparse
import math
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

import embogen
from embogen.inference.concordance import concordance
from embogen.inference.cox_problem import TIE_FRACTIONS
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.exact import count_linear, count_studentised
from embogen.survival.km import product_limit
from embogen.survival.newton import Maximum, maximise
from embogen.survival.refits import refits
from embogen.survival.risk_sets import build
from embogen.survival.score_form import dense, score_form
from embogen.survival.supremum import laid_out

HERE = Path(__file__).resolve().parent
SIZES = ((35, 2, 1000), (1000, 5, 100), (100_000, 10, 1), (1_000_000, 10, 1))
LARGE = 50_000
WALKS = 5
"""Walks of a Newton iteration from zero that ends after four steps, as these do."""


@dataclass(frozen=True)
class Needs:
    """What a work must do: bytes to move, exponentials, random numbers, multiply-adds."""

    moved: float = 0.0
    exps: float = 0.0
    randoms: float = 0.0
    products: float = 0.0

    def seconds(self, rates: Needs) -> float:
        pairs = [(self.moved, rates.moved), (self.exps, rates.exps)]
        pairs += [(self.randoms, rates.randoms), (self.products, rates.products)]
        return sum(need / rate for need, rate in pairs)

    def __str__(self) -> str:
        units = ("B", "exp", "random", "fma")
        values = (self.moved, self.exps, self.randoms, self.products)
        found = [f"{v:.1e} {u}" for v, u in zip(values, units, strict=True) if v]
        return ", ".join(found).replace("e+0", "e").replace("e+", "e")


@dataclass(frozen=True)
class Work:
    """One line of the table."""

    name: str
    ours: Callable[[], Any]
    needs: Needs
    peer: str = ""
    loops: int = 1
    repeats: int | None = None


class Peer:
    """R, started once and asked line by line; answers None where it is not installed."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("Rscript")
        self._process: subprocess.Popen[str] | None = None
        self.versions = "no Rscript"
        if program is not None:
            self._process = subprocess.Popen(
                [program, str(HERE / "kernel_speed.R"), str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            self.versions = self._answer() or "R without survival"

    def _answer(self) -> str:
        return next(iter(self._process.stdout), "").strip() if self._process else ""  # type: ignore[arg-type] # a pipe

    def seconds(self, work: Work) -> float | None:
        if self._process is None or not work.peer or self._process.poll() is not None:
            return None
        print(work.peer, work.loops, file=self._process.stdin, flush=True)
        answer = self._answer()
        return None if answer in {"", "NA"} else float(answer)

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()


def cohort(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))  # noqa: N806 - the field's letter
    X[:, 0] = rng.random(n) < 0.3
    hit = rng.exponential(900.0 * np.exp(-0.4 * X[:, 0]))
    censored = rng.exponential(1800.0, n)
    return np.ceil(np.minimum(hit, censored)), hit <= censored, X


def seconds(work: Callable[[], Any], loops: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(loops):
        work()
    return time.perf_counter() - began


def timed(work: Callable[[], Any], repeats: int) -> float:
    work()
    return float(np.median([seconds(work) for _ in range(repeats)]))


def fit(time_: np.ndarray, event: np.ndarray, X: np.ndarray) -> Maximum:  # noqa: N803 - same
    """Sort, standardise and maximise: what `fit_cox` does between its checks and its report."""
    sets = build(time_, event)
    walked, _ = laid_out(X, sets.order)
    start = np.zeros(X.shape[1])
    best: Maximum = maximise(sets, walked, start, np.empty(0), TIE_FRACTIONS["efron"], True)
    return best


@numba.njit(fastmath=True)
def _products(a: np.ndarray, times: int) -> float:
    total = 0.0
    for k in range(times):
        for i in range(a.size):
            total += a[i] * (a[i] + k)
    return total


def measured_rates() -> Needs:
    """Measure what one core does in a second."""
    block, near = np.ones(20_000_000), np.ones(1024)
    copy = timed(block.copy, 5)
    exps = timed(lambda: np.exp(block), 5)
    rng = np.random.default_rng(1)
    randoms = timed(lambda: rng.random(1_000_000), 5)
    products = timed(lambda: _products(near, 10_000), 5)
    size = len(block)
    return Needs(2 * block.nbytes / copy, size / exps, 1e6 / randoms, 10_000 * 1024 / products)


def write(folder: Path, name: str, data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    np.column_stack(data).T.astype(float).tofile(folder / f"{name}.bin")


def cox(folder: Path) -> Iterator[Work]:
    """Fits with everything sorted anew: per walk X read once, one exponential a row."""
    for n, p, loops in SIZES:
        data = cohort(n, p, n)
        write(folder, f"coxph.fit_{n}", data)
        read = 8 * n * (p + 4) if n > LARGE else 0  # smaller ones stay in the cache
        products = WALKS * n * (p * (p + 1) / 2 + 3 * p)
        needs = Needs((WALKS + 2) * read * loops, WALKS * n * loops, 0, products * loops)
        yield Work(
            f"Cox, n = {n:,}, p = {p}" + (f", {loops} fits" if loops > 1 else ""),
            lambda data=data: fit(*data),
            needs,
            f"coxph.fit {n} {p}",
            loops,
            5 if n > LARGE else None,
        )
        if n < LARGE:
            count = loops // 10
            write(folder, f"coxph_{n}", data)
            surv = Surv(data[0], data[1])
            design = embogen.Design.from_arrays(data[2], [f"x{k}" for k in range(p)])
            yield Work(
                f"`fit_cox` with all it reports, n = {n:,}, {count} fits",
                lambda surv=surv, design=design: embogen.fit_cox(surv, design),
                Needs(0, WALKS * n * count, 0, products * count),
                f"coxph {n} {p}",
                count,
            )


def curves(folder: Path) -> Iterator[Work]:
    n = 1_000_000
    data = cohort(n, 1, 5)
    write(folder, f"survfit_{n}", data)
    yield Work(
        "Kaplan-Meier, n = 1,000,000",
        lambda: product_limit(data[0], data[1], None, None),
        Needs(9 * n),
        f"survfit {n} 1",
        1,
        5,
    )
    n = 100_000
    t, e, X = cohort(n, 1, 6)  # noqa: N806 - the field's letter
    score = X[:, 0] + np.random.default_rng(7).normal(size=n).round(2)
    write(folder, f"concordance_{n}", (t, e, score[:, None]))
    surv = Surv(t, e)
    deep = math.log2(len(np.unique(score)))
    yield Work(
        "concordance with its standard error, n = 100,000",
        lambda: concordance(surv, score),
        Needs(24 * n, 0, 0, 5 * n * deep),
        f"concordance {n} 1",
        1,
        5,
    )


def batches(folder: Path) -> Iterator[Work]:
    data = cohort(35, 2, 35)
    write(folder, "bootstrap_35", data)
    draws = np.random.default_rng(1).integers(0, 35, (1000, 35))

    def refit() -> object:
        sets = build(data[0], data[1])
        walked, _ = laid_out(data[2], sets.order)
        start = maximise(sets, walked, np.zeros(2), np.empty(0), 1.0, True).beta
        return refits(sets, walked, start, draws, 1.0)

    needs = Needs(0, WALKS * 35_000, 0, WALKS * 35_000 * 9)
    yield Work("1,000 bootstrap refits, n = 35", refit, needs, "bootstrap 35 2")


def enumerations() -> Iterator[Work]:
    t, e, _ = cohort(35, 2, 35)
    sets = build(t, e)
    form = score_form(sets)
    pools = [(np.arange(35, dtype=np.int64), 9)]
    matrix = dense(sets, form)
    many, halves = math.comb(35, 9), math.comb(17, 4) + math.comb(18, 4)
    yield Work(
        "studentised score, all 70.6 million sets of 9 of 35",
        lambda: count_studentised(form.linear, matrix, pools, 2.0),
        Needs(0, 0, 0, 4 * many),
    )
    yield Work(
        "linear score, the same sets",
        lambda: count_linear(form.linear, pools, 2.0),
        Needs(0, 0, 0, 10 * halves * math.log2(halves)),
    )


def draws(folder: Path) -> Iterator[Work]:
    t, e, _ = cohort(1000, 1, 8)
    x = (np.arange(1000) % 4 == 0).astype(float)
    write(folder, "coin_1000", (t, e, x[:, None]))
    surv = Surv(t, e)
    options: dict[str, Any] = {
        "method": "monte_carlo", "max_draws": 10_000, "exceedances": 10_001,
    }  # fmt: skip
    each = {"score": 250, "studentised_score": 1000 + 4 * len(np.unique(t)), "likelihood_ratio": 0}
    for name, products in each.items():
        if name == "likelihood_ratio":
            products = 4 * 5 * int(e.sum())  # noqa: PLW2901 - Newton steps over the events
        yield Work(
            f"10,000 drawn permutations, {name}, n = 1,000, 250 carriers",
            lambda name=name: permutation_test(
                surv, x, statistic=name, rng=np.random.default_rng(1), **options
            ),
            Needs(0, 0, 63e4, 1e4 * products),
            "coin 1000 1",
        )


def memory_now(name: str) -> int:
    """Give the bytes of a line of this process' status: VmRSS now, VmHWM at the most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def memory() -> str:
    """Fit a million rows in this process and say how much memory that took at its peak."""
    if not Path("/proc/self/status").exists():
        return "not known on this system"
    fit(*cohort(5000, 10, 1))
    data = cohort(SIZES[-1][0], SIZES[-1][1], 1)
    given, before = sum(part.nbytes for part in data), memory_now("VmRSS")
    fit(*data)
    return f"{(given + memory_now('VmHWM') - before) / given:.2f}"


def measure(works: list[Work], peer: Peer, repeats: int) -> Iterator[tuple[Work, float, Any]]:
    for work in works:
        work.ours()
        own, other = [], []
        peer.seconds(work)
        for _ in range(work.repeats or repeats):
            own.append(seconds(work.ours, work.loops))
            other.append(peer.seconds(work))
        theirs = None if None in other else float(np.median(other))
        yield work, float(np.median(own)), theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="works whose name holds these words")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(memory())
        return
    rates = measured_rates()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        works = [*cox(folder), *curves(folder), *batches(folder), *enumerations(), *draws(folder)]
        peer = Peer(folder)
        machine = (
            f"{platform.system()} {platform.machine()}, {numba.config.NUMBA_NUM_THREADS} cores, "
            f"Python {platform.python_version()}, numpy {np.__version__}, "
            f"numba {numba.__version__}, embogen {embogen.__version__}; {peer.versions}"
        )
        lines = [
            machine,
            f"one core, each second: {rates}",
            "",
            "| work | embogen, ms | R, ms | ratio | must do | least, ms |",
            "|---|---|---|---|---|---|",
        ]
        print("\n".join(lines), flush=True)
        wanted = [work for work in works if options.only in work.name]
        for work, own, theirs in measure(wanted, peer, options.repeats):
            shown = "- | -"
            if theirs is not None:
                shown = f"{1e3 * theirs:.3g} (`{work.peer.split()[0]}`) | {theirs / own:.1f}"
            least = 1e3 * work.needs.seconds(rates)
            lines.append(
                f"| {work.name} | {1e3 * own:.3g} | {shown} | {work.needs} | {least:.2g} |"
            )
            print(lines[-1], flush=True)
        peer.close()
    own_process = [sys.executable, __file__, "--memory"]
    ran = subprocess.run(own_process, capture_output=True, text=True, check=True)
    lines += ["", f"peak memory of the fit of a million rows, over its input: {ran.stdout.strip()}"]
    print("\n".join(lines[-2:]))
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
