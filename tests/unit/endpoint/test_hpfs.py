"""HPFS worked by hand: which row decides, who is left out and why."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import polars as pl
import pytest

from embogen.cohort.model import Cohort
from embogen.endpoint.hpfs import HpfsRules, derive_hpfs
from embogen.endpoint.model import DerivedEndpoint
from embogen.errors import DataError

ORIGIN = dt.date(2020, 1, 1)


def day(n: int) -> dt.date:
    """Return the day n days after the origin."""
    return ORIGIN + dt.timedelta(days=n)


def cohort_of(
    scans: Sequence[tuple[str, int, str | None, str | None]],
    *,
    patients: Sequence[str] = ("P",),
    deaths: dict[str, int] | None = None,
    contacts: dict[str, int] | None = None,
    specimens: Sequence[tuple[str, int | None, str]] | None = None,
    procedures: Sequence[tuple[str, int, str]] | None = None,
) -> Cohort:
    """Build a cohort, dates as days from the origin; by default all are embolized on day 0."""

    def dates(days: dict[str, int] | None) -> pl.Series:
        found = [None if p not in (days or {}) else day((days or {})[p]) for p in patients]
        return pl.Series(found, dtype=pl.Date)

    sessions = procedures or [(patient, 0, "TACE") for patient in patients]
    return Cohort(
        patients=pl.DataFrame({"patient_id": list(patients)}).with_columns(
            dates(deaths).alias("death_date"), dates(contacts).alias("last_contact_date")
        ),
        procedures=pl.DataFrame(
            {
                "patient_id": [p for p, _, _ in sessions],
                "date": [day(d) for _, d, _ in sessions],
                "modality": [m for _, _, m in sessions],
            }
        ),
        assessments=pl.DataFrame(
            {
                "patient_id": [p for p, _, _, _ in scans],
                "date": [day(d) for _, d, _, _ in scans],
                "hepatic_status": [liver for _, _, liver, _ in scans],
                "extrahepatic_status": [other for _, _, _, other in scans],
                "source_row": range(2, 2 + len(scans)),
            },
            schema={
                "patient_id": pl.String,
                "date": pl.Date,
                "hepatic_status": pl.String,
                "extrahepatic_status": pl.String,
                "source_row": pl.Int64,
            },
        ),
        specimens=None
        if specimens is None
        else pl.DataFrame(
            {
                "specimen_id": [f"S{i}" for i in range(len(specimens))],
                "patient_id": [p for p, _, _ in specimens],
                "date": [None if d is None else day(d) for _, d, _ in specimens],
                "status": [s for _, _, s in specimens],
            },
            schema={
                "specimen_id": pl.String,
                "patient_id": pl.String,
                "date": pl.Date,
                "status": pl.String,
            },
        ),
    )


def derive(cohort: Cohort, rules: HpfsRules | None = None) -> DerivedEndpoint:
    return derive_hpfs(cohort, rules or HpfsRules(), name="hpfs", label="HPFS")


def outcome(endpoint: DerivedEndpoint) -> dict[str, tuple[float, int]]:
    return {trace.patient_id: (trace.time, trace.event) for trace in endpoint.traces}


def excluded(endpoint: DerivedEndpoint) -> dict[str, str]:
    return {item.patient_id: item.reason for step in endpoint.steps for item in step.excluded}


def test_each_way_follow_up_can_end():
    scans = [
        ("progressed", 60, "stable disease", None),
        ("progressed", 120, "progression", None),
        ("progressed", 180, "progression", None),
        ("died", 90, "partial response", "progression"),
        ("censored", 50, "complete response", "progression"),
        ("censored", 130, "no disease", None),
        ("censored", 160, "not evaluable", "progression"),
    ]
    patients = ("progressed", "died", "censored", "early death")
    cohort = cohort_of(
        scans, patients=patients, deaths={"progressed": 300, "died": 100, "early death": 20}
    )
    endpoint = derive(cohort)
    assert outcome(endpoint) == {
        "progressed": (120.0, 1),
        "died": (100.0, 1),
        "censored": (130.0, 0),
        "early death": (20.0, 1),
    }
    reasons = [trace.reason for trace in endpoint.traces]
    assert reasons == [
        "hepatic progression on 2020-04-30 (assessments row 3)",
        "death on 2020-04-10",
        "no event until the last liver assessment on 2020-05-10 (assessments row 7)",
        "death on 2020-01-21",
    ]
    assert not excluded(endpoint)


def test_extrahepatic_progression_is_an_event_only_when_the_plan_says_so():
    scans = [
        ("P", 60, "stable disease", "progression"),
        ("P", 120, "progression", "progression"),
    ]
    assert outcome(derive(cohort_of(scans))) == {"P": (120.0, 1)}
    rules = HpfsRules(events=("hepatic_progression", "extrahepatic_progression", "death"))
    assert outcome(derive(cohort_of(scans), rules)) == {"P": (60.0, 1)}


def test_death_need_not_be_an_event():
    scans = [("P", 60, "stable disease", None)]
    rules = HpfsRules(events=("hepatic_progression",))
    assert outcome(derive(cohort_of(scans, deaths={"P": 90}), rules)) == {"P": (60.0, 0)}
    rules = HpfsRules(events=("hepatic_progression",), censor="last_contact")
    assert outcome(derive(cohort_of(scans, deaths={"P": 90}), rules)) == {"P": (90.0, 0)}


def test_censoring_at_last_contact_takes_the_later_of_contact_and_scan():
    scans = [("A", 60, "stable disease", None), ("B", 60, "stable disease", None)]
    cohort = cohort_of(scans, patients=("A", "B", "C"), contacts={"A": 90, "B": 30, "C": 10})
    rules = HpfsRules(censor="last_contact")
    assert outcome(derive(cohort, rules)) == {"A": (90.0, 0), "B": (60.0, 0), "C": (10.0, 0)}


def test_scans_before_or_on_the_day_of_the_origin_show_the_disease_that_was_treated():
    scans = [
        ("P", -10, "progression", None),
        ("P", 0, "progression", None),
        ("P", 80, "stable disease", None),
    ]
    assert outcome(derive(cohort_of(scans))) == {"P": (80.0, 0)}


def test_the_first_embolization_is_the_origin_whatever_else_was_done():
    procedures = [("P", 40, "TARE"), ("P", -30, "ablation"), ("P", 10, "bland embolization")]
    scans = [("P", 110, "progression", None)]
    cohort = cohort_of(scans, procedures=procedures)
    endpoint = derive(cohort)
    assert endpoint.traces[0].origin == day(10)
    assert outcome(endpoint) == {"P": (100.0, 1)}


def test_every_patient_left_out_stands_in_the_flow_with_a_reason():
    scans = [
        ("fine", 60, "progression", None),
        ("blind", 60, "not evaluable", None),
        ("before", -5, "stable disease", None),
    ]
    patients = ("fine", "none", "blind", "before", "unseen", "same day")
    procedures = [(p, 0, "TACE") for p in patients if p != "none"]
    cohort = cohort_of(scans, patients=patients, procedures=procedures, deaths={"same day": 0})
    endpoint = derive(cohort)
    assert outcome(endpoint) == {"fine": (60.0, 1)}
    reasons = excluded(endpoint)
    assert reasons["none"] == "no embolization in the procedures table"
    assert reasons["blind"].startswith("no assessment after the embolization in which the liver")
    assert reasons["before"] == "no assessment after the embolization, and no event"
    assert reasons["unseen"] == reasons["before"]
    assert reasons["same day"].startswith("never at risk: origin on 2020-01-01")
    counts = [(step.n_before, step.n_after) for step in endpoint.steps]
    assert counts == [(6, 5), (5, 2), (2, 1)]
    assert endpoint.steps[0].n_before - len(reasons) == len(endpoint.traces)


def test_delayed_entry_at_the_qualifying_specimen():
    """Naive risk time starts at 0; delayed at the specimen when that is after the origin."""
    patients = ("before", "at", "after", "late", "none", "far", "undated")
    scans = [(p, 100, "progression", None) for p in patients]
    specimens = [
        ("before", -30, "sequenced"),
        ("at", 0, "sequenced"),
        ("after", 40, "sequenced"),
        ("late", 100, "sequenced"),
        ("far", -200, "sequenced"),
        ("undated", None, "sequenced"),
    ]
    cohort = cohort_of(scans, patients=patients, specimens=specimens)
    endpoint = derive(cohort, HpfsRules(entry="specimen_date", specimen_window_days=182.625))
    assert endpoint.delayed_entry
    assert {t.patient_id: (t.entry_time, t.time) for t in endpoint.traces} == {
        "before": (0.0, 100.0),
        "at": (0.0, 100.0),
        "after": (40.0, 100.0),
    }
    reasons = excluded(endpoint)
    assert reasons["late"].startswith("never at risk: specimen on 2020-04-10 is not before the end")
    assert reasons["none"] == "entry is not known: no specimen"
    assert reasons["far"].startswith(
        "entry is not known: specimen of 2019-06-15 is 200 days before"
    )
    assert reasons["undated"] == "entry is not known: the specimen has no date"


def test_a_failed_specimen_decides_entry_only_where_none_was_sequenced():
    scans = [(p, 100, "progression", None) for p in ("A", "B")]
    specimens = [("A", 10, "failed"), ("A", 50, "sequenced"), ("B", 20, "failed")]
    cohort = cohort_of(scans, patients=("A", "B"), specimens=specimens)
    endpoint = derive(cohort, HpfsRules(entry="specimen_date"))
    assert {t.patient_id: t.entry_time for t in endpoint.traces} == {"A": 50.0, "B": 20.0}


def test_immortal_time_is_told_where_entry_is_not_delayed():
    scans = [("P", 100, "progression", None)]
    cohort = cohort_of(scans, specimens=[("P", 40, "sequenced")])
    assert "specimen_after_origin" in [item.code for item in derive(cohort).caveats]
    prior = cohort_of(scans, specimens=[("P", -40, "sequenced")])
    assert "specimen_after_origin" not in [item.code for item in derive(prior).caveats]


def test_a_long_time_without_a_look_at_the_liver_is_told():
    scans = [("A", 60, "stable disease", None), ("B", 60, "stable disease", None)]
    cohort = cohort_of(scans, patients=("A", "B"), deaths={"A": 300, "B": 200})
    (caveat,) = derive(cohort).caveats
    assert caveat.code == "long_assessment_gap"
    assert caveat.evidence == {"patients": 1, "longest_gap_days": 240}


def test_assessments_that_cannot_be_evaluated_are_counted():
    scans = [
        ("P", 30, None, None),
        ("P", 60, "not evaluable", None),
        ("P", 90, "progression", None),
    ]
    (caveat,) = derive(cohort_of(scans)).caveats
    assert (caveat.code, caveat.evidence) == ("status_unknown", {"assessments": 2, "of": 3})


def test_rows_in_another_order_give_the_same_endpoint():
    scans = [
        ("A", 60, "stable disease", None),
        ("B", 70, "progression", None),
        ("A", 90, None, None),
    ]
    cohort = cohort_of(scans, patients=("A", "B"), deaths={"A": 120})
    assert cohort.assessments is not None
    turned = Cohort(
        cohort.patients.reverse(), cohort.procedures, cohort.assessments.reverse(), None
    )
    assert sorted(derive(cohort).traces, key=lambda t: t.patient_id) == sorted(
        derive(turned).traces, key=lambda t: t.patient_id
    )


def test_the_rule_card_states_every_choice():
    rules = HpfsRules(entry="specimen_date", specimen_window_days=182.625)
    card = dict(derive(cohort_of([("P", 9, "progression", None)], specimens=[]), rules).rules.rows)
    assert card["Not an event"] == "progression outside the liver"
    assert card["Qualifying specimen"] == "within 6 months of the origin, either side"
    assert card["Censoring"] == "last assessment in which the liver was evaluable"


def test_an_unknown_event_is_refused():
    with pytest.raises(ValueError, match="a subset of hepatic_progression"):
        HpfsRules(events=("relapse",))


def test_a_column_that_a_rule_rests_on_must_be_there():
    cohort = cohort_of([("P", 9, "progression", None)])
    assert cohort.assessments is not None
    bare = Cohort(
        cohort.patients.select("patient_id"),
        cohort.procedures,
        cohort.assessments.drop("hepatic_status", "extrahepatic_status"),
        files={"patients": "p.csv", "assessments": "a.csv"},
    )
    rules = HpfsRules(
        events=("hepatic_progression", "extrahepatic_progression", "death"), censor="last_contact"
    )
    with pytest.raises(DataError) as caught:
        derive(bare, rules)
    found = [str(problem).split(", and")[0] for problem in caught.value.problems]
    assert found == [
        "a.csv row 1: there is no column hepatic_status",
        "a.csv row 1: there is no column extrahepatic_status",
        "p.csv row 1: there is no column death_date",
        "p.csv row 1: there is no column last_contact_date",
    ]


TTHP = HpfsRules(events=("hepatic_progression",), death="competing")


def test_death_competes_with_progression_instead_of_censoring_it():
    scans = [
        ("progressed", 60, "progression", None),
        ("died", 90, "stable disease", "progression"),
        ("both on one day", 100, "progression", None),
        ("alive", 130, "stable disease", None),
    ]
    patients = ("progressed", "died", "both on one day", "alive", "never seen")
    deaths = {"progressed": 300, "died": 200, "both on one day": 100, "never seen": 20}
    endpoint = derive(cohort_of(scans, patients=patients, deaths=deaths), TTHP)
    assert outcome(endpoint) == {
        "progressed": (60.0, 1),
        "died": (200.0, 2),
        "both on one day": (100.0, 1),
        "alive": (130.0, 0),
        "never seen": (20.0, 2),
    }
    assert endpoint.causes == ("hepatic progression", "death")
    rules = dict(endpoint.rules.rows)
    assert rules["Event"] == "progression in the liver"
    assert rules["Competing event"] == "death from any cause"
    assert rules["Not an event"] == "progression outside the liver"


def test_death_that_does_not_compete_leaves_one_cause():
    scans = [("P", 90, "stable disease", None)]
    for death in (None, "censor"):
        rules = HpfsRules(events=("hepatic_progression",), death=death)
        endpoint = derive(cohort_of(scans, deaths={"P": 200}), rules)
        assert outcome(endpoint) == {"P": (90.0, 0)}
        assert endpoint.causes == ("event",)


def test_a_competing_death_needs_the_dates_of_death():
    cohort = cohort_of([("P", 90, "stable disease", None)])
    blind = dataclasses.replace(cohort, patients=cohort.patients.drop("death_date"))
    with pytest.raises(DataError, match="death_date"):
        derive(blind, TTHP)


@pytest.mark.parametrize(
    ("events", "death"),
    [
        (("hepatic_progression", "death"), "competing"),
        (("hepatic_progression", "death"), "censor"),
        (("hepatic_progression",), "event"),
    ],
)
def test_death_cannot_be_two_things(events, death):
    with pytest.raises(ValueError, match="contradicts"):
        HpfsRules(events=events, death=death)
