"""Max-T over a panel: the same to the last bit however it is worked off; bad input is named."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numba
import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference import max_t_panel as module
from embogen.inference.max_t import max_t_test
from embogen.inference.max_t_panel import (
    CHUNK,
    PanelMaxT,
    chunk_counts,
    combine,
    max_t_panel,
    n_chunks,
    rounds,
    settled,
)
from embogen.inference.max_t_panel_problem import PanelGenotypes, prepare_panel
from embogen.inference.monte_carlo import new_seed
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from embogen.survival.risk_sets import build
from embogen.survival.score_form import score_form

RNG = np.random.default_rng(71)
N = 40
SURV = Surv(RNG.exponential(300.0, N).round() + 1, RNG.random(N) < 0.8)
MATRIX = (RNG.random((N, 6)) < 0.2).astype(float)
MATRIX[RNG.random((N, 6)) < 0.1] = np.nan
NAMES = ["A", "B", "C", "D", "E", "F"]
GENES = PanelGenotypes.from_matrix(MATRIX, NAMES)
POOLS = np.arange(N) % 3


def log_rank_scores(strata: np.ndarray | None = None) -> np.ndarray:
    """Give the scores in the order of the patients."""
    sets = build(SURV.time, SURV.event == 1, strata=strata)
    scores = np.empty(N)
    scores[sets.order] = score_form(sets).linear
    return scores


SCORES = log_rank_scores()


def rng() -> np.random.Generator:
    return np.random.default_rng(9)


def family(draws: int = 5 * CHUNK + 17, stop_at: float | None = None) -> PanelMaxT:
    return max_t_panel(SCORES, GENES, rng=rng(), pools=POOLS, n_permutations=draws, stop_at=stop_at)


def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    first = family()
    for cores in (1, 2, 40):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", cores)
        assert family() == first


def test_chunks_add_up_in_any_order_and_in_other_processes() -> None:
    problem = prepare_panel(SCORES, GENES, pools=POOLS, n_permutations=5 * CHUNK + 17)
    seed = new_seed(rng())
    assert n_chunks(problem) == 6
    sent, its_seed = pickle.loads(pickle.dumps((problem, seed)))  # noqa: S301 - made here
    assert sent.digest() == problem.digest()
    total = np.zeros((3, len(problem.limits)), dtype=np.int64)
    for chunk in (5, 0, 3, 1, 4, 2):
        counts = chunk_counts(sent, its_seed, chunk)
        assert counts.dtype == np.int64
        total += counts
    assert combine(problem, seed, total, 6) == family()


@pytest.mark.parametrize("words_at_once", [1, 1000])
def test_how_many_words_are_made_at_once_does_not_matter(
    words_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = family()
    monkeypatch.setattr(module, "WORDS_AT_ONCE", words_at_once)
    assert family() == first


def test_a_fingerprint_tells_problems_apart() -> None:
    whole = prepare_panel(SCORES, GENES, pools=POOLS)
    others = [
        prepare_panel(SCORES, GENES),
        prepare_panel(SCORES[::-1], GENES, pools=POOLS),
        prepare_panel(SCORES, GENES, pools=POOLS, n_permutations=7),
    ]
    assert whole.digest() not in {other.digest() for other in others}


@pytest.mark.parametrize("draws", [1, 31, 33, CHUNK, CHUNK + 1])
def test_the_number_of_relabellings_is_the_one_asked_for(draws: int) -> None:
    found = family(draws)
    assert found.n_permutations == found.n_asked == draws
    assert min(gene.p_single_step or 1.0 for gene in found.genes) >= 1 / (draws + 1)


def test_one_gene_alone_has_the_p_value_of_its_score() -> None:
    column = (np.arange(N) % 6 == 0).astype(float)
    alone = permutation_test(SURV, column, statistic="score")
    assert alone.method == "enumerated"
    genes = PanelGenotypes.from_matrix(column[:, None], ["A"])
    found = max_t_panel(SCORES, genes, rng=rng(), n_permutations=50_000, level=0.9999)
    (gene,) = found.genes
    assert gene.statistic == pytest.approx(alone.observed / alone.score_variance**0.5, rel=1e-12)
    assert gene.p_value == gene.p_single_step == gene.p_step_down
    assert gene.p_interval is not None
    assert gene.p_interval.low < alone.p_value < gene.p_interval.high


def test_copies_of_a_gene_cost_nothing() -> None:
    copies = PanelGenotypes.from_matrix(np.repeat(MATRIX[:, :1], 20, axis=1), ["A"] * 20)
    once = PanelGenotypes.from_matrix(MATRIX[:, :1], ["A"])
    many = max_t_panel(SCORES, copies, rng=rng(), n_permutations=3000).genes
    (one,) = max_t_panel(SCORES, once, rng=rng(), n_permutations=3000).genes
    assert {gene.p_single_step for gene in many} == {gene.p_step_down for gene in many}
    assert many[0].p_step_down == one.p_value


def test_the_linear_and_the_studentised_family_tell_the_same_story() -> None:
    linear = max_t_panel(SCORES, GENES, rng=rng(), n_permutations=20_000)
    walked = max_t_test(SURV, MATRIX, NAMES, rng=rng(), n_permutations=20_000)
    mine = np.array([gene.p_step_down for gene in linear.genes], dtype=float)
    theirs = np.array([gene.p_step_down for gene in walked.genes], dtype=float)
    assert np.corrcoef(mine, theirs)[0, 1] > 0.9
    for gene, other in zip(linear.genes, walked.genes, strict=True):
        assert (gene.n_carriers, gene.n_tested) == (other.n_carriers, other.n_tested)
        assert gene.p_value is not None
        assert gene.p_step_down is not None
        assert gene.p_single_step is not None
        assert gene.p_value <= gene.p_step_down <= gene.p_single_step


def test_assays_and_single_results_missing_are_the_same_to_the_statistic() -> None:
    matrix = np.where(np.isnan(MATRIX), 0.0, MATRIX)
    old = np.arange(N) % 4 == 0
    matrix[old, :3] = np.nan
    matrix[1, 0] = np.nan
    plain = PanelGenotypes.from_matrix(matrix, NAMES)
    carried = PanelGenotypes.from_matrix(np.nan_to_num(matrix), NAMES)
    assayed = replace(
        carried,
        patterns=np.array([np.ones(N, dtype=bool), ~old]),
        pattern=np.array([1, 1, 1, 0, 0, 0], dtype=np.int32),
        untested_start=np.array([0, 1, 1, 1, 1, 1, 1]),
        untested=np.array([1], dtype=np.int32),
    )
    one, other = (prepare_panel(SCORES, item, pools=POOLS) for item in (plain, assayed))
    np.testing.assert_allclose(one.statistic, other.statistic, atol=1e-12)
    assert one.n_tested.tolist() == other.n_tested.tolist()
    assert len(other.panel.block_start) < len(one.panel.block_start)  # shared by three genes


def test_drawing_stops_after_a_whole_round_that_settles_every_gene() -> None:
    planted = MATRIX.copy()
    planted[:, 0] = (np.argsort(np.argsort(SCORES)) >= N - 8).astype(float)
    genes = PanelGenotypes.from_matrix(planted, NAMES)
    found = max_t_panel(SCORES, genes, rng=rng(), stop_at=0.05)
    whole = [module.n_counted(prepare_panel(SCORES, genes), end) for end in rounds_of(genes)]
    assert found.n_permutations in whole[:-1]
    assert found.n_asked == 1_000_000
    p = [gene.p_step_down for gene in found.genes]
    assert p[0] is not None
    assert p[0] < 0.05 < min(item for item in p[1:] if item is not None)
    # the counts of the rounds drawn are those of a run that was to have no more
    fixed = max_t_panel(SCORES, genes, rng=rng(), n_permutations=found.n_permutations)
    assert fixed.genes == found.genes


def rounds_of(genes: PanelGenotypes) -> tuple[int, ...]:
    return rounds(prepare_panel(SCORES, genes))


def test_a_gene_near_the_level_is_drawn_to_the_end() -> None:
    problem = prepare_panel(SCORES, GENES, n_permutations=100_000)
    counts = np.zeros((3, len(problem.limits)), dtype=np.int64)
    assert settled(problem, counts, 8, 1, 0.05)
    counts[1, 0] = round(0.05 * 8 * CHUNK)
    assert not settled(problem, counts, 8, 1, 0.05)
    counts[1, 0] = round(0.065 * 8 * CHUNK)
    assert settled(problem, counts, 8, 1, 0.05)
    assert not settled(problem, counts, 8, 1000, 0.05)  # a later look asks for more


def test_genes_that_cannot_be_tested_are_listed_without_p_values() -> None:
    matrix = np.column_stack([MATRIX[:, :2], np.zeros(N), np.ones(N), np.full(N, np.nan)])
    genes = PanelGenotypes.from_matrix(matrix, ["A", "B", "none", "all", "untested"])
    found = max_t_panel(SCORES, genes, rng=rng(), n_permutations=100)
    assert found.family_size == 2
    assert [gene.p_step_down is None for gene in found.genes] == [False, False, True, True, True]
    assert [gene.n_tested for gene in found.genes[2:]] == [N, N, 0]
    nobody = PanelGenotypes.from_matrix(matrix[:, 2:], ["none", "all", "untested"])
    empty = max_t_panel(SCORES, nobody, rng=rng(), n_permutations=100)
    assert [item.code for item in empty.caveats] == ["nothing_testable"]


def test_patients_alike_in_score_leave_nothing_to_test() -> None:
    found = max_t_panel(np.full(N, 0.3), GENES, rng=rng(), n_permutations=100)
    assert found.family_size == 0


def test_every_problem_is_named() -> None:
    bad = replace(GENES, carriers=GENES.carriers.copy())
    bad.carriers[0] = N
    scores = SCORES.copy()
    scores[3] = np.nan
    with pytest.raises(DataError) as caught:
        max_t_panel(scores, bad, rng=rng(), pools=POOLS[1:], n_permutations=0)
    text = str(caught.value)
    for part in (
        "row 4, scores",
        "pools",
        "n_permutations=0 is not positive",
        "carriers include rows outside 0 to 39",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pattern": np.zeros(5, np.int32)}, "do not fit 6 names"),
        ({"pattern": np.full(6, 1, np.int32)}, "is not one of 0 to 0"),
        ({"patterns": np.zeros((1, N), dtype=bool)}, "carriers include patients not tested"),
        ({"carriers": GENES.carriers[::-1]}, "not in ascending order"),
    ],
)
def test_lists_that_do_not_fit_are_refused(change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare_panel(SCORES, replace(GENES, **change))
