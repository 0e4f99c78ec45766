"""Size and power of permutation tests at the design they are made for.

    python benchmarks/permutation_calibration.py [--replicates 2000] [--seed 1] [--study NAME]

35 patients, 6 carriers, about 31 events. Prints one table per question: which statistic, which
variance where times are tied, which way to adjust for a covariate. Seeded; bands are two Monte
Carlo standard errors.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

N = 35
LEVELS = (0.05, 0.01, 0.001)
Draw = Callable[[np.random.Generator], dict[str, float]]


def outcome(rng: np.random.Generator, log_hazard: np.ndarray, *, days_apart: float = 0.0) -> Surv:
    """Exponential times, about an eighth censored at random; rounded up to visits if asked."""
    time_to_event = rng.exponential(200.0 * np.exp(-log_hazard))
    censoring = rng.exponential(1400.0, len(log_hazard))
    observed = np.minimum(time_to_event, censoring)
    if days_apart:
        observed = np.ceil(observed / days_apart) * days_apart
    return Surv(observed, time_to_event <= censoring)


def carriers_among(rng: np.random.Generator, k: int) -> np.ndarray:
    column = np.zeros(N)
    column[rng.choice(N, k, replace=False)] = 1.0
    return column


def statistics(hazard_ratio: float, k: int) -> Draw:
    def draw(rng: np.random.Generator) -> dict[str, float]:
        x = carriers_among(rng, k)
        surv = outcome(rng, np.log(hazard_ratio) * x)
        found = {
            name: permutation_test(surv, x, statistic=name).p_value  # type: ignore[arg-type] # names below
            for name in ("studentised_score", "score", "doubled_tail")
        }
        drawn: dict[str, Any] = {"method": "monte_carlo", "rng": rng, "max_draws": 4000}
        ratio = permutation_test(surv, x, statistic="likelihood_ratio", exceedances=4000, **drawn)
        near = permutation_test(surv, x, method="saddlepoint")
        fit = fit_cox(surv, Design.from_arrays(x, ["gene"]))
        estimate = fit.estimates[0]
        return found | {
            "likelihood_ratio": ratio.p_value,
            "studentised, saddlepoint": near.p_value,
            "Wald, not permuted": estimate.hr.p_value if estimate.hr.p_value is not None else 1.0,
            "score, not permuted": estimate.score_p_value or 1.0,
            "likelihood ratio, not permuted": estimate.lr_p_value or 1.0,
        }

    return draw


def tied(hazard_ratio: float, k: int, days_apart: float) -> Draw:
    def draw(rng: np.random.Generator) -> dict[str, float]:
        x = carriers_among(rng, k)
        surv = outcome(rng, np.log(hazard_ratio) * x, days_apart=days_apart)
        return {
            name: permutation_test(surv, x, ties=name).p_value  # type: ignore[arg-type] # names below
            for name in ("logrank", "efron", "breslow")
        }

    return draw


def adjusted(hazard_ratio: float, slope: float, per_grade: float) -> Draw:
    """A gene more frequent in high grade, and a hazard that rises with grade."""

    def draw(rng: np.random.Generator) -> dict[str, float]:
        grade = rng.permutation(np.repeat([1.0, 2.0, 3.0], [13, 13, 9]))
        odds = np.exp(-2.0 + slope * (grade - 2.0))
        x = (rng.random(N) < odds / (1.0 + odds)).astype(float)
        surv = outcome(rng, np.log(hazard_ratio) * x + np.log(per_grade) * (grade - 2.0))
        if not 2 <= x.sum() <= 12:
            return {}
        design = Design.from_arrays(grade, ["grade"])
        options: dict[str, Any] = {"rng": rng, "max_enumerated": 20_000_000}
        model = fit_cox(surv, Design.from_arrays(np.column_stack([x, grade]), ["gene", "grade"]))
        tests = {
            "stratified, within strata": {"strata": grade},
            "adjusted score, within strata": {"covariates": design, "within": grade},
            "residual score, all patients": {"covariates": design},
            "unadjusted": {},
        }
        found = {
            name: permutation_test(surv, x, **extra, **options).p_value  # type: ignore[arg-type] # options
            for name, extra in tests.items()
        }
        estimate = model.estimates[0]
        wald = estimate.hr.p_value if estimate.hr.p_value is not None else 1.0
        return found | {
            "Wald, not permuted": wald,
            "score, not permuted": estimate.score_p_value or 1.0,
        }

    return draw


STUDIES: dict[str, Draw] = {
    "size, 6 carriers": statistics(1.0, 6),
    "power, 6 carriers, HR 3": statistics(3.0, 6),
    "power, 6 carriers, HR 1/3": statistics(1 / 3, 6),
    "ties every 60 days, size": tied(1.0, 6, 60.0),
    "ties every 60 days, HR 3": tied(3.0, 6, 60.0),
    "ties every 180 days, HR 3": tied(3.0, 6, 180.0),
    "ties every 180 days, HR 1/3": tied(1 / 3, 6, 180.0),
    "adjusted, size, gene independent of grade": adjusted(1.0, 0.0, 2.0),
    "adjusted, size, gene follows grade": adjusted(1.0, 1.5, 2.0),
    "adjusted, size, gene follows grade closely": adjusted(1.0, 3.0, 3.0),
    "adjusted, HR 3, gene independent of grade": adjusted(3.0, 0.0, 2.0),
    "adjusted, HR 3, gene follows grade": adjusted(3.0, 1.5, 2.0),
}


def run(name: str, draw: Draw, replicates: int, seed: int) -> None:
    # a stream of its own per study, so that one study alone gives the same figures
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    began = time.perf_counter()
    rows = [found for _ in range(replicates) if (found := draw(rng))]
    print(f"\n## {name} ({len(rows)} replicates, {time.perf_counter() - began:.0f} s)\n")
    print("| test | " + " | ".join(f"p <= {level:g}" for level in LEVELS) + " |")
    print("|---" * (len(LEVELS) + 1) + "|")
    for test in rows[0]:
        p = np.array([row[test] for row in rows])
        cells = []
        for level in LEVELS:
            share = float(np.mean(p <= level * (1 + 1e-12)))
            band = 2 * (share * (1 - share) / len(p)) ** 0.5
            cells.append(f"{share:.4f} +- {band:.4f}")
        print(f"| {test} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--study", default="", help="only studies whose name holds this")
    options = parser.parse_args()
    for name, draw in STUDIES.items():
        if options.study in name:
            run(name, draw, options.replicates, options.seed)


if __name__ == "__main__":
    sys.exit(main())
