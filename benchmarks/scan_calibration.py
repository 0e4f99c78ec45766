"""How often a scan's p-values fall below a level on a real outcome with random carriers.

    python benchmarks/scan_calibration.py STUDY [--endpoint NAME] [--sets 1000000] [--seed 1]

STUDY is a study file with a [[scan]]: its first scan's outcome, covariates, strata and rules are
taken, its genes are not. Prints a table; a million carrier sets of each size tell a level of 1e-5
to about 30%.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from embogen.scan.calibration import LEVELS, calibrate
from embogen.study.parse import read_study
from embogen.study.scanning import prepare_scans

CARRIERS = (3, 5, 10, 19, 20, 50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--endpoint")
    parser.add_argument("--sets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    task = prepare_scans(read_study(options.study))[0].task
    problem = next(item for item in task.problems if options.endpoint in {None, item.name})
    events = int((problem.surv.event == 1).sum())
    print(f"{problem.name}: {problem.surv.n} patients, {events} events, {options.sets:,} sets\n")
    print("| carriers | p-value | " + " | ".join(f"{level:g}" for level in LEVELS) + " |")
    print("|---" * (len(LEVELS) + 2) + "|")
    rng = np.random.default_rng(options.seed)
    for k in CARRIERS:
        table = calibrate(problem, [k], sets=options.sets, rng=rng)
        method = table["p_method"][0]
        for name, column in ((method, "observed"), ("score test", "score")):
            shares = " | ".join(f"{share:.2g}" for share in table[column])
            print(f"| {k} | {name} | {shares} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
