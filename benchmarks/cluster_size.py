"""How often the robust Wald test rejects a true hypothesis when it rests on few clusters.

Run: python benchmarks/cluster_size.py [replicates]. Patients of one centre share a risk (gamma,
variance 1/4); a quarter of all patients carry a gene, whose hazard ratio is 1, in whatever centre
they are. Beside the test against the normal distribution stands the one against Student's t with
one degree of freedom less than there are clusters, and the model's own test.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.special import ndtr, stdtr

from embogen import Design, Surv, fit_cox

LEVELS = (0.05, 0.01)


def measured(rng: np.random.Generator, n: int, clusters: int, replicates: int) -> str:
    """Reject or not, replicate by replicate; give the shares as text."""
    cluster = np.arange(n) % clusters
    found: dict[str, list[float]] = {"robust": [], "robust t": [], "model": []}
    for _ in range(replicates):
        gene = np.zeros(n)
        gene[rng.choice(n, n // 4, replace=False)] = 1.0
        risk = rng.gamma(4.0, 0.25, clusters)[cluster]
        time, end = np.ceil(rng.exponential(300.0 / risk)), np.ceil(rng.uniform(300, 1500, n))
        surv, design = Surv(np.minimum(time, end), time <= end), Design.from_arrays(gene, ["gene"])
        fit = fit_cox(surv, design, cluster=cluster)
        item = fit.estimates[0]
        if item.status != "ok" or not np.isfinite(item.z):
            continue
        found["robust"].append(2 * ndtr(-abs(item.z)))
        found["robust t"].append(2 * stdtr(clusters - 1, -abs(item.z)))
        found["model"].append(2 * ndtr(-abs(item.coef) / np.sqrt(fit.model_covariance[0, 0])))
    parts = []
    for name, values in found.items():
        shares = "/".join(f"{np.mean(np.array(values) <= level):.3f}" for level in LEVELS)
        parts.append(f"{name} {shares}")
    return ", ".join(parts)


def main() -> None:
    """Print one line per setting."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for n in (35, 200):
        for clusters in (3, 5, 8, 12, 20, 30):
            rng = np.random.default_rng([11, n, clusters])
            line = measured(rng, n, clusters, replicates)
            print(f"{n} patients, {clusters} clusters: {line}", flush=True)


if __name__ == "__main__":
    main()
