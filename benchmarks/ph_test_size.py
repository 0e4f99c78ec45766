"""How often tests of proportional hazards reject where hazards are proportional, and where not.

Run: python benchmarks/ph_test_size.py [replicates]. One study has 35 patients, about 31 events, and
a model of a gene, with age and tumour grade or alone.
"""

from __future__ import annotations

import sys

import numpy as np

from embogen import Design, Surv, fit_cox
from embogen.errors import NotEstimable
from embogen.inference.ph_test import proportional_hazards

LEVELS = (0.05, 0.01)
N = 35


def study(
    rng: np.random.Generator, carriers: int, ratios: tuple[float, float], adjusted: bool
) -> tuple[Surv, Design]:
    """Draw a study; `ratios` are the gene's hazard ratio before and after day 100."""
    gene = np.zeros(N)
    gene[:carriers] = 1.0
    age, grade = rng.normal(60, 10, N), rng.integers(1, 4, N).astype(float)
    risk = np.exp(0.02 * (age - 60) + 0.4 * (grade - 2)) if adjusted else np.ones(N)
    before = risk * np.where(gene == 1, ratios[0], 1.0) / 200
    after = risk * np.where(gene == 1, ratios[1], 1.0) / 200
    drawn = rng.exponential(1.0, N)
    early = drawn < 100 * before
    time = np.ceil(np.where(early, drawn / before, 100 + (drawn - 100 * before) / after))
    censoring = np.ceil(rng.exponential(1400.0, N))
    columns = [gene, age, grade] if adjusted else [gene]
    names = ["gene", "age", "grade"][: len(columns)]
    design = Design.from_arrays(np.column_stack(columns), names)
    return Surv(np.minimum(time, censoring), time <= censoring), design


def measured(
    rng: np.random.Generator,
    carriers: int,
    ratios: tuple[float, float],
    adjusted: bool,
    replicates: int,
) -> str:
    """Reject or not, replicate by replicate; give the shares as text."""
    found: dict[str, list[float]] = {}
    for _ in range(replicates):
        surv, design = study(rng, carriers, ratios, adjusted)
        try:
            result = proportional_hazards(
                fit_cox(surv, design), surv, design, rng=rng, max_draws=999, exceedances=200
            )
        except NotEstimable:
            continue
        pairs = [(c.covariate, c.test, c.permutation) for c in result.covariates]
        if adjusted:
            pairs.append(("all", result.overall, result.overall_permutation))
        for name, chi_square, permuted in pairs:
            if chi_square is None or permuted is None:
                continue
            found.setdefault(f"{name} chi-square", []).append(chi_square.p_value)
            found.setdefault(f"{name} permuted", []).append(permuted.p_value)
    parts = []
    for name, values in found.items():
        shares = "/".join(f"{np.mean(np.array(values) <= level):.3f}" for level in LEVELS)
        parts.append(f"{name} {shares}")
    used = max((len(values) for values in found.values()), default=0)
    return f"{used} of {replicates} studies: {', '.join(parts)}"


def main() -> None:
    """Print one line per setting."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for carriers in (3, 6, 9, 17):
        for ratio in (1.0, 3.0, 7.0):
            rng = np.random.default_rng([7, carriers, int(ratio)])
            line = measured(rng, carriers, (ratio, ratio), False, replicates)
            print(f"alone, {carriers} carriers, HR {ratio:g}: {line}", flush=True)
    for carriers in (6, 17):
        rng = np.random.default_rng([8, carriers])
        line = measured(rng, carriers, (3.0, 3.0), True, replicates)
        print(f"adjusted, {carriers} carriers, HR 3: {line}", flush=True)
    for carriers in (6, 9, 17):
        rng = np.random.default_rng([9, carriers])
        line = measured(rng, carriers, (4.0, 0.25), False, replicates)
        print(f"power, {carriers} carriers, HR 4 then 1/4: {line}", flush=True)


if __name__ == "__main__":
    main()
