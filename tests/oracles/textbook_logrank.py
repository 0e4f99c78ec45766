"""Slow textbook code: log-rank and Cox scores of a 0/1 column by plain loops over times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np


@dataclass
class Outcome:
    """Times, events, entries and strata as plain lists."""

    time: list[float]
    event: list[int]
    entry: list[float]
    stratum: list[int]
    weight: list[float] = field(default_factory=list)

    def risk_sets(self) -> Iterator[tuple[list[int], list[int]]]:
        """Give who is at risk and who dies at each stratum's event times."""
        rows = range(len(self.time))
        for s in set(self.stratum):
            mine = [i for i in rows if self.stratum[i] == s]
            for t in {self.time[i] for i in mine if self.event[i]}:
                at_risk = [i for i in mine if self.entry[i] < t <= self.time[i]]
                yield at_risk, [i for i in at_risk if self.time[i] == t and self.event[i]]


def outcome(
    n: int,
    rng: np.random.Generator,
    *,
    ties: bool = False,
    delayed: bool = False,
    strata: int = 1,
    weighted: bool = False,
) -> Outcome:
    """Draw a small awkward outcome."""
    time = rng.integers(1, 5, n) if ties else rng.permutation(n) + 1
    entry = np.floor(time * rng.random(n)) if delayed else np.full(n, -1)
    return Outcome(
        [float(t) for t in time],
        [int(e) for e in rng.random(n) < 0.75],
        [float(t) for t in entry],
        [int(s) for s in rng.integers(0, strata, n)],
        [float(w) for w in (rng.integers(1, 4, n) if weighted else np.ones(n))],
    )


def logrank(data: Outcome, x: Sequence[int]) -> tuple[float, float]:
    """Observed less expected carriers' events, and the hypergeometric variance."""
    score = variance = 0.0
    for at_risk, dying in data.risk_sets():
        n, d = len(at_risk), len(dying)
        carriers = sum(x[i] for i in at_risk)
        score += sum(x[i] for i in dying) - d * carriers / n
        if n > 1:
            p = carriers / n
            variance += d * p * (1 - p) * (n - d) / (n - 1)
    return score, variance


def cox(data: Outcome, x: Sequence[float], *, efron: bool) -> tuple[float, float]:
    """Score and information of the Cox model at zero, weighted."""
    score = information = 0.0
    for at_risk, dying in data.risk_sets():
        weight = data.weight
        for step in range(len(dying)):
            f = step / len(dying) if efron else 0.0
            share = {i: weight[i] * (1 - f * (i in dying)) for i in at_risk}
            total = sum(share.values())
            mean = sum(share[i] * x[i] for i in at_risk) / total
            square = sum(share[i] * x[i] ** 2 for i in at_risk) / total
            jump = sum(weight[i] for i in dying) / len(dying)
            score += sum(weight[i] * x[i] for i in dying) / len(dying) - jump * mean
            information += jump * (square - mean**2)
    return score, information


def relabellings(x: Sequence[int], stratum: Sequence[int]) -> Iterator[list[int]]:
    """Give every carrier set with as many carriers in each stratum as `x` has."""
    choices = []
    for s in sorted(set(stratum)):
        rows = [i for i in range(len(x)) if stratum[i] == s]
        choices.append(list(combinations(rows, sum(x[i] for i in rows))))
    for chosen in product(*choices):
        carriers = set(sum(chosen, ()))
        yield [int(i in carriers) for i in range(len(x))]
