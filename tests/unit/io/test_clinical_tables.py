"""Files to a `Cohort`: every defect named with file, row, column, value, expectation and remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.cohort.schema import Variable
from embogen.errors import DataError
from embogen.io.tables import TableSource, read_cohort

GOOD = {
    "patients": "patient_id,sex,age_years,who_grade,extrahepatic_disease,death_date\n"
    "P1,M,57,G1,yes,2020-12-01\nP2,female,63.5,2,0,\nP3,f,NA,,no,\n",
    "procedures": "procedure_id,patient_id,date,modality\n"
    "E1,P1,2020-01-10,HAE\nE2,P2,2020-02-01,bland embolization\nE3,P2,2020-05-01,TACE\n",
    "assessments": "patient_id,date,hepatic_status,extrahepatic_status\n"
    "P1,2020-04-01,SD,Stable disease\nP1,2020-07-01,PD,NE\nP2,2020-06-01,partial_response,\n",
    "specimens": "specimen_id,patient_id,date,panel,status\n"
    "S1,P1,2020-01-10,IMPACT468,sequenced\nS2,P2,2020-03-01,IMPACT468,failed\n",
}


def write(folder: Path, **changed: str) -> list[TableSource]:
    tables = GOOD | changed
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [TableSource(name, f"{name}.csv", folder) for name in tables]


def read(folder: Path, **changed: str) -> Cohort:
    return read_cohort(write(folder, **changed))[0]


def problems(folder: Path, **changed: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(folder, **changed)
    return [str(problem) for problem in caught.value.problems]


def one_problem(folder: Path, **changed: str) -> str:
    found = problems(folder, **changed)
    assert len(found) == 1, found
    return found[0]


def test_good_tables_are_typed(tmp_path: Path):
    cohort = read(tmp_path)
    assert cohort.patient_ids == ("P1", "P2", "P3")
    patients = cohort.patients
    assert patients["sex"].to_list() == ["male", "female", "female"]
    assert patients["age_years"].to_list() == [57.0, 63.5, None]
    assert patients["who_grade"].to_list() == ["1", "2", None]
    assert patients["extrahepatic_disease"].to_list() == [True, False, False]
    assert patients["death_date"].to_list() == [dt.date(2020, 12, 1), None, None]
    assert cohort.assessments is not None
    assert cohort.assessments["hepatic_status"].to_list() == [
        "stable disease",
        "progression",
        "partial response",
    ]
    assert cohort.procedures is not None
    assert cohort.procedures["modality"].to_list() == [
        "bland embolization",
        "bland embolization",
        "TACE",
    ]
    assert cohort.registry["patients.who_grade"].meaning
    assert cohort.headers["specimens.panel"] == "panel"


def test_rows_files_and_columns_in_another_order_give_the_same_cohort(tmp_path: Path):
    straight = read(tmp_path)
    sources = write(tmp_path)
    for name in GOOD:
        header, *rows = (tmp_path / f"{name}.csv").read_text().splitlines()
        turned = [",".join(reversed(line.split(","))) for line in (header, *reversed(rows))]
        (tmp_path / f"{name}.csv").write_text("\n".join(turned))
    turned_cohort = read_cohort(list(reversed(sources)))[0]
    for name in GOOD:
        before, after = straight.table(name), turned_cohort.table(name)
        assert before is not None
        assert after is not None
        columns = sorted(set(before.columns) - {"source_row"})
        order = pl.all().sort_by(columns)
        assert before.select(columns).select(order).equals(after.select(columns).select(order))


def test_a_wrong_header_comes_with_the_closest(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"].replace("patient_id", "pateint_id"))
    assert found.startswith("patients.csv row 1: there is no column patient_id")
    assert 'Did you mean "pateint_id"?' in found


def test_a_header_that_is_nearly_a_known_one_is_not_lost_in_silence(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"].replace("death_date", "death_dat"))
    assert found.startswith('patients.csv row 1: "death_dat" is no column embogen knows')
    assert 'Did you mean "death_date"?' in found


def test_headers_may_differ_in_case_blanks_and_hyphens(tmp_path: Path):
    text = GOOD["patients"].replace("patient_id", "Patient ID").replace("who_grade", "WHO-grade")
    assert read(tmp_path, patients=text).patients["who_grade"].to_list() == ["1", "2", None]


def test_two_headers_that_could_both_be_meant_are_refused(tmp_path: Path):
    text = "patient_id,Death date,Death_Date\nP1,,\nP2,,\nP3,,\n"
    found = one_problem(tmp_path, patients=text)
    assert '"Death date" and "Death_Date" could both be death_date' in found


def test_a_duplicate_patient_is_named_with_both_rows(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"] + "P2,m,50,1,no,\n")
    assert found.startswith('patients.csv row 5, patient_id: "P2" is the patient of row 3 already')


def test_a_specimen_of_an_unknown_patient(tmp_path: Path):
    found = one_problem(tmp_path, specimens=GOOD["specimens"] + "S3,p3,2020-01-01,X,\n")
    assert found.startswith('specimens.csv row 4, patient_id: "p3" is no patient of patients.csv')


def test_an_unknown_patient_comes_with_the_closest(tmp_path: Path):
    patients = "patient_id\nNLM-0001\nNLM-0002\n"
    procedures = "patient_id,date\nNLM-001,2020-01-01\n"
    found = problems(
        tmp_path,
        patients=patients,
        procedures=procedures,
        assessments="patient_id,date\n",
        specimens="specimen_id,patient_id\n",
    )
    assert len(found) == 1
    assert 'Did you mean "NLM-0001"?' in found[0]


def test_a_death_before_embolization_names_both_places(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"].replace("2020-12-01", "2019-12-01"))
    assert found == (
        'patients.csv row 2, death_date: "2019-12-01" is before the first embolization on '
        "2020-01-10 (procedures.csv row 2). Correct one of the two dates."
    )


def test_what_happens_after_death_is_named_where_it_stands(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"].replace("2020-12-01", "2020-05-01"))
    assert found.startswith(
        'assessments.csv row 3, date: "2020-07-01" puts an assessment after the death of P1 on '
        "2020-05-01"
    )


def test_a_last_contact_after_death(tmp_path: Path):
    patients = "patient_id,death_date,last_contact_date\nP1,2020-12-01,2021-01-01\nP2,,\nP3,,\n"
    found = one_problem(tmp_path, patients=patients)
    assert "last_contact_date" in found
    assert "is after the death on 2020-12-01" in found


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2020-02-30", "is no day of the calendar"),
        ("2020-13-01", "is no day of the calendar"),
        ("03/04/2020", "has a day and a month that cannot be told apart"),
        ("3.4.20", "has a day and a month that cannot be told apart"),
        ("spring 2020", "is not a date; YYYY-MM-DD was expected"),
        ("43831", "is a number; as a serial date of Excel"),
        ("2020", "is not a date; YYYY-MM-DD was expected"),
        ("1020-01-10", "is not in a year from 1900 to 2100"),
        ("2020-01-10 13:45:00", "is not a date"),
    ],
)
def test_dates_that_cannot_be_or_cannot_be_read(tmp_path: Path, cell: str, words: str):
    found = one_problem(tmp_path, procedures=GOOD["procedures"].replace("2020-02-01", cell))
    assert found.startswith(f'procedures.csv row 3, date: "{cell}" {words}')


@pytest.mark.parametrize("cell", ["2020-2-1", "2020-02-01 00:00:00", "2020-02-01T00:00"])
def test_dates_of_other_iso_shapes_are_read(tmp_path: Path, cell: str):
    cohort = read(tmp_path, procedures=GOOD["procedures"].replace("2020-02-01", cell))
    assert cohort.procedures is not None
    assert cohort.procedures["date"][1] == dt.date(2020, 2, 1)


def test_a_declared_date_format_settles_day_and_month(tmp_path: Path):
    sources = write(tmp_path, procedures="patient_id,date\nP1,10/01/2020\nP2,13/01/2020\n")
    date = Variable("date", "date", "Date.", date_format="%d/%m/%Y")
    sources[1] = TableSource("procedures", "procedures.csv", tmp_path, variables=(date,))
    cohort = read_cohort(sources)[0]
    assert cohort.procedures is not None
    assert cohort.procedures["date"].to_list() == [dt.date(2020, 1, 10), dt.date(2020, 1, 13)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("57", "old", 'age_years: "old" is not a number'),
        ("57", "157", 'age_years: "157" is out of range; 0 to 120 years was expected'),
        ("57", "5,7", "has 7 cells, more than the 6 of the header"),
        ("57", "inf", 'age_years: "inf" is not a number'),
        (",G1", ",4", 'who_grade: "4" is not one of 1, 2, 3'),
        ("yes", "perhaps", 'extrahepatic_disease: "perhaps" is not yes or no'),
        ("P1,M", ",M", "patient_id: is empty, and a value was expected"),
    ],
)
def test_a_cell_that_does_not_fit(tmp_path: Path, old: str, new: str, words: str):
    found = problems(tmp_path, patients=GOOD["patients"].replace(old, new, 1))
    assert any(item.startswith("patients.csv row 2") and words in item for item in found), found


def test_the_remedy_names_the_plan_key(tmp_path: Path):
    found = one_problem(tmp_path, patients=GOOD["patients"].replace("G1", "4"))
    assert "variable.who_grade.allowed" in found


def test_all_problems_of_all_files_come_at_once_by_file_and_row(tmp_path: Path):
    found = problems(
        tmp_path,
        patients=GOOD["patients"].replace("57", "x").replace("no,", "maybe,"),
        procedures=GOOD["procedures"].replace("2020-05-01", "2020-05-32").replace("P1", "P9"),
        assessments="",
    )
    assert [item.split(":")[0] for item in found] == [
        "assessments.csv",
        "patients.csv row 2, age_years",
        "patients.csv row 4, extrahepatic_disease",
        "procedures.csv row 2, patient_id",
        "procedures.csv row 4, date",
    ]


def test_mapped_headers_keys_and_declared_variables(tmp_path: Path):
    (tmp_path / "p.csv").write_text("Record,Gender,MELD score\nA,M,12\nB,W,unknown\n")
    source = TableSource(
        "patients",
        "p.csv",
        tmp_path,
        key="Record",
        columns={"sex": "Gender", "meld": "MELD score"},
        variables=(
            Variable("meld", "integer", "MELD score.", minimum=6, maximum=40),
            Variable("sex", "category", "Sex.", allowed=("M", "W")),
        ),
        missing=("unknown",),
    )
    cohort, _ = read_cohort([source])
    assert cohort.patients.drop("source_row").to_dict(as_series=False) == {
        "patient_id": ["A", "B"],
        "sex": ["M", "W"],
        "meld": [12, None],
    }


def test_a_declared_column_that_is_not_there(tmp_path: Path):
    (tmp_path / "p.csv").write_text("patient_id,meld_score\nA,12\n")
    variable = Variable("meld_scor", "integer", "MELD.")
    source = TableSource("patients", "p.csv", tmp_path, variables=(variable,))
    with pytest.raises(DataError, match=r"no column meld_scor, and the study file declares it"):
        read_cohort([source])


def test_a_mapping_to_a_header_that_is_not_there(tmp_path: Path):
    (tmp_path / "p.csv").write_text("patient_id,Gender\nA,M\n")
    source = TableSource("patients", "p.csv", tmp_path, columns={"sex": "gender"})
    with pytest.raises(DataError, match=r'"gender" is no column.*Did you mean "Gender"'):
        read_cohort([source])


def test_undeclared_columns_stay_as_text_and_are_listed(tmp_path: Path):
    cohort = read(tmp_path, patients="patient_id,score\nP1,007\nP2,=1+1\nP3,<b>\n")
    assert cohort.undeclared["patients"] == ("score",)
    assert cohort.patients["score"].to_list() == ["007", "=1+1", "<b>"]


def test_a_row_filter_is_counted_in_the_flow(tmp_path: Path):
    write(tmp_path, patients=GOOD["patients"].replace("\nP1", "\nP1").replace("P3,f", "P3,m"))
    sources = [
        TableSource("patients", "patients.csv", tmp_path, where={"sex": ["female"]}),
        *(TableSource(name, f"{name}.csv", tmp_path) for name in GOOD if name != "patients"),
    ]
    cohort, _ = read_cohort(sources)
    assert cohort.patient_ids == ("P2",)
    (step,) = cohort.steps
    assert (step.label, step.n_before, step.n_after) == ("sex is female", 3, 1)
    assert [item.patient_id for item in step.excluded] == ["P1", "P3"]
    assert cohort.set_aside["specimens"] == {"S1"}
    assert cohort.procedures is not None
    assert set(cohort.procedures["patient_id"]) == {"P2"}


def test_a_filter_that_keeps_nothing_says_what_there_is(tmp_path: Path):
    write(tmp_path)
    source = TableSource("patients", "patients.csv", tmp_path, where={"sex": ["Frau"]})
    with pytest.raises(DataError, match=r"no row holds Frau.*There are: M, f, female"):
        read_cohort([source])


def test_a_folder_an_unknown_suffix_and_no_patients(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    for file, words in (("sub", "is a folder"), ("p.sav", "has the suffix"), ("p.csv", "no such")):
        with pytest.raises(DataError, match=words):
            read_cohort([TableSource("patients", file, tmp_path)])
    (tmp_path / "p.csv").write_text("patient_id\n")
    with pytest.raises(DataError, match="holds no patients"):
        read_cohort([TableSource("patients", "p.csv", tmp_path)])
    with pytest.raises(DataError, match="has no patients table"):
        read_cohort([])


def test_messages_show_no_path_of_the_machine(tmp_path: Path):
    for file in ("absent.csv", "../absent.csv"):
        with pytest.raises(DataError) as caught:
            read_cohort([TableSource("patients", file, tmp_path)])
        assert str(tmp_path) not in str(caught.value)


def test_death_on_the_day_of_a_scan_or_of_the_embolization_is_possible(tmp_path: Path):
    on_scan = GOOD["patients"].replace("2020-12-01", "2020-07-01")
    assert read(tmp_path, patients=on_scan).patients["death_date"][0] == dt.date(2020, 7, 1)
    on_table = GOOD["patients"].replace("2020-12-01", "2020-01-10")
    bare = "patient_id,date,hepatic_status\n"
    cohort = read(tmp_path, patients=on_table, assessments=bare)
    assert cohort.patients["death_date"][0] == dt.date(2020, 1, 10)
