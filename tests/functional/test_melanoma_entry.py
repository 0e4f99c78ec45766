"""The real melanoma cohort: biopsies before anti-PD-1, and mostly after the first ipilimumab.

Expected values are those of R 4.2.2, survival 3.5-3, on the file as it is:

    d <- read.delim("merged_clinical_data.tsv", check.names = FALSE)
    survfit(Surv(PFS, progressed) ~ 1, d);  coxph(Surv(PFS, progressed) ~ Brain_Met, d)
    d$b <- as.numeric(d$daysBiopsyAfterIpiStart);  i <- d[!is.na(d$b), ]
    i$t <- i$OS - i$daysBiopsyToPD1 + i$b           # ipilimumab to death
    survfit(Surv(t, dead) ~ 1, i);  survfit(Surv(pmax(b, 0), t, dead) ~ 1, i)
    l <- i[i$b <= 182.625 & i$t > 182.625, ];  survfit(Surv(t - 182.625, dead) ~ 1, l)
    survfit(Surv(t, dead) ~ 1, i[i$b <= 0, ])
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from embogen import read_study, run
from embogen.inference.entry_audit import EntryAudit

FILE = "merged_clinical_data.tsv"
PLAN = """schema = 1
[study]
id = "melanoma"
title = "Entry at the biopsy, melanoma under anti-PD-1"
[data]
patients = { file = "FILE", key = "sample" }
[endpoint.e]
label = "ENDPOINT"
time = "TIME"
time_unit = "days"
event = "EVENT"
specimen = "SPECIMEN"
[variable.Brain_Met]
type = "flag"
meaning = "Brain metastasis."
[covariate.brain]
column = "Brain_Met"
label = "Brain metastasis"
[[analysis]]
id = "audit"
kind = "entry_audit"
endpoint = "e"
terms = ["brain"]
"""


@pytest.fixture
def cohort(data_dir: Path, tmp_path: Path) -> Path:
    if not (data_dir / "melanoma_antipd1").is_dir():
        pytest.skip("EMBOGEN_DATA holds no melanoma_antipd1: the cohort is not committed")
    shutil.copy(data_dir / "melanoma_antipd1" / FILE, tmp_path)
    return tmp_path


def audit_of(folder: Path, *, file: str = FILE, **columns: str) -> EntryAudit:
    text = PLAN.replace("FILE", file)
    for name, column in columns.items():
        text = text.replace(name.upper(), column)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (analysis,) = run(read_study(folder)).analyses
    assert analysis.error is None
    assert isinstance(analysis.result, EntryAudit)
    return analysis.result


def test_biopsies_before_anti_pd1_change_nothing_and_the_audit_says_so(cohort: Path):
    found = audit_of(
        cohort, endpoint="PFS", time="PFS", event="progressed", specimen="daysBiopsyToPD1"
    )
    assert [(item.when, item.n, item.n_events) for item in found.counts] == [
        ("before_or_at_origin", 52, 45),
        ("before_event", 0, 0),
        ("at_or_after_event", 0, 0),
    ]
    naive = found.estimate("naive")
    assert naive.median.value == 101.5
    assert naive.ratios[0].hr.value == pytest.approx(2.8045799621448824, rel=1e-7)
    for way in ("delayed_entry", "baseline_biopsy"):
        same = found.estimate(way)
        assert (same.n, same.n_events, same.median) == (52, 45, naive.median)
        assert same.ratios[0].hr.value == pytest.approx(naive.ratios[0].hr.value, rel=1e-9)
    landmark = found.estimate("landmark")
    assert (landmark.n, landmark.n_events) == (20, 13)
    assert landmark.median.value == pytest.approx(740.375, abs=1e-9)
    assert found.truncation.p_value is None  # nobody enters late


def test_counted_from_ipilimumab_most_biopsies_are_late_and_survival_looks_longer(cohort: Path):
    with (cohort / FILE).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    lines = ["sample\tipi_days\tdead\tbiopsy_days\tBrain_Met"]
    for row in rows:
        biopsy = row["daysBiopsyAfterIpiStart"]
        if biopsy != "na":  # never had ipilimumab
            days = int(row["OS"]) - int(row["daysBiopsyToPD1"]) + int(biopsy)
            lines.append(f"{row['sample']}\t{days}\t{row['dead']}\t{biopsy}\t{row['Brain_Met']}")
    (cohort / "from_ipi.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = audit_of(
        cohort,
        file="from_ipi.tsv",
        endpoint="OS",
        time="ipi_days",
        event="dead",
        specimen="biopsy_days",
    )
    assert [(item.when, item.n) for item in found.counts] == [
        ("before_or_at_origin", 6),
        ("before_event", 27),
        ("at_or_after_event", 0),
    ]
    medians = {item.way: (item.n, item.n_events, item.median.value) for item in found.estimates}
    assert medians == {
        "naive": (33, 22, 897),
        "delayed_entry": (33, 22, 684),
        "landmark": (14, 11, pytest.approx(526.875, abs=1e-9)),
        "baseline_biopsy": (6, 5, 556.5),
    }
    naive, delayed = (found.estimate(way).ratios[0].hr.value for way in ("naive", "delayed_entry"))
    assert naive == pytest.approx(3.5281040377796615, rel=1e-7)
    assert delayed == pytest.approx(2.8709975512092125, rel=1e-7)
    assert found.truncation.p_value is not None  # and now it can be tested
