"""The event by a landmark, end to end: who is left out, who has it, Fisher's test by scipy."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from scipy.stats import fisher_exact

from embogen import read_study, run
from embogen.errors import PlanError
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.results import Analysis, StudyResults
from embogen.tables.of_analysis import tables_of

DAYS = 182.625
SILENT = {"Silent", "Intron", "RNA", "3'UTR", "5'UTR", "3'Flank", "5'Flank"}
ID = "progressed_by_6_months"


def lines(path: Path) -> list[dict[str, str]]:
    text = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    delimiter = "\t" if path.suffix == ".maf" else ","
    return list(csv.DictReader(text, delimiter=delimiter))


def days_to(study: Path) -> dict[str, dict[str, float]]:
    """Days from the first embolization to progression, death and last evaluable scan."""
    found: dict[str, dict[str, float]] = {}
    day = dt.date.fromisoformat
    for row in lines(study / "patients.csv"):
        patient = row["patient_id"]
        start = min(
            day(item["date"])
            for item in lines(study / "procedures.csv")
            if item["patient_id"] == patient and item["modality"] not in {"ablation", "resection"}
        )
        scans = [
            ((day(item["date"]) - start).days, item["hepatic_status"])
            for item in lines(study / "assessments.csv")
            if item["patient_id"] == patient and day(item["date"]) > start
        ]
        found[patient] = {
            "start": start.toordinal(),
            "progression": min((d for d, liver in scans if liver == "progression"), default=1e9),
            "death": (day(row["death_date"]) - start).days if row["death_date"] else 1e9,
            "seen": max((d for d, liver in scans if liver not in {"", "not evaluable"}), default=0),
        }
    return found


def pancreatic(study: Path) -> set[str]:
    rows = lines(study / "patients.csv")
    return {row["patient_id"] for row in rows if row["primary_site"] == "pancreas"}


def known_by(study: Path) -> dict[str, bool]:
    """Whether each pancreatic patient progressed by the landmark, for those who can be told."""
    known = {}
    for patient, days in days_to(study).items():
        if patient not in pancreatic(study):
            continue
        if days["progression"] <= DAYS and days["progression"] <= days["death"]:
            known[patient] = True
        elif days["death"] <= DAYS or max(days["seen"], days["death"] % 1e9) >= DAYS:
            known[patient] = False
    return known


def carriers(study: Path, gene: str) -> set[str]:
    """Patients with a coding call in a specimen within 6 months of their first embolization."""
    days = days_to(study)
    owner = {
        row["specimen_id"]: row["patient_id"]
        for row in lines(study / "specimens.csv")
        if abs(dt.date.fromisoformat(row["date"]).toordinal() - days[row["patient_id"]]["start"])
        <= DAYS
    }
    return {
        owner[row["Tumor_Sample_Barcode"]]
        for row in lines(study / "mutations.maf")
        if row["Hugo_Symbol"] == gene
        and row["Tumor_Sample_Barcode"] in owner
        and row["Variant_Classification"] not in SILENT
    }


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    return run(read_study(demo_study))


def test_counts_and_p_are_those_of_the_tables(results: StudyResults, demo_study: Path):
    known = known_by(demo_study)
    analysis = results.analysis(ID)
    result = analysis.result
    assert (result.n, result.n_events) == (len(known), sum(known.values()))
    assert [table.term.name for table in result.tables][:2] == ["MEN1", "DAXX"]
    for table in result.tables:
        gene = carriers(demo_study, table.term.name)
        a = sum(had for patient, had in known.items() if patient in gene)
        c = sum(had for patient, had in known.items() if patient not in gene)
        n1 = len(gene & set(known))
        n2 = len(known) - n1
        assert (table.carriers.n, table.carriers.n_events) == (n1, a)
        assert (table.others.n, table.others.n_events) == (n2, c)
        expected = fisher_exact([[a, n1 - a], [c, n2 - c]]).pvalue
        assert table.odds_ratio.p_value == pytest.approx(expected, rel=1e-9)


def test_nobody_is_dropped_without_being_counted(results: StudyResults, demo_study: Path):
    analysis = results.analysis(ID)
    left = len(days_to(demo_study)) - analysis.result.n
    counted = sum(int(text.split(" ", 1)[0]) for text in analysis.excluded)
    assert counted == left
    assert any("Primary site is not pancreatic" in text for text in analysis.excluded)


def test_it_is_shown_in_words_and_a_table(results: StudyResults):
    analysis = results.analysis(ID)
    words = " ".join(result_sentences(analysis, results))
    assert words.startswith("Hepatic progression by 6 months: ")
    (table,) = tables_of(analysis, results)
    assert [column.header for column in table.columns][:3] == ["Gene", "Altered", "Wild type"]
    assert len(table.rows) == len(analysis.result.tables)
    assert any("\u221e" in cell.text for row in table.rows for cell in row.cells)
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "landmark (6 months)" in methods


def test_results_survive_json(results: StudyResults):
    again = from_json(to_json(results))
    assert to_json(again) == to_json(results)


def edited(study: Path, **changes: str) -> Analysis:
    """Run the study with other lines in its landmark analysis."""
    file = study / "study.toml"
    before, _, rest = file.read_text("utf-8").partition(f'id              = "{ID}"')
    block, _, after = rest.partition("\n\n")
    kept = [line for line in block.splitlines() if line.split("=")[0].strip() not in changes]
    added = [f"{key} = {value}" for key, value in changes.items() if value]
    text = "\n".join([*kept, *added])
    file.write_text(f'{before}id = "{ID}"{text}\n\n{after}', encoding="utf-8")
    return run(read_study(study)).analysis(ID)


def test_deaths_that_came_first_are_said(demo_study: Path):
    analysis = edited(demo_study, within="")
    first = sum(
        days["death"] <= DAYS and days["death"] < days["progression"]
        for days in days_to(demo_study).values()
    )
    (caveat,) = (item for item in analysis.caveats if item.code == "competing_by_landmark")
    assert caveat.evidence["patients"] == first > 0


def test_a_landmark_on_a_plain_endpoint_counts_any_event(demo_study: Path):
    analysis = edited(demo_study, endpoint='"hpfs"', within="", landmark_months="12")
    by = 365.25
    had = sum(min(d["progression"], d["death"]) <= by for d in days_to(demo_study).values())
    assert analysis.result.n_events == had
    assert analysis.result.outcome.startswith("event by 12 months (Hepatic progression-free")


def test_terms_must_have_two_levels(demo_study: Path):
    with pytest.raises(PlanError, match='"grade" is not a gene'):
        edited(demo_study, terms='["gene:DAXX", "grade"]')


def test_without_candidates_nothing_is_compared_and_that_is_said(demo_study: Path):
    file = demo_study / "study.toml"
    text = file.read_text("utf-8").replace("{ most_frequent = 4 }", "{ min_altered = 30 }")
    file.write_text(text.partition("[published]")[0], encoding="utf-8")
    analysis = run(read_study(demo_study)).analysis(ID)
    assert analysis.result.tables == ()
    assert "nothing_testable" in {caveat.code for caveat in analysis.caveats}
