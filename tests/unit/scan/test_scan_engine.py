"""A scan gives each feature what a model alone gives it, whoever does the work and how often."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from embogen import Design, Surv, fit_cox
from embogen.errors import DataError, EstimationError
from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.inference.permutation import permutation_test
from embogen.scan import columns, store
from embogen.scan.blocks import block_edges
from embogen.scan.engine import scan
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.scan.work import Threads

KINDS = [(q, late, strata) for q in (0, 2) for late in (False, True) for strata in (False, True)]
FEW = ScanOptions(draws=10_000)


def cohort(
    seed: int, n: int, features: int, *, q: int = 0, late: bool = False, strata: bool = False
) -> tuple[ScanProblem, BlockSource]:
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(60, n)) + 1
    entry = np.floor(time * rng.uniform(0, 0.9, n)) if late else None
    covariates = None
    if q:
        covariates = Design.from_arrays(rng.normal(size=(n, q)), [f"x{j}" for j in range(q)])
    problem = ScanProblem(
        "os",
        Surv(time, (rng.random(n) < 0.6).astype(int), entry),
        np.arange(n),
        covariates,
        rng.integers(0, 3, n) if strata else None,
        FEW,
    )
    share = np.exp(rng.uniform(np.log(0.01), np.log(0.5), features))
    columns = [np.flatnonzero(rng.random(n) < one).astype(np.int32) for one in share]
    patterns = np.vstack([np.ones(n, dtype=bool), rng.random(n) < 0.7])
    block = FeatureBlock.of_carriers(
        [f"G{i}" for i in range(features)],
        [len(column) for column in columns],
        np.concatenate(columns),
        (np.arange(features) % 2).astype(np.int32),
    )
    return problem, BlockSource(tuple(f"P{i}" for i in range(n)), block, patterns)


def alone(problem: ScanProblem, source: BlockSource, feature: int):
    """Fit the model of one feature by itself, on the patients tested for it."""
    tested = source.patterns[source.whole.pattern[feature]]
    carried = np.zeros(len(tested))
    carried[source.whole.column(feature)] = 1.0
    columns, names = carried[tested][:, None], ["feature"]
    if problem.covariates is not None:
        columns = np.column_stack([problem.covariates.matrix[tested], columns])
        names = [*problem.covariates.names, *names]
    surv = problem.surv
    entry = None if surv.entry is None else surv.entry[tested]
    strata = None if problem.strata is None else problem.strata[tested]
    whole = Surv(surv.time[tested], surv.event[tested], entry)
    return whole, Design.from_arrays(columns, names), strata


@pytest.mark.parametrize(("q", "late", "strata"), KINDS)
def test_every_estimate_is_that_of_a_model_alone(q, late, strata) -> None:
    problem, source = cohort(1, 150, 14, q=q, late=late, strata=strata)
    table = scan([problem], source).endpoints[0].table
    seen = 0
    for k, row in enumerate(table.iter_rows(named=True)):
        surv, design, labels = alone(problem, source, k)
        item = fit_cox(surv, design, strata=labels).estimates[-1]
        assert row["n_tested"] == surv.n
        assert row["n_events"] == surv.n_events
        assert row["n_carriers"] == int(design.matrix[:, -1].sum())
        if row["status"] == "too_few_carriers":
            assert row["n_carriers"] < 3
            continue
        seen += 1
        if row["status"] == "ok":
            assert item.status == "ok"
            assert row["coef"] == pytest.approx(item.coef, rel=1e-8, abs=1e-10)
            assert row["se"] == pytest.approx(item.se, rel=1e-8)
            assert row["p_wald"] == pytest.approx(item.p_of("wald"), rel=1e-7)
            assert row["p_lrt"] == pytest.approx(item.p_of("likelihood_ratio"), rel=1e-7)
        else:
            assert row["status"] in {"no_event", "infinite"}
            assert item.status == ("infinite" if row["hr"] > 0.0 else "zero")
            assert row["hr"] in {0.0, np.inf}
            assert row["p_lrt"] == pytest.approx(item.p_of("likelihood_ratio"), rel=1e-6)
            assert row["firth_hr"] > 0.0
    assert seen >= 5


@pytest.mark.parametrize("strata", [False, True])
def test_rare_features_get_the_permutation_p_value_of_a_study(strata) -> None:
    """Without ties the hypergeometric variance of a study and Efron's are one number."""
    problem, source = cohort(2, 34, 20, strata=strata)
    surv = Surv(problem.surv.time + np.arange(34) / 100, problem.surv.event)
    options = ScanOptions(draws=200_000)
    problem = dataclasses.replace(problem, surv=surv, options=options)
    table = scan([problem], source).endpoints[0].table
    held = set()
    for k, row in enumerate(table.iter_rows(named=True)):
        if row["p_method"] not in {"enumerated", "drawn"}:
            continue
        surv, design, labels = alone(problem, source, k)
        test = permutation_test(
            surv, design.matrix[:, -1], strata=labels, rng=np.random.default_rng(1)
        )
        off = 1e-9 if row["p_method"] == "enumerated" else 5 * np.sqrt(test.p_value / 10_000)
        assert row["p_value"] == pytest.approx(test.p_value, abs=off)
        held.add(row["p_method"])
    assert held == {"enumerated", "drawn"}


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("q", [0, 2])
def test_a_feature_that_nearly_all_carry_is_the_mirror_of_one_that_few_do(strata, q) -> None:
    problem, source = cohort(16, 300, 1, q=q, strata=strata)
    few = np.array([4, 60, 150, 222, 280], dtype=np.int32)
    many = np.setdiff1d(np.arange(300, dtype=np.int32), few)
    block = FeatureBlock.of_carriers(["few", "many"], [5, 295], np.concatenate([few, many]))
    found = rows(problem, BlockSource(source.patients, block))
    assert found["z"][0] == pytest.approx(-found["z"][1], rel=1e-9)
    assert found["p_value"][0] == pytest.approx(found["p_value"][1], rel=1e-6)
    assert found["p_method"].to_list() == ["drawn", "drawn"]
    assert found["coef"][0] == pytest.approx(-found["coef"][1], rel=1e-7)


def test_a_feature_that_the_covariates_tell_has_no_p_value() -> None:
    problem, source = cohort(17, 60, 2)
    whole = source.whole
    carried = np.zeros(60)
    carried[whole.column(0)] = 1.0
    problem = dataclasses.replace(
        problem, covariates=Design.from_arrays(carried[:, None], ["the same"])
    )
    source = dataclasses.replace(source, patterns=np.ones((2, 60), dtype=bool))
    found = rows(problem, source)
    assert found["status"][0] == "aliased"
    assert found["p_value"][0] is None
    assert found["p_holm"][0] is None
    assert found["status"][1] in {"ok", "too_few_carriers"}


def test_values_of_a_few_patients_are_not_taken_for_carriers() -> None:
    problem, source = cohort(18, 15, 1)
    block = dataclasses.replace(
        FeatureBlock.of_carriers(["rs1"], [6], np.arange(6, dtype=np.int32)),
        values=np.array([1.0, 2.0, 1.0, 2.0, 1.0, 1.0]),
    )
    found = rows(problem, BlockSource(source.patients, block))
    assert found["p_method"].to_list() == ["linear_saddlepoint"]


def test_patients_never_at_risk_are_counted() -> None:
    problem, source = cohort(19, 50, 4, late=True)
    assert problem.surv.entry is not None
    entry = problem.surv.entry.copy()
    entry[7] = problem.surv.time[7] - 1e-12
    late = Surv(problem.surv.time, problem.surv.event, entry)
    found = scan([dataclasses.replace(problem, surv=late)], source).endpoints[0]
    assert [caveat.evidence for caveat in found.caveats if caveat.code == "never_at_risk"] == [
        {"n": 1}
    ]
    assert found.table["n_tested"][0] == 49


def test_nulls_that_gave_way_are_made_again_alike(monkeypatch) -> None:
    problem, source = cohort(20, 90, 24, q=1)
    first = rows(problem, source, memory_mb=1e-3)
    monkeypatch.setattr(columns, "HELD_ROWS", 1)
    assert_frame_equal(first, rows(problem, source, memory_mb=1e-3), check_exact=True)


def rows(problem: ScanProblem, source: BlockSource, **options: object) -> pl.DataFrame:
    return scan([problem], source, **options).endpoints[0].table


def test_rows_do_not_depend_on_blocks_or_threads() -> None:
    problem, source = cohort(3, 200, 40, q=2, late=True, strata=True)
    first = rows(problem, source)
    assert_frame_equal(first, rows(problem, source, backend=Threads(1)), check_exact=True)
    assert_frame_equal(first, rows(problem, source, memory_mb=1e-3), check_exact=True)


def test_patients_without_a_result_are_left_out_of_that_feature_only() -> None:
    problem, source = cohort(4, 60, 6, q=1)
    whole = source.whole
    lacking = np.array([3, 7, 20], dtype=np.int32)
    start = np.array([0, 0, 3, 3, 3, 3, 3], dtype=np.int64)
    kept = ~np.isin(whole.column(1), lacking)
    carriers = np.concatenate(
        [whole.column(0), whole.column(1)[kept], *(whole.column(j) for j in range(2, 6))]
    )
    counts = np.diff(whole.start)
    counts[1] = kept.sum()
    block = dataclasses.replace(
        FeatureBlock.of_carriers(whole.names, counts, carriers, whole.pattern),
        untested_start=start,
        untested=lacking,
    )
    found = rows(problem, dataclasses.replace(source, whole=block))
    before = rows(problem, source)
    assert_frame_equal(found.filter(feature="G0"), before.filter(feature="G0"), check_exact=True)
    tested = source.patterns[whole.pattern[1]].copy()
    tested[lacking] = False
    assert found["n_tested"][1] == tested.sum()
    patterns = np.vstack([source.patterns, tested])
    pattern = whole.pattern.copy()
    pattern[1] = 2
    same = FeatureBlock.of_carriers(whole.names, counts, carriers, pattern)
    expected = rows(problem, BlockSource(source.patients, same, patterns))
    assert_frame_equal(found.filter(feature="G1"), expected.filter(feature="G1"), check_exact=True)


def test_a_killed_scan_goes_on_and_gives_the_same_rows(tmp_path: Path) -> None:
    problem, source = cohort(5, 120, 30, q=1)
    whole = rows(problem, source, memory_mb=2e-3)
    folder = tmp_path / "blocks"

    class KilledError(Exception):
        pass

    def until(done: int, _all: int) -> None:
        if done > 10:
            raise KilledError

    with pytest.raises(KilledError):
        scan([problem], source, memory_mb=2e-3, checkpoint=folder, progress=until)
    finished = len(list(folder.glob("block-*.npz")))
    assert finished > 0
    (folder / "half-written.part").write_bytes(b"torn")
    seen: list[int] = []
    again = rows(
        problem,
        source,
        memory_mb=500.0,
        checkpoint=folder,
        progress=lambda done, _all: seen.append(done),
    )
    assert seen[0] > 10
    assert not (folder / "half-written.part").exists()
    assert_frame_equal(again, whole, check_exact=True)


@pytest.mark.parametrize("change", ["data", "plan", "features"])
def test_a_checkpoint_of_another_scan_is_refused(tmp_path: Path, change: str) -> None:
    problem, source = cohort(6, 50, 8)
    rows(problem, source, checkpoint=tmp_path / "c")
    if change == "data":
        time = problem.surv.time.copy()
        time[0] += 1
        problem = dataclasses.replace(problem, surv=Surv(time, problem.surv.event))
    elif change == "plan":
        problem = dataclasses.replace(problem, options=ScanOptions(draws=10_000, min_carriers=4))
    else:
        source = cohort(7, 50, 8)[1]
    with pytest.raises(DataError, match="another plan, other data"):
        rows(problem, source, checkpoint=tmp_path / "c")


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path, monkeypatch) -> None:
    problem, source = cohort(6, 50, 8)
    real = np.savez

    def full(out, **_arrays: object) -> None:
        out.write(b"some of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.np, "savez", full)
    with pytest.raises(DataError, match="No space left on device"):
        rows(problem, source, checkpoint=tmp_path / "c")
    assert [file.name for file in (tmp_path / "c").iterdir()] == ["scan.json"]
    monkeypatch.setattr(store.np, "savez", real)
    again = rows(problem, source, checkpoint=tmp_path / "c")
    assert_frame_equal(again, rows(problem, source), check_exact=True)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    problem, source = cohort(6, 50, 8)
    (tmp_path / "c").write_text("a file")
    with pytest.raises(DataError, match="cannot be written to"):
        rows(problem, source, checkpoint=tmp_path / "c")


def test_endpoints_share_the_features() -> None:
    problem, source = cohort(8, 80, 10)
    other = cohort(9, 80, 10)[0]
    other = dataclasses.replace(other, name="pfs")
    both = scan([problem, other], source)
    assert_frame_equal(both.endpoints[1].table, rows(other, source), check_exact=True)
    assert both.table()["endpoint"].to_list() == ["os"] * 10 + ["pfs"] * 10


def test_what_cannot_be_scanned_is_named() -> None:
    problem, source = cohort(8, 20, 3)
    nobody = dataclasses.replace(problem, surv=Surv(problem.surv.time, np.zeros(20, dtype=int)))
    with pytest.raises(EstimationError, match="none of 20 patients had the event"):
        scan([nobody], source)
    with pytest.raises(DataError, match="two endpoints have one name"):
        scan([problem, problem], source)
    with pytest.raises(DataError, match="strata have 3 rows"):
        dataclasses.replace(problem, strata=np.zeros(3, dtype=np.int64))


def test_few_features_make_few_blocks() -> None:
    assert block_edges(np.array([], dtype=np.int64), 1.0) == (0,)
    assert block_edges(np.full(3000, 1), 1000.0) == (0, 1024, 2048, 3000)
    assert block_edges(np.array([10**9, 10**9]), 1.0) == (0, 1, 2)


def test_blocks_are_enough_for_all_who_work() -> None:
    sizes = np.random.default_rng(3).integers(0, 5000, 3000)
    edges = np.array(block_edges(sizes, 1000.0, 24))
    held = np.add.reduceat(sizes, edges[:-1])
    assert (edges[0], edges[-1]) == (0, 3000)
    assert 24 <= len(edges) - 1 <= 48
    assert held.max() <= sizes.sum() / 24 + 1
    assert np.diff(edges).max() <= 3000 / 24
    assert block_edges(np.zeros(5, np.int64), 1.0, 1000) == (0, 1, 2, 3, 4, 5)


def test_a_block_damaged_on_disk_is_named(tmp_path: Path) -> None:
    problem, source = cohort(6, 50, 8)
    rows(problem, source, checkpoint=tmp_path / "c")
    (tmp_path / "c" / "block-000000.npz").write_bytes(b"PK damaged")
    with pytest.raises(DataError, match=r"block-000000\.npz: a finished block cannot be read"):
        rows(problem, source, checkpoint=tmp_path / "c")
