from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.evidence.targets import parse_targets, read_targets


def shipped() -> dict:
    text = resources.files("embogen.study").joinpath("demo_data/published.json").read_text("utf-8")
    return json.loads(text)


def problems_of(raw: object) -> list[str]:
    text = raw if isinstance(raw, str) else json.dumps(raw)
    with pytest.raises(DataError) as caught:
        parse_targets(text, "targets.json")
    return [str(problem) for problem in caught.value.problems]


def test_printed_strings_are_kept():
    targets = parse_targets(json.dumps(shipped()), "targets.json")
    assert [row.term for row in targets.univariable] == ["MEN1", "DAXX", "TP53", "TSC2", "grade"]
    assert targets.univariable[3].ci_high == "6.40"
    assert targets.multivariable[0].hr == "3.50"
    assert targets.model_terms == ("DAXX", "grade")
    assert targets.cohort.n == "35"
    assert targets.cohort.sex == {"men": "19", "women": "16"}


def test_bare_numbers_keep_their_digits():
    raw = '{"cohort": {"n": 35}, "univariable": [{"term": "A", "hr": 3.50, "ci_low": 1.07, '
    targets = parse_targets(raw + '"ci_high": 11.40, "p_value": 0.038}]}', "targets.json")
    assert targets.univariable[0].hr == "3.50"
    assert targets.univariable[0].ci_high == "11.40"


def test_all_problems_come_at_once_with_their_places():
    raw = shipped()
    raw["cohort"]["n"] = None
    raw["cohort"]["sex"]["men"] = "nineteen"
    raw["cohort"]["altered"]["MEN1"] = "11.5"
    raw["univariable"][0]["hr"] = "NR"
    del raw["univariable"][1]["ci_low"]
    raw["univariable"][2]["ci_low"] = "3.10"
    raw["univariable"].append("DAXX 7.19")
    raw["multivariable"]["terms"] = ["MEN1", "grade"]
    text = "\n".join(problems_of(raw))
    for needle in (
        "targets.json, cohort.n: is missing",
        'cohort.sex.men: "nineteen" is not a printed number',
        'cohort.altered.MEN1: "11.5" is not a number of patients',
        'univariable[0].hr: "NR" is not a printed number',
        "univariable[1].ci_low: is missing",
        "TP53: the hazard ratio 2.81 is not in 3.10 to 8.15",
        "univariable[5]: is not a row with a term",
        "DAXX is not among multivariable.terms",
    ):
        assert needle in text


def test_counts_that_exceed_the_cohort():
    raw = shipped()
    raw["cohort"]["grade"]["3"] = 11
    raw["cohort"]["altered"]["DAXX"] = 36
    text = "\n".join(problems_of(raw))
    assert "cohort.grade: adds up to 36 patients, more than the 35 studied" in text
    assert "cohort.altered.DAXX: 36 of 35 patients cannot be altered" in text


def test_a_term_twice():
    raw = shipped()
    raw["univariable"].append(raw["univariable"][0])
    assert any("MEN1 has several rows" in text for text in problems_of(raw))


@pytest.mark.parametrize(
    ("raw", "needle"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "holds no row"),
        ('{"cohort": [], "univariable": {}}', "is not an object of named figures"),
        ('{"cohort": {"n": 3}, "univariable": {}}', "is not a list"),
    ],
)
def test_files_that_are_something_else(raw, needle):
    assert any(needle in text for text in problems_of(raw))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read: no such file"):
        read_targets(tmp_path / "nowhere.json")


def test_a_file_of_another_encoding(tmp_path: Path):
    path = tmp_path / "targets.json"
    path.write_bytes('{"source": "Zürich"}'.encode("latin-1"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_targets(path)


def test_a_folder(tmp_path: Path):
    with pytest.raises(DataError, match="is a directory"):
        read_targets(tmp_path)


def test_the_file_of_the_model_study(data_dir: Path):
    path = data_dir.parent / "abstract_targets.json"
    if not path.is_file():
        pytest.skip("abstract_targets.json is not beside the data folder")
    given = read_targets(path)
    assert given.univariable == parse_targets(json.dumps(shipped()), "x").univariable
    assert given.cohort == parse_targets(json.dumps(shipped()), "x").cohort
