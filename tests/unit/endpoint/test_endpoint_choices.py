"""The choices of a dated endpoint worked by hand: origin, course, treatment, gaps, dates."""

from __future__ import annotations

import dataclasses

import pytest
from one_patient_clinic import FOUR, LESIONS, NE, PD, PR, SD, clinic, derive, outcome

from embogen.endpoint.hpfs_rules import CourseRules, HpfsRules
from embogen.errors import DataError


@pytest.mark.parametrize(
    ("choices", "time"),
    [
        ({}, 400),
        ({"origin": "first_procedure"}, 420),
        # 30 days, then 55 days, are within 60 days of the session before; 300 is not
        ({"origin": "end_of_first_course"}, 315),
        ({"origin": "end_of_first_course", "course": CourseRules(days=54)}, 370),
        ({"origin": "end_of_first_course", "course": CourseRules("planned_staged")}, 315),
        ({"origin": "end_of_first_course", "course": CourseRules("course")}, 370),
        ({"origin": "biopsy"}, 410),
    ],
)
def test_time_runs_from_the_origin_the_plan_names(choices: dict[str, object], time: float):
    cohort = clinic([(90, SD, None), (400, PD, None)], sessions=FOUR, specimen=-10)
    assert outcome(cohort, **choices) == (time, 1)


def test_a_patient_without_the_origin_is_left_out_with_the_reason():
    cohort = clinic([(90, SD, None)], sessions=[(0, "ablation")])
    for choices, words in (
        ({}, "no embolization in the procedures table"),
        ({"origin": "end_of_first_course"}, "no embolization in the procedures table"),
        ({"origin": "biopsy"}, "no such specimen"),
    ):
        endpoint = derive(cohort, **choices)
        assert not endpoint.traces
        assert endpoint.steps[0].excluded[0].reason == words
    assert outcome(cohort, origin="first_procedure") == (90, 0)


def test_overall_survival_needs_no_assessment():
    os = {"events": ("death",), "censor": "last_contact"}
    assert outcome(clinic(death=200, contact=200), **os) == (200, 1)
    assert outcome(clinic([(90, PD, PD)], contact=200), **os) == (200, 0)
    bare = dataclasses.replace(clinic(contact=50), assessments=None)
    assert outcome(bare, **os) == (50, 0)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, (180, 1)),
        ("ignore", (180, 1)),
        ("censor", (90, 0)),
        ("compete", (90, 2)),
    ],
)
def test_extrahepatic_progression_is_what_the_plan_says(choice: str | None, expected):
    cohort = clinic([(90, SD, PD), (180, PD, PD)])
    assert outcome(cohort, extrahepatic=choice) == expected


def test_extrahepatic_progression_and_death_compete_as_one():
    tthp = {"events": ("hepatic_progression",), "death": "competing", "extrahepatic": "compete"}
    endpoint = derive(clinic([(90, SD, None)], death=100), **tthp)
    assert endpoint.causes == ("hepatic progression", "death or extrahepatic progression")
    assert outcome(clinic([(90, SD, None)], death=100), **tthp) == (100, 2)
    assert outcome(clinic([(90, SD, PD)], death=100), **tthp) == (90, 2)
    # seen on one scan, the event goes before what competes with it
    assert outcome(clinic([(90, PD, PD)]), **tthp) == (90, 1)


def test_progression_and_extrahepatic_censoring_on_one_scan_is_an_event():
    assert outcome(clinic([(90, PD, PD)]), extrahepatic="censor") == (90, 1)


@pytest.mark.parametrize(
    ("choice", "expected", "words"),
    [
        ("ignore", (400, 1), "hepatic progression"),
        ("event", (300, 1), "subsequent resection on 2020-10-27 (procedures row 6)"),
        ("censor", (200, 0), "last liver assessment on 2020-07-19"),
    ],
)
def test_subsequent_treatment_is_what_the_plan_says(choice: str, expected, words: str):
    scans = [(90, SD, None), (200, SD, None), (320, SD, None), (400, PD, None)]
    cohort = clinic(scans, sessions=FOUR)
    assert outcome(cohort, subsequent_therapy=choice) == expected
    assert words in derive(cohort, subsequent_therapy=choice).traces[0].reason


def test_planned_sessions_of_the_course_are_no_subsequent_treatment():
    scans = [(60, SD, None), (100, PD, None)]
    cohort = clinic(scans, sessions=[(0, "TACE"), (30, "TACE"), (85, "TACE")])
    assert outcome(cohort, subsequent_therapy="event") == (100, 1)
    short = CourseRules(days=40)
    assert outcome(cohort, subsequent_therapy="event", course=short) == (85, 1)
    assert outcome(cohort, subsequent_therapy="censor", course=short) == (60, 0)
    at_contact = {"censor": "last_contact", "subsequent_therapy": "censor", "course": short}
    assert outcome(cohort, **at_contact) == (85, 0)


def test_an_event_on_the_day_of_subsequent_treatment_counts():
    cohort = clinic([(90, PD, None)], sessions=[(0, "TACE"), (90, "TACE")])
    assert outcome(cohort, subsequent_therapy="censor") == (90, 1)


def test_without_a_scan_before_subsequent_treatment_the_patient_was_not_followed():
    cohort = clinic([(120, PD, None)], sessions=[(0, "TACE"), (90, "TACE")])
    endpoint = derive(cohort, subsequent_therapy="censor")
    assert not endpoint.traces
    assert "no assessment after the embolization" in endpoint.steps[1].excluded[0].reason


def test_progression_is_dated_at_the_scan_midway_or_between():
    scans = [(90, SD, None), (135, NE, None), (181, PD, None)]
    assert outcome(clinic(scans)) == (181, 1)
    # (181 - 90) / 2 = 45.5, rounded up
    assert outcome(clinic(scans), event_date="midpoint") == (136, 1)
    (trace,) = derive(clinic(scans), event_date="interval").traces
    assert (trace.after_time, trace.time, trace.event) == (90, 181, 1)
    # no scan before: since the origin
    assert outcome(clinic([(100, PD, None)]), event_date="midpoint") == (50, 1)


def test_death_has_a_date_of_its_own():
    cohort = clinic([(90, SD, None)], death=181)
    assert outcome(cohort, event_date="midpoint") == (181, 1)
    (trace,) = derive(cohort, event_date="interval").traces
    assert trace.after_time is None


def test_the_interval_of_extrahepatic_progression_is_between_scans_outside_the_liver():
    pfs = ("hepatic_progression", "extrahepatic_progression", "death")
    cohort = clinic([(60, NE, SD), (90, SD, NE), (180, SD, PD)])
    (trace,) = derive(cohort, events=pfs, event_date="interval").traces
    assert (trace.after_time, trace.time) == (60, 180)


def test_intervals_are_told_to_the_reader():
    cohort = clinic([(90, SD, None), (181, PD, None)])
    (caveat,) = [
        c for c in derive(cohort, event_date="interval").caveats if c.code == "interval_censored"
    ]
    assert caveat.evidence == {"events": 1, "median_days": 91, "longest_days": 91}


@pytest.mark.parametrize(
    ("event_day", "after", "expected"),
    [
        (180, 2, (180, 1)),  # 90 days after a scan: none missed
        (270, 2, (270, 1)),  # 180 days: one missed
        (270, 1, (90, 0)),
        (314, 2, (314, 1)),  # 224 days: the second is less than half an interval late
        (315, 2, (90, 0)),  # 225 days: two missed
    ],
)
@pytest.mark.parametrize("kind", ["progression", "death"])
def test_an_event_after_missed_scans_may_be_censored_before_the_gap(
    event_day, after, expected, kind
):
    scans = [(90, SD, None)]
    death = event_day if kind == "death" else None
    if kind == "progression":
        scans.append((event_day, PD, None))
    choices = {"missed_scans": "censor", "missed_scans_after": after, "schedule_days": 90}
    assert outcome(clinic(scans, death=death), **choices) == expected
    assert outcome(clinic(scans, death=death)) == (event_day, 1)


def test_a_gap_that_ends_without_an_event_is_no_censoring():
    cohort = clinic([(90, SD, None), (500, SD, None), (590, PD, None)])
    choices = {"missed_scans": "censor", "schedule_days": 90}
    assert outcome(cohort, **choices) == (590, 1)


def test_an_event_that_follows_no_scan_at_all_leaves_no_time_at_risk():
    endpoint = derive(clinic([(400, PD, None)]), missed_scans="censor", schedule_days=90)
    assert not endpoint.traces
    assert "3 scans missed before hepatic progression" in endpoint.steps[-1].excluded[0].reason


@pytest.mark.parametrize(
    ("statuses", "confirmation", "best"),
    [
        ([SD, PR, PD], None, PR),
        ([SD, PR, PD], 28, SD),
        ([PR, SD, PR, PD], 28, PR),
        ([PD, PR], None, PD),
        ([NE, None], None, NE),
        (["no disease"], None, "complete response"),
        (["complete response", PR], 28, PR),
        (["complete response", "complete response"], 28, "complete response"),
        ([PR, PR], 91, SD),
    ],
)
def test_best_response_is_the_best_before_progression(statuses, confirmation, best):
    scans = [(90 * i, status, None) for i, status in enumerate(statuses, 1)]
    endpoint = derive(clinic(scans, death=999), confirmation_days=confirmation)
    assert endpoint.best_responses == {"P": best}


def test_responses_to_subsequent_treatment_are_not_the_first_ones():
    scans = [(90, SD, None), (400, PR, None)]
    cohort = clinic(scans, sessions=FOUR)
    assert derive(cohort).best_responses == {"P": PR}
    assert derive(cohort, subsequent_therapy="censor").best_responses == {"P": SD}


def test_columns_that_a_choice_rests_on_must_be_there():
    cohort = clinic([(90, SD, None)], lesions=LESIONS)
    assert cohort.procedures is not None
    assert cohort.lesions is not None
    bare = dataclasses.replace(
        cohort,
        procedures=cohort.procedures.drop("course"),
        lesions=cohort.lesions.drop("enhancing_mm"),
        files={"procedures": "p.csv", "lesions": "l.csv"},
    )
    with pytest.raises(DataError) as caught:
        derive(bare, criterion="mrecist", course=CourseRules("course"))
    text = str(caught.value)
    assert "there is no column course" in text
    assert "there is no column enhancing_mm" in text


def test_contradictions_are_refused_together():
    with pytest.raises(ValueError, match='extrahepatic="event" contradicts') as caught:
        HpfsRules(extrahepatic="event", missed_scans="censor")
    assert "needs schedule_days" in str(caught.value)


@pytest.mark.parametrize(
    ("choices", "row", "words"),
    [
        ({"origin": "biopsy"}, "Time origin", "date of the specimen"),
        (
            {"subsequent_therapy": "event"},
            "Event",
            "liver-directed treatment after the first course",
        ),
        ({"subsequent_therapy": "censor"}, "First course of treatment", "within 60 days"),
        ({"extrahepatic": "compete"}, "Competing event", "progression outside the liver"),
        (
            {"extrahepatic": "censor"},
            "Progression outside the liver",
            "last liver assessment up to",
        ),
        ({"criterion": "recist_1_1"}, "Progression", "at least 20% and 5 mm over the reference"),
        ({"criterion": "recist_1_1"}, "Target lesions of the liver", "at most 2"),
        ({"event_date": "midpoint"}, "Event date", "midway"),
        ({"missed_scans": "censor", "schedule_days": 91.0}, "Missed scans", "every 91 days"),
        ({"confirmation_days": 28.0}, "Confirmation of a response", "at least 28 days later"),
    ],
)
def test_the_rule_card_says_what_was_chosen(choices: dict[str, object], row: str, words: str):
    cohort = clinic([(90, SD, None)], lesions=LESIONS, specimen=0)
    card = dict(derive(cohort, **choices).rules.rows)
    assert words in card[row]
