"""Reference distributions of the studentised score, shared by all features with as many carriers.

Under permutation the score of a rare feature has a distribution that depends on who was tested
and on the number of its carriers (in each stratum), on nothing else about the feature. So it is
enumerated or drawn once, and every feature of that many carriers is held against it. Draws come
from a generator seeded by what the distribution depends on: whichever worker needs it first draws
the same sets.

A p-value is ``(c + 1) / (B + 1)`` of the first sample, of growing size, in which c is large
enough; it is valid by itself, whatever B. Beyond the largest sample the saddlepoint goes on.
"""

from __future__ import annotations

import zlib
from itertools import combinations, islice
from typing import TYPE_CHECKING, Final

import numpy as np

from embogen.scan.rows import METHOD
from embogen.survival.permutation import draw_sets, pools_of
from embogen.survival.saddlepoint import strata_of, studentised_tail
from embogen.survival.scan_score import scan_scores
from embogen.survival.subsets import n_sets
from embogen.survival.threads import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from embogen.scan.null import Null

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ENUMERATED: Final = 200_000
"""So many carrier sets are all looked at; of more, some are drawn."""
FIRST: Final = 10_000
"""Sets of the first sample; each further one is `GROWTH` times as large."""
GROWTH: Final = 10
ENOUGH: Final = 100
"""Sets as extreme as the feature at which a sample tells its p-value to 10%."""
AT_ONCE: Final = 50_000
MOST_HELD: Final = 20_000_000
"""Statistics kept; the oldest samples give way, and would be drawn again just the same."""
SLACK: Final = 1e-9
"""Statistics that differ by so little are equal: they come of the same sets in another order."""


class Reference:
    """The distributions of one null; samples are kept.

    Parameters
    ----------
    null
        The patients, and their scores.
    """

    def __init__(self, null: Null) -> None:
        self.null = null
        self._samples: dict[tuple[tuple[int, ...], int], Floats] = {}
        self._held = 0

    def p_values(
        self, carriers: tuple[int, ...], ratios: Floats
    ) -> tuple[Floats, NDArray[np.int8]]:
        """Give two-sided p-values of studentised scores of features with as many carriers.

        Parameters
        ----------
        carriers
            Number of carriers in each stratum.
        ratios
            (G,) scores over their standard error.

        Returns
        -------
        p, method
            (G,), and whether ``enumerated``, ``drawn`` or had by ``saddlepoint``, as places in
            `embogen.scan.rows.METHOD`.
        """
        carriers = self._smaller(carriers)
        pools = self._pools(carriers)
        sets = n_sets([(len(rows), k) for rows, k in pools])
        method = np.full(len(ratios), METHOD.index("drawn"), np.int8)
        if sets <= ENUMERATED:
            sample = self._sample(carriers, 0)
            method[:] = METHOD.index("enumerated")
            return _at_least(sample, ratios) / len(sample), method
        p = np.empty(len(ratios))
        left, draws, most = np.arange(len(ratios)), FIRST, self.null.problem.options.draws
        while len(left):
            draws = min(draws, most)
            sample = self._sample(carriers, draws)
            extreme = _at_least(sample, ratios[left])
            p[left] = (extreme + 1) / (len(sample) + 1)
            if draws == most:
                left = left[extreme == 0]
                break
            left = left[extreme < ENOUGH]
            draws *= GROWTH
        for j in left:
            beyond = max(self._saddlepoint(pools, float(ratios[j])), 1.0 / float(sets))
            p[j] = min(beyond, p[j])
            method[j] = METHOD.index("saddlepoint")
        return p, method

    def _smaller(self, carriers: tuple[int, ...]) -> tuple[int, ...]:
        """Give the others where they are fewer: to exchange both turns the sign of the score."""
        if 2 * sum(carriers) <= self.null.n:
            return carriers
        sizes = np.bincount(self.null.pool, minlength=len(carriers))
        return tuple(int(n) - k for n, k in zip(sizes, carriers, strict=True))

    def _pools(self, carriers: tuple[int, ...]) -> list[tuple[Ints, int]]:
        pool = self.null.pool
        if len(carriers) == 1:
            return [(np.arange(len(pool)), carriers[0])]
        return [(np.flatnonzero(pool == s), k) for s, k in enumerate(carriers)]

    def _sample(self, carriers: tuple[int, ...], draws: int) -> Floats:
        """Give sorted sizes of the statistic: of all sets (0 draws) or of so many drawn ones."""
        key = (carriers, draws)
        if key not in self._samples:
            pools = self._pools(carriers)
            parts = _all_sets(pools) if draws == 0 else self._drawn(pools, carriers, draws)
            sample = np.sort(np.concatenate([self._ratios(rows) for rows in parts]))
            while self._samples and self._held + len(sample) > MOST_HELD:
                self._held -= len(self._samples.pop(next(iter(self._samples))))
            self._samples[key] = sample
            self._held += len(sample)
        return self._samples[key]

    def _drawn(
        self, pools: list[tuple[Ints, int]], carriers: tuple[int, ...], draws: int
    ) -> Iterator[Ints]:
        key = zlib.crc32(repr((self.null.n, carriers, draws)).encode())
        seeds = np.random.SeedSequence([self.null.problem.options.seed, key])
        rng = np.random.default_rng(seeds)
        laid = pools_of(pools)
        k = sum(carriers)
        for begin in range(0, draws, AT_ONCE):
            yield draw_sets(laid, rng.random((min(AT_ONCE, draws - begin), k)))

    def _ratios(self, chosen: Ints) -> Floats:
        """(B,) absolute studentised scores of (B, k) carrier sets."""
        rows = np.sort(chosen, axis=1)
        k = rows.shape[1]
        start = np.arange(0, rows.size + 1, k)
        flat = rows.ravel()
        nothing = np.empty(0)
        form = self.null.sparse

        def some(begin: int, end: int) -> Floats:
            scores: Floats = scan_scores(form, start[begin : end + 1], flat, nothing)
            return scores

        scores = np.concatenate(spread(some, len(rows), 5_000))
        return np.abs(studentise(scores))

    def _saddlepoint(self, pools: list[tuple[Ints, int]], ratio: float) -> float:
        form, strata = self.null.form, strata_of(pools)
        fixed = np.zeros(self.null.n)
        for rows, k in pools:
            if k == len(rows):
                fixed[rows] = 1.0
        turned = form._replace(linear=-form.linear)
        return sum(
            studentised_tail(self.null.sets, one, strata, fixed, abs(ratio))
            for one in (form, turned)
        )


def studentise(scores: Floats) -> Floats:
    """(G,) score over its standard error, 0 where there is no variance, of (G, 3) scores."""
    variance = scores[:, 1]
    real = variance > 0.0
    return np.where(real, scores[:, 0] / np.sqrt(np.where(real, variance, 1.0)), 0.0)


def _at_least(sample: Floats, ratios: Floats) -> Ints:
    """Count the statistics of a sorted sample that are at least as large as each."""
    sizes = np.abs(ratios) * (1.0 - SLACK)
    return np.asarray(len(sample) - np.searchsorted(sample, sizes, side="left"), dtype=np.int64)


def _all_sets(pools: list[tuple[Ints, int]]) -> Iterator[Ints]:
    """Go through all carrier sets, some at a time."""
    every = _product([(rows.tolist(), k) for rows, k in pools if k])
    while part := list(islice(every, AT_ONCE)):
        yield np.array(part, dtype=np.int64)


def _product(pools: list[tuple[list[int], int]]) -> Iterator[tuple[int, ...]]:
    if not pools:
        yield ()
        return
    rows, k = pools[0]
    for chosen in combinations(rows, k):
        for rest in _product(pools[1:]):
            yield (*chosen, *rest)
