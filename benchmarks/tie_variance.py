"""Which variance studentises the permuted score where times are tied: size and power.

    python benchmarks/tie_variance.py [--replicates 2000] [--seed 1] [--study NAME]

35 patients, 6 carriers, about 31 events seen at visits. Seeded; bands are two Monte Carlo standard
errors. What is permuted otherwise, and everything else, is in benchmarks/calibration.py.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Callable

import numpy as np

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


def tied(hazard_ratio: float, k: int, days_apart: float) -> Draw:
    def draw(rng: np.random.Generator) -> dict[str, float]:
        x = carriers_among(rng, k)
        surv = outcome(rng, np.log(hazard_ratio) * x, days_apart=days_apart)
        return {
            name: permutation_test(surv, x, ties=name).p_value  # type: ignore[arg-type] # names below
            for name in ("logrank", "efron", "breslow")
        }

    return draw


STUDIES: dict[str, Draw] = {
    "ties every 60 days, size": tied(1.0, 6, 60.0),
    "ties every 60 days, HR 3": tied(3.0, 6, 60.0),
    "ties every 180 days, HR 3": tied(3.0, 6, 180.0),
    "ties every 180 days, HR 1/3": tied(1 / 3, 6, 180.0),
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
