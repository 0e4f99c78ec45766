"""The whole panel as one family, features of other values, and p-values that hold their level."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from test_scan_engine import cohort

from embogen import Design, Surv, fit_cox
from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.inference.max_t_panel import counts_of, max_t_panel
from embogen.inference.max_t_panel_problem import PanelGenotypes
from embogen.scan.calibration import calibrate
from embogen.scan.engine import scan
from embogen.scan.family import family_test
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.scan.relabelling import Relabelling
from embogen.scan.store import KeptBlocks
from embogen.scan.work import Threads


def test_a_family_is_that_of_its_genotypes() -> None:
    """Everybody tested, no covariates: the scores are those of the log-rank test by row."""
    problem, source = cohort(11, 60, 8)
    source = dataclasses.replace(
        source,
        patterns=np.ones((1, 60), dtype=bool),
        whole=dataclasses.replace(source.whole, pattern=np.zeros(8, dtype=np.int32)),
    )
    found = family_test(problem, source, 20_000)
    matrix = np.zeros((60, 8))
    for j in range(8):
        matrix[source.whole.column(j), j] = 1.0
    matrix[:, matrix.sum(axis=0) < problem.options.min_carriers] = 0.0
    fit = fit_cox(problem.surv, Design.from_arrays(np.zeros((60, 0)), []))
    event = problem.surv.event == 1
    time = problem.surv.time
    hazard = np.zeros(60)
    for day in np.unique(time[event]):  # Efron's scores, worked out the long way
        at_risk, dying = time >= day, event & (time == day)
        d = int(dying.sum())
        steps = [1.0 / (at_risk.sum() - k) for k in range(d)]
        hazard[at_risk & ~dying] += sum(steps)
        hazard[dying] += sum((1 - k / d) * step for k, step in enumerate(steps))
    assert fit.n == 60
    scores = event - hazard
    expected = max_t_panel(
        scores,
        PanelGenotypes.from_matrix(matrix, list(source.names)),
        rng=np.random.default_rng(5),
        n_permutations=20_000,
    )
    for gene, p in zip(expected.genes, found.p_step_down, strict=True):
        if gene.p_step_down is None:
            assert np.isnan(p)
        else:
            error = 5 * np.sqrt(2 * gene.p_step_down / 20_000) + 1e-3
            assert p == pytest.approx(gene.p_step_down, abs=error)
    table = scan([problem], source, permutations=20_000).endpoints[0]
    assert table.n_permutations == found.n_permutations
    shown = table.table["p_max_t"].to_numpy()
    np.testing.assert_array_equal(shown[~np.isnan(shown)], found.p_step_down[~np.isnan(shown)])


def copies(seed: int, n: int) -> tuple[ScanProblem, BlockSource, np.ndarray]:
    rng = np.random.default_rng(seed)
    alleles = rng.binomial(2, [0.1, 0.3, 0.02], (n, 3)).astype(float)
    alleles[:, 2] *= rng.uniform(0.5, 1.0, n)
    rows = [np.flatnonzero(alleles[:, j]).astype(np.int32) for j in range(3)]
    counts = [len(one) for one in rows]
    block = dataclasses.replace(
        FeatureBlock.of_carriers(["rs1", "rs2", "rs3"], counts, np.concatenate(rows)),
        values=np.concatenate([alleles[one, j] for j, one in enumerate(rows)]),
    )
    time = rng.exponential(100, n) * np.exp(-0.3 * alleles[:, 1])
    problem = ScanProblem("os", Surv(time, np.ones(n, dtype=int)), np.arange(n))
    return problem, BlockSource(tuple(f"P{i}" for i in range(n)), block), alleles


def test_copies_of_an_allele_are_fitted_per_copy() -> None:
    problem, source, alleles = copies(12, 300)
    found = scan([problem], source, permutations=1_000).endpoints[0]
    for j, row in enumerate(found.table.iter_rows(named=True)):
        item = fit_cox(problem.surv, Design.from_arrays(alleles[:, [j]], ["x"])).estimates[0]
        assert row["coef"] == pytest.approx(item.coef, rel=1e-8)
        assert row["se"] == pytest.approx(item.se, rel=1e-8)
        assert row["p_method"] == "linear_saddlepoint"
        assert row["p_value"] == pytest.approx(row["p_score"], rel=0.5, abs=0.02)
    assert found.table["p_max_t"].null_count() == 3
    assert [caveat.code for caveat in found.caveats] == ["scan_family_not_binary"]


@pytest.mark.parametrize("late", [False, True])
def test_p_values_hold_their_level_where_few_carry_and_few_have_the_event(late) -> None:
    rng = np.random.default_rng(13)
    n = 400
    time = rng.exponential(100, n) + 1
    entry = time * rng.uniform(0, 0.5, n) if late else None
    surv = Surv(time, (rng.random(n) < 0.15).astype(int), entry)
    age = Design.from_arrays(rng.normal(size=(n, 1)), ["age"])
    problem = ScanProblem("os", surv, np.arange(n), age, options=ScanOptions(draws=100_000, seed=3))
    found = calibrate(
        problem, [3, 8, 30], sets=40_000, rng=np.random.default_rng(14), levels=(0.05, 0.001)
    )
    for row in found.iter_rows(named=True):
        # the distribution held against is itself drawn: both errors count
        assert row["observed"] <= row["level"] * 1.25 + 5 * row["se"]
    rare = found.filter(carriers=8, level=0.001)
    assert rare["score"][0] > 4 * rare["observed"][0]  # what the usual test would have said


def test_a_family_without_a_null_model_says_so() -> None:
    """A covariate that orders the deaths perfectly has no finite fit."""
    problem, source = cohort(21, 40, 4)
    order = np.argsort(np.argsort(problem.surv.time)).astype(float)
    everybody = Surv(np.arange(1.0, 41.0)[order.astype(int)], np.ones(40, dtype=int))
    covariate = Design.from_arrays(-everybody.time[:, None], ["fate"])
    problem = dataclasses.replace(problem, surv=everybody, covariates=covariate)
    found = family_test(problem, source, 1_000)
    assert [caveat.code for caveat in found.caveats] == ["scan_no_null_model"]
    assert np.isnan(found.p_step_down).all()
    assert set(scan([problem], source).endpoints[0].table["status"]) <= {
        "no_null_model",
        "too_few_carriers",
    }


class AnyOrder:
    """Does the pieces last first, a process of its own for each as far as state goes."""

    def __init__(self, sharing: int) -> None:
        self.sharing = sharing
        self.done: list[tuple[int, int]] = []

    def run(self, job, pieces):
        for number, (begin, end) in reversed(pieces):
            self.done.append((begin, end))
            copy = pickle.loads(pickle.dumps(job))  # noqa: S301 - made on this very line
            yield number, copy.runner()(begin, end)


@pytest.mark.parametrize("sharing", [1, 2, 40])
def test_adjusted_p_values_do_not_depend_on_who_draws(sharing: int) -> None:
    problem, source = cohort(11, 60, 8)
    alone = family_test(problem, source, 30_000, backend=Threads(1))
    others = AnyOrder(sharing)
    found = family_test(problem, source, 30_000, backend=others)
    np.testing.assert_array_equal(found.p_step_down, alone.p_step_down)
    assert found.n_permutations == alone.n_permutations
    assert sum(end - begin for begin, end in others.done) * 1024 >= found.n_permutations


def test_counted_rounds_are_not_counted_again(tmp_path) -> None:
    problem, source = cohort(11, 60, 8)
    alone = family_test(problem, source, 30_000)
    kept = KeptBlocks.open(tmp_path, "scan", [0, 8])
    family_test(problem, source, 30_000, kept=kept)
    again = AnyOrder(1)
    found = family_test(problem, source, 30_000, backend=again, kept=kept)
    assert not again.done
    np.testing.assert_array_equal(found.p_step_down, alone.p_step_down)
    other = dataclasses.replace(problem, options=dataclasses.replace(problem.options, seed=9))
    family_test(other, source, 30_000, backend=again, kept=kept)
    assert again.done  # another seed: other relabellings


def test_a_round_half_counted_is_finished_by_whoever_comes_next(tmp_path) -> None:
    problem, source = cohort(11, 60, 8)
    alone = family_test(problem, source, 30_000)
    kept = KeptBlocks.open(tmp_path, "scan", [0, 8])
    family_test(problem, source, 30_000, kept=kept)
    first = min(tmp_path.glob("max-t-*.npz"))
    job = next(iter_jobs(problem, source))
    half = {
        "counts": counts_of(job.problem, job.seed, range(2, 5)),
        "done": np.isin(np.arange(8), [2, 3, 4]),
    }
    kept.save_part(first.stem, half)
    again = AnyOrder(2)
    found = family_test(problem, source, 30_000, backend=again, kept=kept)
    assert sorted(again.done) == [(0, 2), (5, 8)]
    np.testing.assert_array_equal(found.p_step_down, alone.p_step_down)


def iter_jobs(problem, source):
    """Give the jobs that a family test hands to its backend."""

    class Noting(AnyOrder):
        def run(self, job, pieces):
            jobs.append(job)
            return super().run(job, pieces)

    jobs: list[Relabelling] = []
    family_test(problem, source, 30_000, backend=Noting(1))
    return iter(jobs)
