"""Times of the kernels beside R's, on the same data in the same run, with what physics allows.

    python benchmarks/kernel_speed.py [--repeats 7] [--out FILE]

Whole-day times with ties, Efron; sorting is included. Ratios are of medians. Without Rscript and
the survival package only our own times are printed. The estimate beside each row is the bytes that
must move over the memory's measured rate, and the exponentials over their measured rate.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import embogen
from embogen.inference.concordance import concordance
from embogen.inference.cox_problem import TIE_FRACTIONS
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.exact import count_linear, count_studentised
from embogen.survival.km import product_limit
from embogen.survival.newton import maximise
from embogen.survival.refits import refits
from embogen.survival.risk_sets import build
from embogen.survival.score_form import dense, score_form
from embogen.survival.supremum import laid_out

HERE = Path(__file__).resolve().parent
SIZES = ((35, 2, 1000), (1000, 5, 100), (100_000, 10, 1), (1_000_000, 10, 1))


def cohort(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))  # noqa: N806 - the field's letter
    X[:, 0] = rng.random(n) < 0.3
    hit = rng.exponential(900.0 * np.exp(-0.4 * X[:, 0]))
    censored = rng.exponential(1800.0, n)
    return np.ceil(np.minimum(hit, censored)), hit <= censored, X


def timed(work: Callable[[], Any], repeats: int) -> float:
    work()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return float(np.median(found))


def fit(time_: np.ndarray, event: np.ndarray, X: np.ndarray) -> np.ndarray:  # noqa: N803 - same
    """Sort, standardise and maximise: what `fit_cox` does between its checks and its report."""
    sets = build(time_, event)
    walked, scale = laid_out(X, sets.order)
    start = np.zeros(X.shape[1])
    best = maximise(sets, walked, start, np.empty(0), TIE_FRACTIONS["efron"], True)
    return np.asarray(best.beta / scale)


def physics() -> tuple[float, float]:
    """Measure bytes per second of a copy, and exponentials per second."""
    block = np.ones(20_000_000)
    copy = timed(block.copy, 3)
    return 2 * block.nbytes / copy, len(block) / timed(lambda: np.exp(block), 3)


def rows(repeats: int, folder: Path) -> dict[str, tuple[float, float, str]]:
    """Give for each row our time, the physical least, and the name of R's row."""
    rate, exps = physics()
    found: dict[str, tuple[float, float, str]] = {}
    (folder / "sizes.txt").write_text("".join(f"{n} {p} {loops}\n" for n, p, loops in SIZES))
    for n, p, loops in SIZES:
        data = cohort(n, p, n)
        np.column_stack([data[0], data[1], data[2]]).T.astype(float).tofile(folder / f"cox_{n}.bin")
        few = 3 if n > 50_000 else repeats
        once = timed(lambda data=data, loops=loops: [fit(*data) for _ in range(loops)], few)
        least = 5 * loops * (8 * n * (p + 4) / rate + n / exps)
        found[f"Cox, n = {n}, p = {p}, {loops} fits"] = (once, least, f"coxph.fit {n}")
        if n <= 1000:
            surv, design = (
                Surv(data[0], data[1]),
                embogen.Design.from_arrays(data[2], [f"x{k}" for k in range(p)]),
            )
            count = max(1, loops // 10)
            whole = timed(
                lambda surv=surv, design=design, count=count: [
                    embogen.fit_cox(surv, design) for _ in range(count)
                ],
                few,
            )
            found[f"fit_cox with all it reports, n = {n}, {count} fits"] = (
                whole, least * count / loops, f"coxph {n}",
            )  # fmt: skip
    t, e, _ = cohort(1_000_000, 1, 5)
    np.array([t, e], float).tofile(folder / "km.bin")
    once = timed(lambda: product_limit(t, e, None, None), 3)
    found["Kaplan-Meier, n = 1,000,000"] = (once, 9 * len(t) / rate, "survfit 1000000")
    t, e, X = cohort(100_000, 1, 6)  # noqa: N806 - same
    score = X[:, 0] + np.random.default_rng(7).normal(size=len(t)).round(2)
    np.array([t, e, score], float).tofile(folder / "concordance.bin")
    surv = Surv(t, e)
    once = timed(lambda: concordance(surv, score), 3)
    found["concordance, n = 100,000"] = (once, 24 * len(t) / rate, "concordance 100000")
    return found | permutations(repeats, folder)


def permutations(repeats: int, folder: Path) -> dict[str, tuple[float, float, str]]:
    found: dict[str, tuple[float, float, str]] = {}
    t, e, X = cohort(35, 2, 35)  # noqa: N806 - the field's letter
    draws = np.random.default_rng(1).integers(0, 35, (1000, 35))

    def refit() -> np.ndarray:
        sets = build(t, e)
        walked, _ = laid_out(X, sets.order)
        start = maximise(sets, walked, np.zeros(2), np.empty(0), 1.0, True).beta
        return refits(sets, walked, start, draws, 1.0)[0]

    found["1,000 bootstrap refits, n = 35"] = (timed(refit, repeats), np.nan, "bootstrap 1000")
    sets = build(t, e)
    form = score_form(sets)
    pools = [(np.arange(35, dtype=np.int64), 9)]
    matrix = dense(sets, form)
    once = timed(lambda: count_studentised(form.linear, matrix, pools, 2.0), 3)
    found["studentised score, 70.6 million sets"] = (once, np.nan, "")
    once = timed(lambda: count_linear(form.linear, pools, 2.0), repeats)
    found["linear score, 70.6 million sets"] = (once, np.nan, "")
    t, e, _ = cohort(1000, 1, 8)
    x = (np.arange(1000) % 4 == 0).astype(float)
    np.array([t, e, x], float).tofile(folder / "permute.bin")
    surv = Surv(t, e)
    options: dict[str, Any] = {
        "method": "monte_carlo", "max_draws": 10_000, "exceedances": 10_001,
    }  # fmt: skip
    for name in ("score", "studentised_score"):
        once = timed(
            lambda name=name: permutation_test(
                surv, x, statistic=name, rng=np.random.default_rng(1), **options
            ),
            repeats,
        )
        found[f"10,000 permutations, {name}, n = 1,000, 250 carriers"] = (
            once, np.nan, "coin 10000",
        )  # fmt: skip
    return found


def of_r(folder: Path, repeats: int) -> dict[str, float]:
    program = shutil.which("Rscript")
    if program is None:
        return {}
    command = [program, str(HERE / "kernel_speed.R"), str(folder), str(repeats)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        print(said.stderr)
    lines = [line.rsplit(" ", 2) for line in said.stdout.splitlines() if line.strip()]
    return {name.strip(): float(seconds) for name, seconds, *_ in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = rows(options.repeats, folder)
        theirs = of_r(folder, options.repeats)
    lines = [
        f"{platform.machine()}, Python {platform.python_version()}, embogen {embogen.__version__}",
        "",
        "| work | embogen, ms | R, ms | ratio | least, ms |",
        "|---|---|---|---|---|",
    ]
    for work, (seconds, least, peer) in ours.items():
        r = theirs.get(peer)
        shown = f"{1e3 * r:.3g} ({peer.split(' ')[0]}) | {r / seconds:.1f}" if r else "- | -"
        limit = f"{1e3 * least:.2g}" if np.isfinite(least) else "-"
        lines.append(f"| {work} | {1e3 * seconds:.3g} | {shown} | {limit} |")
    print("\n".join(lines))
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
