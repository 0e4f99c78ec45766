"""Max-T over a panel against plain loops: every relabelling of six or seven patients."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from embogen.inference.max_t import _exceedances
from embogen.inference.max_t_panel import CHUNK, chunk_counts, combine, max_t_panel
from embogen.inference.max_t_panel_problem import PanelGenotypes, prepare_panel
from embogen.inference.monte_carlo import block_generator, new_seed
from embogen.survival.max_t_linear import LinearPanel, PoolCounts, linear_variances, pooled_squares
from embogen.survival.permutation import linear_variance
from oracles.textbook_shuffle import long_division

NAN = np.nan
ONE_POOL = [0] * 7
CASES = {
    "all tested": (
        [[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]],
        [0, 0, 0, 0, 0, 0],
    ),
    "not all tested": (
        [[1, 1, 0], [1, 0, NAN], [0, 1, 1], [0, NAN, 1], [0, NAN, 0], [NAN, 0, 0], [0, 0, NAN]],
        ONE_POOL,
    ),
    "two pools": (
        [[1, 1, 0], [0, 1, NAN], [0, 0, 1], [0, NAN, 0], [1, NAN, 0], [0, 1, 1], [0, 0, NAN]],
        ["a", "a", "a", "a", "b", "b", "b"],
    ),
    "a pool in which all tested carry": (
        [[1, 1], [1, 0], [NAN, 1], [1, 0], [0, 1], [0, NAN], [0, 0]],
        [1, 1, 1, 2, 2, 2, 2],
    ),
}


def scores(n: int) -> np.ndarray:
    return np.array([1.0, 0.8, -0.3, 0.55, -0.9, -1.7, 0.1])[:n]


def textbook_statistic(u: list[float], column: list[float], pools: list[object]) -> float:
    """Sum the scores over carriers, pool by pool less the mean among those tested."""
    total = 0.0
    for pool in set(pools):
        rows = [i for i in range(len(u)) if pools[i] == pool and not np.isnan(column[i])]
        if rows:
            mean = sum(u[i] for i in rows) / len(rows)
            total += sum(u[i] - mean for i in rows if column[i] == 1)
    return total


def relabellings(pools: list[object]) -> list[list[int]]:
    """Give every relabelling within pools, the one observed first."""
    names = sorted(set(pools), key=str)
    rows = [[i for i, pool in enumerate(pools) if pool == name] for name in names]
    found = []
    for chosen in product(*(permutations(item) for item in rows)):
        source = list(range(len(pools)))
        for mine, given in zip(rows, chosen, strict=True):
            for i, j in zip(mine, given, strict=True):
                source[i] = j
        found.append(source)
    assert found[0] == list(range(len(pools)))
    return found


def all_statistics(matrix: list[list[float]], pools: list[object]) -> np.ndarray:
    u = scores(len(matrix))
    columns = np.array(matrix, dtype=float).T
    return np.array(
        [
            [textbook_statistic(u[source].tolist(), c.tolist(), pools) for c in columns]
            for source in relabellings(pools)
        ]
    )


def standardised(matrix: list[list[float]], pools: list[object]) -> np.ndarray:
    everything = all_statistics(matrix, pools)
    return everything / np.sqrt((everything**2).mean(axis=0))


@pytest.mark.parametrize("case", CASES)
def test_mean_and_variance_are_those_of_all_relabellings(case: str) -> None:
    matrix, pools = CASES[case]
    everything = all_statistics(matrix, pools)
    np.testing.assert_allclose(everything.mean(axis=0), 0.0, atol=1e-12)
    codes = np.unique(np.array(pools, dtype=str), return_inverse=True)[1]
    spread = pooled_squares(scores(len(matrix)), codes, int(codes.max()) + 1)[1]
    columns = np.array(matrix, dtype=float)
    counts = [
        np.array([np.nansum(part[codes == s], axis=0) for s in range(codes.max() + 1)]).T
        for part in (columns, ~np.isnan(columns))
    ]
    variances = linear_variances(PoolCounts(*[item.astype(int) for item in counts]), spread)
    np.testing.assert_allclose(variances, (everything**2).mean(axis=0), atol=1e-12)


def test_the_variance_with_all_tested_is_the_one_there_was() -> None:
    u = np.random.default_rng(1).normal(size=9)
    codes, carriers = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1]), np.array([[1, 3]])
    spread = pooled_squares(u, codes, 2)[1]
    mine = linear_variances(PoolCounts(carriers, np.array([[4, 5]])), spread)
    pools = [(np.flatnonzero(codes == s), int(carriers[0, s])) for s in (0, 1)]
    assert mine[0] == pytest.approx(linear_variance(u, pools), rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_each_relabelling_has_the_textbook_statistic_of_each_gene(case: str) -> None:
    matrix, pools = CASES[case]
    names = [f"G{g}" for g in range(len(matrix[0]))]
    genes = PanelGenotypes.from_matrix(matrix, names)
    expected = standardised(matrix, pools)
    u = scores(len(matrix))
    for source, z in list(zip(relabellings(pools), expected, strict=True))[::7]:
        found = prepare_panel(u[source], genes, pools=pools).statistic
        np.testing.assert_allclose(found, z, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_counts_are_those_of_the_relabellings_drawn(case: str) -> None:
    matrix, pools = CASES[case]
    names = [f"G{g}" for g in range(len(matrix[0]))]
    genes = PanelGenotypes.from_matrix(matrix, names)
    u = scores(len(matrix))
    wanted = CHUNK + 101
    problem = prepare_panel(u, genes, pools=pools, n_permutations=wanted)
    order = problem.tested_genes[::-1]  # largest statistic first, as `_exceedances` has it
    observed = standardised(matrix, pools)[0]
    expected = np.zeros((2, len(order)), dtype=np.int64)
    alone = np.zeros(len(order), dtype=np.int64)
    seed = new_seed(np.random.default_rng(5))
    what = problem.panel.what
    for chunk, size in ((0, CHUNK), (1, 101)):
        raw = block_generator(seed, chunk).bit_generator
        words = raw.random_raw(size * len(what.limit)).reshape(size, -1).tolist()
        arranged = [problem.panel.score.tolist() for _ in range(32)]
        drawn = []
        for r in range(size):
            moved = long_division(what, words[r])
            arranged[r % 32] = [arranged[r % 32][place] for place in moved]
            drawn.append(arranged[r % 32])
        z = np.array([by_place(problem.panel, row) for row in drawn])[:, ::-1]
        expected += _exceedances(np.abs(z), np.abs(observed[order]) - 1e-9)
        alone += (np.abs(z) >= np.abs(observed[order]) - 1e-9).sum(axis=0)
    counts = sum(chunk_counts(problem, seed, chunk) for chunk in (1, 0))
    np.testing.assert_array_equal(np.asarray(counts)[:2, ::-1], expected)
    np.testing.assert_array_equal(np.asarray(counts)[2, ::-1], alone)


def by_place(panel: LinearPanel, values: list[float]) -> list[float]:
    """Add the panel's lists up with plain loops."""
    blocks = [
        sum(values[p] for p in panel.block_place[a:b])
        for a, b in zip(panel.block_start[:-1], panel.block_start[1:], strict=True)
    ]
    found = []
    for g in range(len(panel.scale)):
        total = sum(values[p] for p in panel.carrier[panel.start[g] : panel.start[g + 1]])
        for j in range(panel.shift_start[g], panel.shift_start[g + 1]):
            total += panel.shift_share[j] * blocks[panel.shift_block[j]]
        found.append(total * panel.scale[g])
    return found


@pytest.mark.parametrize(
    ("pools", "printed"),
    [
        (ONE_POOL, [0.855349462406, -0.78826323006, -0.318659603641]),
        ([1, 1, 1, 1, 2, 2, 2], [0.759625294873, -1.49244028522, 0.624399383004]),
    ],
)
def test_statistics_are_those_of_coin(pools: list[object], printed: list[float]) -> None:
    # R 4.2.2, coin 1.4-2: statistic(independence_test(A + B + C ~ u, teststat = "maximum",
    # distribution = "asymptotic"), "standardized"), and the same with "~ u | pool"
    matrix = np.array([[1, 1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1, 0], [1, 0, 0, 0, 0, 1, 1]]).T
    genes = PanelGenotypes.from_matrix(matrix, ["A", "B", "C"])
    found = prepare_panel(scores(7), genes, pools=pools).statistic
    np.testing.assert_allclose(found, printed, rtol=1e-11)


def band(p: float, draws: int) -> float:
    """Four standard errors of a share of the draws, and the one draw counted besides."""
    return float(4 * (p * (1 - p) / draws) ** 0.5 + 1 / draws)


@pytest.mark.parametrize("case", CASES)
def test_p_values_tend_to_those_of_all_relabellings(case: str) -> None:
    matrix, pools = CASES[case]
    names = [f"G{g}" for g in range(len(matrix[0]))]
    z = np.abs(standardised(matrix, pools))
    order = np.argsort(-z[0], kind="stable")
    down = np.empty(len(names))
    for k, g in enumerate(order):
        down[g] = np.mean(z[:, order[k:]].max(axis=1) >= z[0, g] - 1e-9)
    down[order] = np.maximum.accumulate(down[order])
    single = [np.mean(z.max(axis=1) >= limit - 1e-9) for limit in z[0]]
    own = [np.mean(z[:, g] >= z[0, g] - 1e-9) for g in range(len(names))]
    draws = 200_000
    found = max_t_panel(
        scores(len(matrix)),
        PanelGenotypes.from_matrix(matrix, names),
        rng=np.random.default_rng(6),
        pools=pools,
        n_permutations=draws,
    )
    assert found.n_permutations == draws
    for g, gene in enumerate(found.genes):
        assert gene.p_value == pytest.approx(own[g], abs=band(own[g], draws))
        assert gene.p_single_step == pytest.approx(single[g], abs=band(single[g], draws))
        assert gene.p_step_down == pytest.approx(down[g], abs=band(down[g], draws))


def test_the_step_down_limits_are_monotone_as_the_p_values_are() -> None:
    genes = PanelGenotypes.from_matrix(CASES["all tested"][0], ["A", "B", "C"])
    problem = prepare_panel(scores(6), genes, n_permutations=10)
    counts = np.array([[9, 9, 9], [4, 5, 3], [4, 2, 1]])  # smallest |z| first: worked by hand
    found = combine(problem, new_seed(np.random.default_rng(1)), counts, 1)
    by_size = [found.genes[g] for g in problem.tested_genes]
    assert [gene.p_step_down for gene in by_size] == [6 / 11, 6 / 11, 4 / 11]
    assert [gene.p_value for gene in by_size] == [5 / 11, 3 / 11, 2 / 11]
    lows = [gene.step_down_interval.low for gene in by_size if gene.step_down_interval]
    assert lows[0] == lows[1] > lows[2]
