"""The shipped model study is what dressing the shipped compact cohort gives.

To make it anew after a change of `embogen.simulate`, write `dressed()` to the demo folder with
`write_tables(dressed(), folder, note=NOTE)`, and look at the report before committing.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from embogen.evidence.compact_csv import read_compact
from embogen.simulate import (
    Marginals,
    Outcome,
    StudyTables,
    days_for_ranks,
    dress_cohort,
    write_tables,
)

SEED = 20260101
GENES = ("MEN1", "DAXX", "TP53", "TSC2")
NOTE = (
    "SYNTHETIC: no row is a real patient; the cohort fits a published table and is one of many "
    "that would."
)
SITES = {
    "pancreas": 16,
    "gallbladder": 1,
    "small bowel": 11,
    "lung": 3,
    "rectum": 2,
    "unknown": 2,
}


def dressed() -> StudyTables:
    folder = resources.files("embogen.study").joinpath("demo_data")
    with resources.as_file(folder.joinpath("compact_cohort.csv")) as path:
        cohort = read_compact(Path(path))
    rng = np.random.default_rng(SEED)
    outcome = Outcome(
        days=days_for_ranks(cohort.n, rng),
        event=cohort.event,
        altered={gene: cohort.covariates[gene] == 1 for gene in GENES},
        grade=cohort.covariates["grade"].astype(np.int64),
    )
    return dress_cohort(outcome, Marginals(19, 57, 30, 75, SITES), rng)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dressed")
    write_tables(dressed(), folder, note=NOTE)
    return folder


@pytest.mark.parametrize(
    "file",
    [
        "patients.csv",
        "procedures.csv",
        "assessments.csv",
        "specimens.csv",
        "mutations.maf",
        "panels/data_gene_panel_synthetic.txt",
    ],
)
def test_the_shipped_tables_are_the_dressed_cohort(made: Path, file: str):
    shipped = resources.files("embogen.study").joinpath(f"demo_data/{file}").read_text("utf-8")
    assert (made / file).read_text("utf-8") == shipped


def test_nothing_else_is_shipped_unmarked():
    folder = resources.files("embogen.study").joinpath("demo_data")
    for item in folder.iterdir():
        if item.is_file():
            assert "SYNTHETIC" in item.read_text("utf-8"), item.name
