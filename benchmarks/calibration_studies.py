"""Simulated studies of the calibration: outcomes of 35 patients, and who carries the gene.

One outcome serves many carrier sets. Without an effect carriers are exchangeable, so any set is
as likely as any other. With an effect they are drawn along the outcome's own order of exits:
whoever leaves is a carrier with the chance the hazard ratio gives among those still at risk, a
censored patient with equal chances. That is Cox's model with the pattern of events and
censorings fixed beforehand (progressive censoring), and so what the permutation distribution,
which depends on the pattern alone, is referred to serves all of them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit

from embogen.survival.permutation import draw_sets, pools_of
from embogen.survival.risk_sets import RiskSets, build
from embogen.survival.subsets import members_of_sets, n_sets, sequence

N = 35
CARRIERS = (3, 6, 9, 17)
MOST_COUNTED = 2_000_000
DRAWN = 100_000


class Setting(NamedTuple):
    """Mean censoring time over mean event time, days between visits, late entry of a third."""

    name: str
    censoring: float
    visits: float = 1.0
    late: bool = False


MANY = Setting("33 events", 14.0)
FEW = Setting("20 events", 1.4)
VISITS = Setting("31 events, scans every 60 days", 7.0, visits=60.0)
LATE = Setting("31 events, a third enter late", 7.0, late=True)
SETTINGS = (MANY, FEW, VISITS, LATE)


class Outcome(NamedTuple):
    """Times in days, rounded up to visits; rows in the order of exits before rounding."""

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None

    def risk_sets(self) -> RiskSets:
        return build(self.time, self.event, entry=self.entry)


def simulate(
    rng: np.random.Generator, setting: Setting, log_hazard: np.ndarray
) -> tuple[Outcome, np.ndarray]:
    """Draw exponential times; give the outcome and which patient each of its rows is.

    Late entrants are those still at risk at their entry, as in a registry.
    """
    n = len(log_hazard)
    time, event, entry = np.empty(n), np.empty(n, dtype=bool), np.zeros(n)
    todo = np.arange(n)
    while len(todo):
        hit = rng.exponential(200.0 * np.exp(-log_hazard[todo]))
        censored = rng.exponential(200.0 * setting.censoring, len(todo))
        time[todo], event[todo] = np.minimum(hit, censored), hit <= censored
        if setting.late:
            late = rng.random(len(todo)) < 1 / 3
            entry[todo] = np.where(late, np.floor(rng.uniform(0, 180, len(todo))), 0.0)
        todo = todo[time[todo] <= entry[todo]]
    order = np.argsort(time)
    time = np.ceil(time / setting.visits) * setting.visits
    found = Outcome(time[order], event[order], entry[order] if setting.late else None)
    return found, order


def uniform_sets(rng: np.random.Generator, k: int, count: int) -> np.ndarray:
    """Draw sets of k of the 35 rows, each as likely as any other."""
    pools = pools_of([(np.arange(N, dtype=np.int64), k)])
    return np.sort(draw_sets(pools, rng.random((count, k))), axis=1)


def all_or_drawn(rng: np.random.Generator, k: int, drawn: int = DRAWN) -> tuple[np.ndarray, bool]:
    """Give all carrier sets where they are few enough to list, else a draw; say whether drawn."""
    if n_sets([(N, k)]) <= (MOST_COUNTED if drawn == DRAWN else drawn):
        return all_sets(k), False
    return uniform_sets(rng, k, drawn), True


@cache
def all_sets(k: int) -> np.ndarray:
    """List every set of k of the 35 rows."""
    return members_of_sets(sequence([(np.arange(N, dtype=np.int64), k)])).astype(np.int64)


def affected_sets(
    rng: np.random.Generator, outcome: Outcome, sets: RiskSets, k: int, setting: tuple[float, int]
) -> np.ndarray:
    """Draw carrier sets under a hazard ratio, as rows in walking order; nobody enters late."""
    hazard_ratio, count = setting
    exits = _exits(outcome.event, k, hazard_ratio, rng.random((count, len(outcome.event))))
    return np.sort(np.argsort(sets.order)[exits], axis=1)


@njit(cache=True)
def _exits(event: np.ndarray, k: int, hazard_ratio: float, uniforms: np.ndarray) -> np.ndarray:
    count, n = uniforms.shape
    chosen = np.empty((count, k), dtype=np.int64)
    for b in range(count):
        carriers, others = k, n - k
        for row in range(n):
            odds = carriers * (hazard_ratio if event[row] else 1.0)
            if uniforms[b, row] * (odds + others) < odds:
                chosen[b, k - carriers] = row
                carriers -= 1
            else:
                others -= 1
    return chosen
