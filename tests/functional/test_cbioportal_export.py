"""A study written as a cBioPortal folder reads back as the same study, and keeps to the rules."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from embogen import read_study, run
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.endpoint.columns import ColumnRules, endpoint_from_columns
from embogen.io.cbioportal import read_cbioportal
from embogen.io.cbioportal.rules import folder_problems
from embogen.study.assemble import assemble
from embogen.study.exporting import day_zero, export_cbioportal
from embogen.study.json_codec import to_json
from embogen.study.sources import read_inputs

FROM_FOLDER = '[data]\ncbioportal = { folder = "portal" }\n'


@pytest.fixture
def exported(demo_study: Path) -> Path:
    """Export the model study beside itself; return a study that reads the export."""
    with (demo_study / "specimens.csv").open(encoding="utf-8") as stream:
        assert ",sequenced," in stream.read()
    export_cbioportal(read_study(demo_study), demo_study.parent / "portal")
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    text, changes = re.subn(r"\[data\]\n.*?\n\n", FROM_FOLDER + "\n", text, flags=re.DOTALL)
    assert changes == 1
    shutil.copy(demo_study / "published.json", demo_study.parent)
    (demo_study.parent / "study.toml").write_text(text, encoding="utf-8")
    return demo_study.parent


def in_days(cohort: Cohort) -> dict[str, pl.DataFrame]:
    """Return the tables with dates as days from day 0, by key, without what is of the file."""
    origins = day_zero(cohort)
    tables = {}
    for name in ("patients", "procedures", "assessments", "specimens"):
        table = cohort.table(name)
        assert table is not None
        zero = table["patient_id"].replace_strict(origins, return_dtype=pl.Date)
        declared = [c for c in table.columns if f"{name}.{c}" in cohort.registry]
        frame = table.select(sorted(declared)).with_columns(
            (pl.col(c) - zero).dt.total_days().alias(c)
            for c in declared
            if table[c].dtype == pl.Date
        )
        key = "patient_id" if name == "patients" else f"{name.removesuffix('s')}_id"
        tables[name] = frame.sort(key)
    return tables


def test_every_table_reads_back_identical(demo_study: Path, exported: Path):
    before = read_inputs(read_study(demo_study))
    after = read_inputs(read_study(exported))
    theirs = in_days(after.cohort)
    for name, table in in_days(before.cohort).items():
        more = set(theirs[name].columns) - set(table.columns)
        assert all(column.endswith(("_STATUS", "_MONTHS")) for column in more), name
        assert theirs[name].select(table.columns).equals(table), name
    assert before.calls is not None
    assert after.calls is not None
    columns = [c for c in before.calls.calls.columns if c != SOURCE_ROW]
    assert after.calls.calls.select(columns).equals(before.calls.calls.select(columns))
    assert {k: p.genes for k, p in after.panels.items()} == {
        k: p.genes for k, p in before.panels.items()
    }


def test_the_export_gives_the_results_of_the_study(demo_study: Path, exported: Path):
    before, after = run(read_study(demo_study)), run(read_study(exported))
    mine, theirs = (json.loads(to_json(results))["analyses"] for results in (before, after))
    assert [item["id"] for item in theirs] == [item["id"] for item in mine]
    for one, other in zip(mine, theirs, strict=True):
        assert other == one, one["id"]


def test_the_pairs_hold_the_endpoints(demo_study: Path, exported: Path):
    derived = assemble(read_study(demo_study)).data.endpoints
    study = read_cbioportal(exported / "portal")
    assert {"HPFS", "TTHP"} <= set(study.pairs)
    for name in ("HPFS", "TTHP"):
        pair = study.pairs[name]
        rules = ColumnRules(pair.months, pair.status, time_unit="months")
        found = endpoint_from_columns(study.cohort, rules, name=name, label=name)
        theirs = derived[name.lower()]
        times = [trace.time for trace in found.traces]
        assert times == pytest.approx(theirs.time.tolist(), abs=1e-9)
        assert [t.event for t in found.traces] == [int(e == 1) for e in theirs.event]


def test_the_folder_keeps_to_the_rules_and_holds_no_calendar_date(exported: Path):
    folder = exported / "portal"
    assert folder_problems(folder) == []
    for path in folder.rglob("*.txt"):
        assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d\b", path.read_text(encoding="utf-8")), path


def test_a_failed_specimen_stays_failed(demo_study: Path):
    file = demo_study / "specimens.csv"
    text = file.read_text(encoding="utf-8")
    calls = (demo_study / "mutations.maf").read_text(encoding="utf-8")
    silent = next(s for s in re.findall(r"SYN-\d+-S\d", text) if s not in calls)
    line = next(line for line in text.splitlines() if line.startswith(silent))
    file.write_text(text.replace(line, line.replace("sequenced", "failed")), encoding="utf-8")
    export_cbioportal(read_study(demo_study), demo_study.parent / "portal")
    specimens = read_cbioportal(demo_study.parent / "portal").cohort.specimens
    assert specimens is not None
    row = specimens.filter(specimen_id=silent).row(0, named=True)
    assert (row["status"], row["panel"]) == ("failed", "SYNTHETIC_PANEL_81")
    assert folder_problems(demo_study.parent / "portal") == []


def test_the_command_writes_the_folder_and_names_what_it_holds(
    embogen: Callable[..., object], demo_study: Path
):
    said = embogen("export", "cbioportal", demo_study, "--out", demo_study.parent / "p", "--json")
    assert said.code == 0
    assert "data_timeline_procedure.txt" in json.loads(said.out)["files"]
    again = embogen("export", "cbioportal", demo_study, "--out", demo_study.parent / "p")
    assert again.code == 2
    assert "is not an empty folder" in again.err


def test_an_identifier_the_portal_does_not_take_is_an_error(
    embogen: Callable[..., object], demo_study: Path
):
    for name in ("patients", "procedures", "assessments", "specimens"):
        file = demo_study / f"{name}.csv"
        text = file.read_text(encoding="utf-8").replace("SYN-001,", "SYN 001,")
        file.write_text(text, encoding="utf-8")
    out = demo_study.parent / "p"
    said = embogen("export", "cbioportal", demo_study, "--out", out)
    assert said.code == 3
    assert '"SYN 001" holds letters cBioPortal does not take' in said.err
    assert not out.exists()


def test_a_mutation_file_without_alleles_is_written_and_said_to_be_incomplete(demo_study: Path):
    file = demo_study / "mutations.maf"
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    at = rows[1].index("Reference_Allele")
    text = "\n".join("\t".join(row[:at] + row[at + 1 :]) for row in rows) + "\n"
    file.write_text(text, encoding="utf-8")
    done = export_cbioportal(read_study(demo_study), demo_study.parent / "p")
    assert any("needs Reference_Allele" in note for note in done.left_out)
    assert any(problem.column == "Reference_Allele" for problem in done.problems)


@dataclasses.dataclass(frozen=True)
class Breach:
    """An edit of an exported file, and what the rules must say of it."""

    file: str
    old: str
    new: str
    expected: str


@pytest.mark.parametrize(
    "breach",
    [
        Breach("meta_study.txt", "type_of_cancer: mixed\n", "", "has no type_of_cancer"),
        Breach("meta_mutations.txt", "stable_id: mutations", "stable_id: x", "is a stable_id"),
        Breach("meta_mutations.txt", "profile_name: Mutations\n", "", "has no profile_name"),
        Breach("data_clinical_patient.txt", "\tSEX\t", "\tsex\t", "in upper case"),
        Breach("data_clinical_patient.txt", "\tSEX\t", "\tMUTATION_COUNT\t", "computes itself"),
        Breach("data_clinical_patient.txt", "0:CENSORED", "CENSORED", "without the prefix"),
        Breach("data_clinical_patient.txt", "HPFS_STATUS", "HP_STATUS", "without HPFS_STATUS"),
        Breach("data_clinical_patient.txt", "\tTRUE", "\tyes", "is not TRUE or FALSE"),
        Breach("data_clinical_sample.txt", "SYN-002-S1", "SYN-001-S1", "in several rows"),
        Breach("data_clinical_sample.txt", "SYN-001-S1", "SYN/1", "is no identifier"),
        Breach("data_mutations.txt", "HGVSp_Short", "HGVSp", "no column HGVSp_Short"),
        Breach("data_mutations.txt", "GRCh37", "hg19", "is not one of GRCh37"),
        Breach("data_mutations.txt", "SYN-001-S1", "SYN-999-S1", "does not occur"),
        Breach("data_gene_panel_matrix.txt", "SYNTHETIC_PANEL_81", "P", "is no gene panel"),
        Breach("data_timeline_imaging.txt", "STOP_DATE", "END_DATE", "no column STOP_DATE"),
        Breach("data_timeline_imaging.txt", "SYN-001\t", "SYN-999\t", "does not occur"),
        Breach("case_lists/cases_all.txt", "_all", "_mine", "has no case list _all"),
        Breach("case_lists/cases_sequenced.txt", "SYN-001-S1", "SYN-999", "is no sample"),
        Breach("case_lists/cases_all.txt", "stable_id: ", "stable_id: x", "does not begin with"),
    ],
    ids=lambda breach: breach.expected,
)
def test_every_rule_notices_its_breach(demo_study: Path, breach: Breach):
    folder = demo_study.parent / "portal"
    export_cbioportal(read_study(demo_study), folder)
    file = folder / breach.file
    text = file.read_text(encoding="utf-8")
    assert breach.old in text
    file.write_text(text.replace(breach.old, breach.new), encoding="utf-8", newline="")
    found = [str(problem) for problem in folder_problems(folder)]
    assert any(breach.expected in problem for problem in found), found
