from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen.cohort.model import Cohort
from embogen.endpoint.hpfs import HpfsRules, derive_hpfs
from embogen.endpoint.origin import first_embolizations
from embogen.endpoint.specimen_window import check_specimen_window
from embogen.genomics.alterations import GeneState, GenotypeRules, build_alterations
from embogen.io.gene_panel import read_panels
from embogen.io.maf import read_maf
from embogen.io.tables import TableSource, read_cohort
from embogen.simulate import (
    Marginals,
    Outcome,
    StudyTables,
    days_for_ranks,
    dress_cohort,
    write_tables,
)

GENES = ("MEN1", "DAXX")
WINDOW = 182.625


def an_outcome(n: int, rng: np.random.Generator) -> Outcome:
    return Outcome(
        days=rng.permutation(days_for_ranks(n, rng)),
        event=rng.random(n) < 0.8,
        altered={
            gene: rng.random(n) < share for gene, share in zip(GENES, (0.4, 0.3), strict=True)
        },
        grade=rng.choice((1, 2, 3), n),
    )


def marginals(n: int) -> Marginals:
    pancreas = n // 2
    return Marginals(n // 3, 57, 30, 75, {"pancreas": pancreas, "small bowel": n - pancreas})


class Made:
    """One dressed cohort, written and read back."""

    def __init__(self, folder, seed: int, n: int = 60) -> None:
        rng = np.random.default_rng(seed)
        self.outcome = an_outcome(n, rng)
        self.tables = dress_cohort(self.outcome, marginals(n), rng)
        write_tables(self.tables, folder)
        names = ("patients", "procedures", "assessments", "specimens")
        self.cohort: Cohort
        self.cohort, _ = read_cohort([TableSource(name, f"{name}.csv", folder) for name in names])
        self.calls, _ = read_maf("mutations.maf", folder=folder)
        self.panels = read_panels("panels/", folder=folder)


@pytest.fixture(scope="module", params=[1, 2, 3])
def made(request, tmp_path_factory) -> Made:
    return Made(tmp_path_factory.mktemp("made"), request.param)


def endpoint(made: Made, entry: str = "origin"):
    rules = HpfsRules(entry=entry, specimen_window_days=WINDOW)
    return derive_hpfs(made.cohort, rules, name="hpfs", label="HPFS")


def genotypes(made: Made):
    matrix, _ = build_alterations(
        made.cohort.patient_ids,
        made.cohort.specimens,
        made.calls,
        made.panels,
        GenotypeRules(),
        use=check_specimen_window(
            made.cohort, first_embolizations(made.cohort), WINDOW
        ).specimen_ids,
    )
    return matrix


def test_the_derived_endpoint_and_genotype_are_the_outcome(made):
    """Jointly: each patient's time, event, genes and grade are those of one outcome row."""
    traces = {trace.patient_id: trace for trace in endpoint(made).traces}
    matrix = genotypes(made)
    grades = dict(made.cohort.patients.select("patient_id", "who_grade").iter_rows())
    found = sorted(
        (
            traces[patient].time,
            traces[patient].event,
            *(bool(matrix.state(gene)[row] == GeneState.ALTERED) for gene in GENES),
            int(grades[patient]),
        )
        for row, patient in enumerate(made.cohort.patient_ids)
    )
    given = made.outcome
    wanted = sorted(
        (
            float(given.days[row]),
            int(given.event[row]),
            *(bool(given.altered[gene][row]) for gene in GENES),
            int(given.grade[row]),
        )
        for row in range(given.n)
    )
    assert found == wanted


def test_everybody_is_tested_and_followed(made):
    result = endpoint(made)
    assert all(not step.excluded for step in result.steps)
    assert set(np.unique(genotypes(made).states)) <= {GeneState.WILD_TYPE, GeneState.ALTERED}


def test_everybody_is_at_risk_from_the_biopsy_on(made):
    result = endpoint(made, "specimen_date")
    assert len(result.traces) == made.outcome.n
    assert any(trace.entry_time > 0 for trace in result.traces)


def test_other_genes_are_altered_in_fewer_patients(made):
    matrix = genotypes(made)
    altered = {gene: int((matrix.state(gene) == GeneState.ALTERED).sum()) for gene in matrix.genes}
    fewest = min(altered[gene] for gene in GENES)
    assert max(count for gene, count in altered.items() if gene not in GENES) < fewest


def test_the_traps_of_real_tables_are_there(made):
    assessments, procedures = made.cohort.assessments, made.cohort.procedures
    origins = first_embolizations(made.cohort)
    start = pl.DataFrame({"patient_id": list(origins), "origin": list(origins.values())})
    before = assessments.join(start, on="patient_id").filter(pl.col("date") < pl.col("origin"))
    assert set(before["hepatic_status"]) == {"progression"}
    assert (assessments["extrahepatic_status"] == "progression").any()
    assert "ablation" in set(procedures["modality"])
    assert made.cohort.specimens.height > made.outcome.n
    assert "silent" in set(made.calls.calls["alteration_class"])


def test_marginals_are_exact(made):
    table = made.cohort.patients
    assert (table["sex"] == "male").sum() == made.outcome.n // 3
    ages = table["age_years"]
    assert (ages.min(), ages.median(), ages.max()) == (30, 57, 75)
    assert (table["primary_site"] == "pancreas").sum() == made.outcome.n // 2


def test_grade_and_ki67_tell_the_same(made):
    for grade, low, high in (("1", 0, 3), ("2", 3, 20), ("3", 20, 100)):
        values = made.cohort.patients.filter(pl.col("who_grade") == grade)["ki67_percent"]
        assert values.min() >= low
        assert values.max() <= high


@settings(max_examples=25)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_any_size_has_exact_ages_and_ascending_times(n, seed):
    rng = np.random.default_rng(seed)
    days = days_for_ranks(n, rng)
    assert (np.diff(days) > 0).all()
    assert days[0] >= 28
    tables = dress_cohort(an_outcome(n, rng), marginals(n), rng).tables
    ages = tables["patients"]["age_years"].cast(pl.Int64)
    assert (ages.min(), ages.max()) == (30, 75)
    if n >= 4 or n % 2:
        assert ages.median() == 57


def test_the_same_seed_gives_the_same_tables():
    def make() -> StudyTables:
        rng = np.random.default_rng(9)
        return dress_cohort(an_outcome(20, rng), marginals(20), rng)

    one, two = make(), make()
    for name, table in one.tables.items():
        assert table.equals(two.tables[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"men": 21}, "21 men among 20 patients"),
        ({"sites": {"pancreas": 3}}, "3 primary sites for 20 patients"),
        ({"age_median": 20}, "median age is not between"),
    ],
)
def test_marginals_that_cannot_be_are_refused(change, message):
    rng = np.random.default_rng(1)
    wanted = {
        "men": 5,
        "age_median": 57,
        "age_min": 30,
        "age_max": 75,
        "sites": {"pancreas": 20},
    } | change
    with pytest.raises(ValueError, match=message):
        dress_cohort(an_outcome(20, rng), Marginals(**wanted), rng)
