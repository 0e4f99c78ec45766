"""A study file is checked whole: every problem, with its path and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from embogen.errors import PlanError
from embogen.study.parse import parse_study, read_study

GOOD = """schema = 1
[study]
id = "s"
title = "t"
[data]
patients = { file = "p.csv" }
mutations = { file = "m.maf" }
[endpoint.os]
time = "days"
event = "dead"
[covariate.grade]
column = "who_grade"
[[analysis]]
id = "a"
kind = "cox"
endpoint = "os"
terms = ["gene:DAXX", "grade"]
"""


def problems(text: str) -> dict[str, str]:
    with pytest.raises(PlanError) as caught:
        parse_study(text, folder=Path())
    found: dict[str, str] = {}
    for item in caught.value.problems:
        found[item.path] = f"{found.get(item.path, '')} {item.message} {item.remedy}"
    return found


def test_a_good_plan_has_no_problem():
    study = parse_study(GOOD, folder=Path())
    assert study.plan.analysis[0].terms == ["gene:DAXX", "grade"]


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('title = "t"', 'titel = "t"', "study.titel", 'Did you mean "title"?'),
        ('title = "t"', "", "study.title", "missing"),
        ('id = "s"', 'id = "../s"', "study.id", "pattern"),
        ("schema = 1", "schema = 2", "schema", "not one of 1"),
        ('kind = "cox"', 'kind = "coks"', "analysis[1].kind", 'Did you mean "cox"?'),
        ('endpoint = "os"', 'endpoint = "so"', "analysis[1].endpoint", "not a declared endpoint"),
        ('endpoint = "os"', "", "analysis[1].endpoint", "missing"),
        ('"grade"]', '"grad"]', "analysis[1].terms[2]", 'Did you mean "grade"?'),
        ('"grade"]', '"gene:"]', "analysis[1].terms[2]", "names no gene"),
        ('"grade"]', '"gene:DAXX"]', "analysis[1].terms", "stands twice"),
        ('["gene:DAXX", "grade"]', "[]", "analysis[1].terms", "empty"),
        (
            'terms = ["gene',
            'variables = ["grade"]\nterms = ["gene',
            "analysis[1].variables",
            "take",
        ),
        ('mutations = { file = "m.maf" }', "", "analysis[1].terms[1]", "mutations"),
        ('time = "days"', "time = 3", "endpoint.os.time", "string"),
        ('event = "dead"', 'event = "dead"\nevnt = "x"', "endpoint.os.evnt", '"event"'),
        (
            'time = "days"\nevent = "dead"',
            'orign = "first_embolization"',
            "endpoint.os.orign",
            '"origin"',
        ),
        (
            'time = "days"\nevent = "dead"',
            'origin = "first_embolization"',
            "endpoint.os",
            "procedures",
        ),
    ],
)
def test_one_fault_is_one_problem_at_its_path(old, new, path, words):
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert words in found[path]


def test_all_faults_come_together():
    text = GOOD.replace('title = "t"', 'titel = "t"').replace('"grade"]', '"grad"]')
    assert {"study.titel", "study.title", "analysis[1].terms[2]"} <= set(problems(text))


def test_candidates_need_exactly_one_way():
    for inner in ("", "most_frequent = 3, min_altered = 2"):
        found = problems(GOOD + f"[genes]\ncandidates = {{ {inner} }}\n")
        assert "exactly one" in found["genes.candidates"]


def test_two_analyses_may_not_share_an_id():
    block = GOOD[GOOD.index("[[analysis]]") :]
    assert "earlier analysis" in problems(GOOD + block)["analysis[2].id"]


def test_text_that_is_no_toml_names_the_line():
    assert "line 1" in problems("schema = = 1")["study.toml"]


def test_hash_follows_content_not_layout():
    one = parse_study(GOOD, folder=Path())
    reordered = GOOD.replace('id = "s"\ntitle = "t"', '# a comment\ntitle = "t"\nid   = "s"')
    assert parse_study(reordered, folder=Path()).plan_hash == one.plan_hash
    changed = GOOD.replace('title = "t"', 'title = "u"')
    assert parse_study(changed, folder=Path()).plan_hash != one.plan_hash


def test_a_folder_stands_for_its_study_file(tmp_path):
    (tmp_path / "study.toml").write_text(GOOD, encoding="utf-8")
    assert read_study(tmp_path).file_name == "study.toml"


def test_latin_1_is_named(tmp_path):
    (tmp_path / "study.toml").write_bytes(GOOD.replace('"t"', '"t\xfc"').encode("latin-1"))
    with pytest.raises(PlanError, match="UTF-8"):
        read_study(tmp_path)
