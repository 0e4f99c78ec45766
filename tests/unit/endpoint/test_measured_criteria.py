"""RECIST, mRECIST and volume as the criterion of an endpoint, worked by hand."""

from __future__ import annotations

import dataclasses

import polars as pl
from one_patient_clinic import LESIONS, PD, SD, clinic, derive, outcome

from embogen.endpoint.hpfs_rules import THRESHOLDS, MeasuredRules


def test_recist_of_the_lesions_table_decides_against_the_recorded_status():
    # nadir 20: 24 is +20% and 4 mm; 26 is +30% and 6 mm
    cohort = clinic([(90, PD, None), (180, PD, None), (270, SD, None)], lesions=LESIONS)
    assert outcome(cohort) == (90, 1)
    endpoint = derive(cohort, criterion="recist_1_1")
    (trace,) = endpoint.traces
    assert (trace.time, trace.event) == (270, 1)
    assert trace.reason == (
        "hepatic progression on 2020-09-27 (lesions row 5: sum 26 over nadir 20 mm)"
    )
    assert endpoint.best_responses == {"P": "partial response"}


def test_mrecist_reads_the_enhancing_diameters():
    # 20, 10, 12: +20%, and mRECIST asks for no millimetres
    rules = MeasuredRules(THRESHOLDS["mrecist"])
    cohort = clinic(lesions=LESIONS)
    assert outcome(cohort, criterion="mrecist", measured=rules) == (180, 1)


def test_the_reference_may_be_the_baseline():
    thresholds = dataclasses.replace(THRESHOLDS["recist_1_1"], reference="baseline")
    cohort = clinic(lesions=LESIONS)
    choices = {"criterion": "recist_1_1", "measured": MeasuredRules(thresholds)}
    assert outcome(cohort, **choices) == (270, 0)


def test_scans_without_measurement_keep_their_say_outside_the_liver():
    pfs = ("hepatic_progression", "extrahepatic_progression", "death")
    cohort = clinic([(120, PD, PD)], lesions=LESIONS)
    assert outcome(cohort, criterion="recist_1_1") == (270, 1)
    assert outcome(cohort, criterion="recist_1_1", events=pfs) == (120, 1)


def test_without_a_baseline_nobody_is_judged_and_it_is_said():
    cohort = clinic([(90, SD, None)], lesions=LESIONS[1:], death=300)
    endpoint = derive(cohort, criterion="recist_1_1")
    assert [(t.time, t.event) for t in endpoint.traces] == [(300, 1)]
    assert "no_baseline_scan" in {caveat.code for caveat in endpoint.caveats}
    window = MeasuredRules(baseline_window_days=9)
    late = derive(clinic(lesions=LESIONS, death=300), criterion="recist_1_1", measured=window)
    assert "no_baseline_scan" in {caveat.code for caveat in late.caveats}


def test_lesions_of_other_organs_are_not_looked_at():
    cohort = clinic(lesions=[*LESIONS[:2], (180, "x", "new", 30.0), (270, "a", "target", 20.0)])
    assert outcome(cohort, criterion="recist_1_1") == (180, 1)
    assert cohort.lesions is not None
    organs = pl.Series("organ", ["Liver", None, "lung", "liver"])
    elsewhere = dataclasses.replace(cohort, lesions=cohort.lesions.with_columns(organs))
    assert outcome(elsewhere, criterion="recist_1_1") == (270, 0)


def test_liver_volume_has_thresholds_of_its_own():
    scans = [(-5, None, None), (90, None, None), (180, None, None), (270, None, None)]
    # 100, 35 (-65%), 60 (+71%), 61 (+74%)
    cohort = clinic(scans, volumes=[100, 35, 60, 61])
    rules = MeasuredRules(THRESHOLDS["liver_volume"])
    endpoint = derive(cohort, criterion="liver_volume", measured=rules)
    assert [(t.time, t.event) for t in endpoint.traces] == [(270, 1)]
    assert endpoint.best_responses == {"P": "partial response"}
    steep = dataclasses.replace(THRESHOLDS["liver_volume"], progression_absolute=30.0)
    choices = {"criterion": "liver_volume", "measured": MeasuredRules(steep)}
    assert outcome(cohort, **choices) == (270, 0)
