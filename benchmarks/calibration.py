"""How often every printed p-value rejects when nothing is there, and how often intervals hold.

    python benchmarks/calibration.py [--scale 1.0] [--seed 1] [--part NAME] [--out FILE]

35 patients with 3, 6, 9 or 17 carriers, about 20 and 33 events. Seeded: every row has a stream of
its own, so one part alone gives the same figures. Bands are two Monte Carlo standard errors.

The null table uses that carriers are exchangeable: for one simulated outcome many carrier sets
are drawn, each a replicate, and the permutation distribution all of them are referred to is that
of the outcome. Standard errors are taken over outcomes, which are independent.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from calibration_other import OTHERS
from numba import njit
from scipy.special import chdtrc, chdtri, ndtr

from embogen.survival.exact import TOLERANCE
from embogen.survival.firth import maximise_penalised, penalised_walk
from embogen.survival.newton import CONVERGED
from embogen.survival.permutation import draw_sets, pools_of, studentised_of_sets
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.scan_two_group import two_group_fits
from embogen.survival.score_form import LOGRANK, score_form
from embogen.survival.subsets import members_of_sets, n_sets, sequence
from embogen.survival.two_group import (
    carriers_at_risk,
    likelihood_ratios,
    log_ratio,
    maximum,
    totals,
)

N = 35
CARRIERS = (3, 6, 9, 17)
LEVELS = (0.05, 0.01, 0.001)
MOST_COUNTED = 2_000_000
DRAWN = 100_000
FLOOR = 1e-300

Arrays = np.ndarray


class Setting(NamedTuple):
    """How outcomes arise: mean censoring time over mean event time, days between visits, entry."""

    name: str
    censoring: float
    visits: float = 0.0
    late: bool = False


SETTINGS = (
    Setting("about 33 events", 14.0),
    Setting("about 20 events", 1.4),
    Setting("about 31 events, scans every 60 days", 7.0, visits=60.0),
    Setting("about 31 events, a third enter late", 7.0, late=True),
)


class Outcome(NamedTuple):
    time: Arrays
    event: Arrays
    entry: Arrays | None


def simulate(rng: np.random.Generator, setting: Setting, log_hazard: Arrays) -> Outcome:
    """Exponential times; late entrants are those still at risk at their entry, as in a registry."""
    n = len(log_hazard)
    time, event, entry = np.empty(n), np.empty(n, dtype=bool), np.zeros(n)
    todo = np.arange(n)
    while len(todo):
        hit = rng.exponential(200.0 * np.exp(-log_hazard[todo]))
        censored = rng.exponential(200.0 * setting.censoring, len(todo))
        time[todo], event[todo] = np.minimum(hit, censored), hit <= censored
        if setting.late:
            entry[todo] = np.where(rng.random(len(todo)) < 1 / 3, rng.uniform(0, 180, len(todo)), 0)
        todo = todo[time[todo] <= entry[todo]]
    if setting.visits:
        time = np.ceil(time / setting.visits) * setting.visits
    return Outcome(time, event, entry if setting.late else None)


def built(outcome: Outcome) -> RiskSets:
    return build(outcome.time, outcome.event, entry=outcome.entry)


@njit(cache=True)
def firth_fits(sets: RiskSets, chosen: Arrays, fraction: float) -> Arrays:
    """Penalised likelihood ratio at 1, coefficient and its standard error, for each carrier set."""
    n = sets.order.size
    out = np.full((len(chosen), 3), np.nan)
    X = np.zeros((n, 1))  # noqa: N806 - the field's letter
    held = np.zeros(1, dtype=np.bool_)
    empty = np.empty(0)
    for b in range(len(chosen)):
        X[:] = 0.0
        for i in chosen[b]:
            X[i, 0] = 1.0
        null, _, _ = penalised_walk(sets, X, np.zeros(1), empty, fraction)
        best = maximise_penalised(sets, X, np.zeros(1), held, empty, fraction)
        if best.flag == 0 and np.isfinite(best.loglik):
            out[b] = 2.0 * (best.loglik - null), best.beta[0], best.information[0, 0] ** -0.5
    return out


def uniform_sets(rng: np.random.Generator, k: int, count: int) -> Arrays:
    pools = pools_of([(np.arange(N, dtype=np.int64), k)])
    return np.sort(draw_sets(pools, rng.random((count, k))), axis=1)


def reference_sets(rng: np.random.Generator, k: int) -> Arrays:
    """All carrier sets where they are few enough to list, else a large draw."""
    pools = [(np.arange(N, dtype=np.int64), k)]
    if n_sets([(N, k)]) <= MOST_COUNTED:
        return members_of_sets(sequence(pools)).astype(np.int64)
    return uniform_sets(rng, k, DRAWN)


def upper_share(reference: Arrays, observed: Arrays) -> Arrays:
    """P-value of each observed statistic: the share of the reference at least as large."""
    ordered = np.sort(reference)
    slack = TOLERANCE * (1.0 + np.abs(observed))
    return (len(ordered) - np.searchsorted(ordered, observed - slack)) / len(ordered)


def doubled(reference: Arrays, observed: Arrays) -> Arrays:
    both = np.minimum(upper_share(reference, observed), upper_share(-reference, -observed))
    return np.minimum(1.0, 2.0 * both)


def laid(chosen: Arrays) -> tuple[Arrays, Arrays]:
    start = np.arange(len(chosen) + 1, dtype=np.int64) * chosen.shape[1]
    return start, np.ascontiguousarray(chosen.reshape(-1))


def p_values(sets: RiskSets, chosen: Arrays, reference: Arrays) -> dict[str, Arrays]:
    """Every p-value of a gene alone, for each of some carrier sets."""
    efron = score_form(sets, ties=1.0)
    logrank = score_form(sets, ties=LOGRANK)
    terms = totals(sets, 1.0)
    fits = two_group_fits(sets, terms, *laid(chosen))
    z = studentised_of_sets(sets, logrank, chosen)
    permuted = studentised_of_sets(sets, logrank, reference)
    ratio = likelihood_ratios(sets, terms, chosen)
    finite = fits[:, 3] == CONVERGED
    with np.errstate(invalid="ignore"):
        wald = 2.0 * ndtr(-np.abs(fits[:, 0] / fits[:, 1]))
    firth = firth_fits(sets, chosen, 1.0)
    lr = chdtrc(1, np.maximum(ratio, 0.0))
    return {
        "permuted studentised score (first)": upper_share(np.abs(permuted), np.abs(z)),
        "permuted studentised score, doubled tail": doubled(permuted, z),
        "Wald, or likelihood ratio where no estimate": np.where(finite, wald, lr),
        "likelihood ratio": lr,
        "score": chdtrc(1, studentised_of_sets(sets, efron, chosen) ** 2),
        "log-rank": chdtrc(1, z**2),
        "Firth, penalised likelihood ratio": chdtrc(1, np.maximum(firth[:, 0], 0.0)),
        "Firth, Wald": 2.0 * ndtr(-np.abs(firth[:, 1] / firth[:, 2])),
    }


def null_rows(seed: int, setting: Setting, k: int, outcomes: int) -> list[str]:
    """Rejection rates without an effect; each outcome serves many carrier sets."""
    rng = stream(seed, f"null {setting.name} {k}")
    shares: dict[str, list[Arrays]] = {}
    events = []
    for _ in range(outcomes):
        outcome = simulate(rng, setting, np.zeros(N))
        events.append(outcome.event.sum())
        sets = built(outcome)
        found = p_values(sets, uniform_sets(rng, k, 500), reference_sets(rng, k))
        for name, p in found.items():
            hit = [np.mean(p <= level * (1 + 1e-9)) for level in LEVELS]
            shares.setdefault(name, []).append(np.array(hit))
    lead = f"| {setting.name} ({np.mean(events):.0f}) | {k} "
    return [f"{lead}| {name} | {cells(np.array(rows))} |" for name, rows in shares.items()]


def cells(rows: Arrays) -> str:
    mean = rows.mean(axis=0)
    band = 2.0 * rows.std(axis=0, ddof=1) / len(rows) ** 0.5
    return " | ".join(f"{m:.5f} +- {b:.5f}" for m, b in zip(mean, band, strict=True))


def coverage_rows(
    seed: int, setting: Setting, k: int, hazard_ratio: float, replicates: int
) -> list[str]:
    """How often intervals hold the truth: their likelihood ratio there stays below their limit."""
    rng = stream(seed, f"coverage {setting.name} {k} {hazard_ratio:.3f}")
    true = float(np.log(hazard_ratio))
    limit = float(chdtri(1, 0.05))
    inside: dict[str, list[bool]] = {}
    for _ in range(replicates):
        chosen = uniform_sets(rng, k, 1)
        x = np.zeros(N)
        x[chosen[0]] = 1.0
        outcome = simulate(rng, setting, true * x)
        sets = built(outcome)
        rows = np.flatnonzero(x[sets.order]).astype(np.int64)
        terms = totals(sets, 1.0)
        column = x[sets.order]
        carrying, events = carriers_at_risk(sets, terms, column)
        top = log_ratio(terms, carrying, events, maximum(terms, carrying, events))
        ratio = 2.0 * (top - log_ratio(terms, carrying, events, true))
        permuted = np.sort(likelihood_ratios(sets, terms, uniform_sets(rng, k, 1999)))
        fit = two_group_fits(sets, terms, *laid(rows[None, :]))[0]
        wald = ratio <= limit
        if fit[3] == CONVERGED:
            wald = abs(fit[0] - true) <= limit**0.5 * fit[1]
        firth = penalised_ratio(sets, column, true)
        for name, holds in (
            ("Wald, or profile where no estimate", wald),
            ("profile likelihood", ratio <= limit),
            ("Firth, profile", firth <= limit),
            ("permutation-calibrated profile", ratio <= permuted[-100] + 1e-9),
        ):
            inside.setdefault(name, []).append(bool(holds))
    lead = f"| {setting.name} | {k} | {hazard_ratio:.3g} "
    return [
        f"{lead}| {name} | {cells(np.array(held, dtype=float)[:, None])} |"
        for name, held in inside.items()
    ]


def penalised_ratio(sets: RiskSets, column: Arrays, true: float) -> float:
    X = np.ascontiguousarray(column[:, None])  # noqa: N806 - the field's letter
    start, held = np.zeros(1), np.zeros(1, dtype=np.bool_)
    best = maximise_penalised(sets, X, start, held, np.empty(0), 1.0)
    there, _, _ = penalised_walk(sets, X, np.array([true]), np.empty(0), 1.0)
    return 2.0 * (best.loglik - there)


def power_rows(
    seed: int, setting: Setting, k: int, hazard_ratio: float, replicates: int
) -> list[str]:
    """How often permuted statistics find an effect: all are exact, so power tells them apart."""
    rng = stream(seed, f"power {setting.name} {k} {hazard_ratio:.3f}")
    found: dict[str, list[Arrays]] = {}
    for _ in range(replicates):
        chosen = uniform_sets(rng, k, 1)
        x = np.zeros(N)
        x[chosen[0]] = 1.0
        sets = built(simulate(rng, setting, np.log(hazard_ratio) * x))
        rows = np.flatnonzero(x[sets.order]).astype(np.int64)[None, :]
        reference = np.vstack([rows, uniform_sets(rng, k, 3999)])
        form = score_form(sets)
        z = studentised_of_sets(sets, form, reference)
        u = form.linear[reference].sum(axis=1)
        ratio = likelihood_ratios(sets, totals(sets, 1.0), reference)
        firth = np.nan_to_num(firth_fits(sets, reference[:500], 1.0)[:, 0])
        one = slice(0, 1)
        for name, p in (
            ("studentised score", upper_share(np.abs(z), np.abs(z[one]))),
            ("studentised score, doubled tail", doubled(z, z[one])),
            ("likelihood ratio", upper_share(ratio, ratio[one])),
            ("Firth's penalised likelihood ratio", upper_share(firth, firth[one])),
            ("absolute score", upper_share(np.abs(u), np.abs(u[one]))),
        ):
            found.setdefault(name, []).append(p[0] <= np.array(LEVELS[:2]) * (1 + 1e-9))
    lead = f"| {setting.name} | {k} | {hazard_ratio:.3g} "
    return [f"{lead}| {name} | {cells(np.array(rows, float))} |" for name, rows in found.items()]


def other_rows(seed: int, name: str, count: int) -> list[str]:
    """Rejection rates of one of the designs in `calibration_other`."""
    draw, _ = OTHERS[name]
    rng = stream(seed, f"other {name}")
    found: dict[str, list[Arrays]] = {}
    for _ in range(count):
        for test, p in draw(rng).items():
            found.setdefault(test, []).append(p <= np.array(LEVELS) * (1 + 1e-9))
    return [f"| {name} | {test} | {cells(np.array(rows, float))} |" for test, rows in found.items()]


def stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


COLUMNS = {
    "null": "outcomes (mean events) | carriers | p-value | .05 | .01 | .001",
    "coverage": "outcomes | carriers | HR | interval | coverage",
    "power": "outcomes | carriers | HR | permuted statistic | .05 | .01",
    "other": "design | p-value | .05 | .01 | .001",
}
Job = tuple[str, Callable[..., list[str]], tuple[Any, ...]]


def jobs(scale: float, seed: int) -> Iterator[Job]:
    def at_least(number: float) -> int:
        return max(5, round(number * scale))

    for name, (_, count) in OTHERS.items():
        yield "other", other_rows, (seed, name, at_least(count))
    for setting in SETTINGS:
        for k in CARRIERS:
            count = {3: 1000, 6: 150, 9: 1000, 17: 1000}[k]
            yield "null", null_rows, (seed, setting, k, at_least(count))
    for setting in SETTINGS[:2]:
        for k in CARRIERS:
            for ratio in (1.0, 3.0, 7.0):
                yield "coverage", coverage_rows, (seed, setting, k, ratio, at_least(4000))
    for k in (3, 6, 9):
        for ratio in (3.0, 1 / 3):
            yield "power", power_rows, (seed, SETTINGS[0], k, ratio, at_least(1500))


def head(columns: str) -> str:
    return f"| {columns} |\n{'|---' * len(columns.split('|'))}|"


def call(job: Job) -> tuple[str, list[str]]:
    return job[0], job[1](*job[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of replicates")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=sorted(COLUMNS), default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    found: dict[str, list[str]] = {part: [] for part in COLUMNS}
    wanted = [job for job in jobs(options.scale, options.seed) if options.part in (None, job[0])]
    with ProcessPoolExecutor(2) as pool:
        for done, (part, rows) in enumerate(pool.map(call, wanted)):
            found[part] += rows
            print(f"{done + 1} of {len(wanted)}: {rows[0]}", file=sys.stderr, flush=True)
    text = "\n\n".join(
        f"## {part}\n\n{head(COLUMNS[part])}\n" + "\n".join(rows)
        for part, rows in found.items()
        if rows
    )
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
