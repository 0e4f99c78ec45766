"""The search as data: which covariates, in which order, under which printed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.evidence.constraints import Covariate, covariates_of, search_order, windows_of
from embogen.evidence.rank_fit import N_FIGURES
from embogen.evidence.walk import Task

if TYPE_CHECKING:
    from embogen.evidence.targets import Targets


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What a search must meet.

    Parameters
    ----------
    n
        Patients.
    covariates
        Every covariate, by name.
    order
        The order in which they are placed: those of the model but one, those outside it, and
        last the one that closes the model and must meet its rows too.
    model
        Covariates of the multivariable model, in the order they are placed.
    own
        Name to (1, 4, 3) windows of the univariable row.
    joint
        Name to (4, 3) windows of the row in the multivariable model.
    """

    n: int
    covariates: Mapping[str, Covariate]
    order: tuple[str, ...]
    model: tuple[str, ...]
    own: Mapping[str, NDArray[np.float64]]
    joint: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(cls, targets: Targets) -> Problem:
        """Take the problem from the printed figures."""
        covariates = covariates_of(targets)
        alone, model = search_order(targets, covariates)
        joint_first, closing = model[:-1], model[-1:]
        return cls(
            n=int(targets.cohort.n),
            covariates=covariates,
            order=(*joint_first, *alone, *closing),
            model=tuple(model),
            own={row.term: windows_of(row)[np.newaxis] for row in targets.univariable},
            joint={row.term: windows_of(row) for row in targets.multivariable},
        )

    @property
    def unprinted(self) -> frozenset[str]:
        """Covariates that nothing printed constrains at the time they are placed."""
        closes = self.model[-1] if self.model and self.joint else None
        return frozenset(name for name in self.order if name not in self.own and name != closes)

    def frees_events(self, name: str) -> bool:
        """Whether a covariate is placed together with the pattern of events: the first one is."""
        return name == self.order[0] and name in self.own


def task_for(
    problem: Problem,
    event: NDArray[np.bool_],
    placed: Mapping[str, NDArray[np.int64]],
    name: str,
) -> Task:
    """Say what one covariate must meet, given those placed before it.

    Parameters
    ----------
    problem
        The whole search.
    event
        (n,) events, in order of time.
    placed
        Name to (n,) level index of each covariate placed already.
    name
        The covariate to be placed.
    """
    covariate = problem.covariates[name]
    own = problem.own.get(name, np.empty((0, N_FIGURES, 3)))
    others = np.zeros(problem.n, dtype=np.int64)
    rows = np.empty((len(covariate.values), 0))
    printed = np.empty(0, dtype=np.int64)
    windows = np.empty((0, N_FIGURES, 3))
    if problem.joint and problem.model[-1] == name:
        scales = [problem.covariates[other].values for other in problem.model]
        rows = np.array(list(product(*scales)), dtype=np.float64)
        for other in problem.model[:-1]:
            others = others * len(problem.covariates[other].values) + placed[other]
        terms = [term for term in problem.model if term in problem.joint]
        printed = np.array([problem.model.index(term) for term in terms], dtype=np.int64)
        windows = np.stack([problem.joint[term] for term in terms])
    values = covariate.values.reshape(-1, 1).copy()
    return Task(event, problem.frees_events(name), values, own, others, rows, printed, windows)
