"""RECIST 1.1 worked by hand: the rules of Eisenhauer et al. 2009, one short course each."""

from __future__ import annotations

import datetime as dt

import pytest

from embogen.endpoint.recist import JudgedScan, LesionReading, Thresholds, judge_lesions

DAY = dt.date(2020, 1, 1)
CR, PR, SD, PD, NE = (
    "complete response",
    "partial response",
    "stable disease",
    "progression",
    "not evaluable",
)
MISSING = None


def scan(
    targets: tuple[float | None, ...] = (), *others: LesionReading, short: bool = False
) -> list[LesionReading]:
    names = "abcdefg"
    found = [
        LesionReading(names[i], "target", size, short_axis=short) for i, size in enumerate(targets)
    ]
    return [*found, *others]


def non_target(status: str | None = "present", name: str = "n") -> LesionReading:
    return LesionReading(name, "non-target", None, status)


def new(status: str | None = "present", size: float | None = None) -> LesionReading:
    return LesionReading("x", "new", size, status)


def judge(*scans: list[LesionReading], **choices: object) -> tuple[JudgedScan, ...]:
    """Judge scans 90 days apart, the first on the day of treatment."""
    dated = {DAY + dt.timedelta(days=90 * i): items for i, items in enumerate(scans)}
    thresholds = choices.pop("thresholds", Thresholds())
    return judge_lesions(dated, DAY, thresholds, **choices)  # type: ignore[arg-type]


def statuses(*scans: list[LesionReading], **choices: object) -> list[str | None]:
    return [item.status for item in judge(*scans, **choices)[1:]]


def test_thirty_percent_from_baseline_is_a_response_and_a_little_less_is_not():
    # 100 mm: 70 is 30%, 71 is 29%
    assert statuses(scan((60, 40)), scan((42, 28))) == [PR]
    assert statuses(scan((60, 40)), scan((43, 28))) == [SD]


def test_progression_is_counted_from_the_nadir_and_not_from_the_baseline():
    # 100, 50, 60: +20% and +10 mm over the nadir, though 40% below the baseline
    course = (scan((100,)), scan((50,)), scan((60,)))
    assert statuses(*course) == [PR, PD]
    baseline = Thresholds(reference="baseline")
    assert statuses(*course, thresholds=baseline) == [PR, PR]
    assert statuses(*course, scan((120,)), thresholds=baseline) == [PR, PR, PD]


def test_the_baseline_is_the_nadir_where_the_sum_never_fell():
    assert statuses(scan((50,)), scan((59,)), scan((60,))) == [SD, PD]


def test_five_millimetres_are_needed_besides_twenty_percent():
    # 10 to 14 is 40% and 4 mm; 15 is 5 mm
    assert statuses(scan((40,)), scan((10,)), scan((14,)), scan((15,))) == [PR, PR, PD]
    # 100 to 119 is 19 mm and 19%
    assert statuses(scan((100,)), scan((119,)), scan((120,))) == [SD, PD]


def test_tenths_of_a_millimetre_meet_a_limit_exactly():
    # 25.5 to 30.6 is 20% exactly; in binary 30.6 - 25.5 is a little less than 5.1
    assert statuses(scan((25.5,)), scan((30.6,))) == [PD]


def test_progression_goes_on_from_the_nadir_after_it_was_reached():
    assert statuses(scan((100,)), scan((60,)), scan((80,)), scan((65,))) == [PR, PD, PR]


def test_all_lesions_must_be_gone_for_a_complete_response():
    gone = non_target("absent")
    assert statuses(scan((20, 30), non_target()), scan((0, 0), gone)) == [CR]
    assert statuses(scan((20, 30), non_target()), scan((0, 0), non_target())) == [PR]
    # a non-target that was not looked at: CR of the targets is a partial response
    assert statuses(scan((20, 30), non_target()), scan((0, 0))) == [PR]


def test_a_lesion_back_after_a_complete_response_is_progression_however_small():
    assert statuses(scan((20,)), scan((0,)), scan((3,))) == [CR, PD]
    assert statuses(
        scan((20,), non_target()),
        scan((0,), non_target("absent")),
        scan((0,), non_target("present")),
    ) == [CR, PD]


def test_a_lesion_back_after_a_partial_response_is_only_added_to_the_sum():
    # b disappears and comes back at 4 mm: sums 80, 40, 44
    assert statuses(scan((50, 30)), scan((40, 0)), scan((40, 4))) == [PR, PR]
    # and at 10 mm: 50 over a nadir of 40
    assert statuses(scan((50, 30)), scan((40, 0)), scan((40, 10))) == [PR, PD]


def test_a_missing_target_makes_a_scan_not_evaluable_and_no_nadir():
    course = (scan((50, 50)), scan((20, MISSING)), scan((50, 45)))
    assert statuses(*course) == [NE, SD]
    without_row = (scan((50, 50)), scan((20,)))
    assert statuses(*without_row) == [NE]


def test_the_measured_targets_alone_may_show_progression():
    assert statuses(scan((50, 50)), scan((120, MISSING))) == [PD]


def test_new_lesions_and_unequivocal_non_targets_progress_whatever_the_sum():
    assert statuses(scan((50,)), scan((20,), new())) == [PD]
    assert statuses(scan((50,)), scan((MISSING,), new())) == [PD]
    assert statuses(scan((50,)), scan((50,), new(None, 8.0))) == [PD]
    assert statuses(
        scan((50,), non_target()), scan((20,), non_target("unequivocal progression"))
    ) == [PD]


def test_an_equivocal_new_lesion_counts_from_its_first_scan_once_it_is_real():
    assert statuses(scan((50,)), scan((50,), new("equivocal"))) == [SD]
    assert statuses(scan((50,)), scan((50,), new("equivocal")), scan((50,), new())) == [PD, PD]
    assert statuses(scan((50,)), scan((50,), new("equivocal")), scan((50,), new("absent"))) == [
        SD,
        SD,
    ]


def test_only_the_two_largest_targets_are_summed_unless_more_are_allowed():
    # a 30, b 50, c 40: b and c are summed (90), a is followed as a non-target
    course = (scan((30, 50, 40)), scan((60, 50, 40)))
    assert [item.value for item in judge(*course)] == [90, 90]
    assert statuses(*course) == [SD]
    assert statuses(*course, max_targets=3) == [PD]  # 120 to 150
    # the third target still stands in the way of a complete response
    assert statuses(scan((30, 50, 40)), scan((10, 0, 0))) == [PR]
    assert statuses(scan((30, 50, 40)), scan((0, 0, 0))) == [CR]


def test_a_target_below_ten_millimetres_is_not_measurable():
    assert statuses(scan((9,)), scan((20,))) == [SD]
    assert statuses(scan((9,)), scan((20,)), min_target_mm=5) == [PD]


def test_a_short_axis_below_ten_millimetres_is_normal():
    assert statuses(scan((20,), short=True), scan((8,), short=True)) == [CR]
    assert statuses(scan((20,), short=True), scan((8,))) == [PR]


def test_without_targets_the_liver_is_judged_by_its_non_targets():
    assert statuses(scan((), non_target()), scan((), non_target())) == [SD]
    assert statuses(scan((), non_target()), scan((), non_target("absent"))) == [CR]
    assert statuses(scan((), non_target()), scan((), non_target("not evaluable"))) == [NE]
    assert statuses(scan((), non_target()), scan((), new())) == [PD]


@pytest.mark.parametrize(("window", "n"), [(None, 2), (30, 2), (29, 0)])
def test_the_baseline_lies_within_its_window(window: float | None, n: int):
    dated = {DAY - dt.timedelta(days=30): scan((50,)), DAY + dt.timedelta(days=60): scan((50,))}
    assert len(judge_lesions(dated, DAY, Thresholds(), window_days=window)) == n


def test_the_last_scan_before_treatment_is_the_baseline():
    dated = {
        DAY - dt.timedelta(days=60): scan((20,)),
        DAY: scan((40,)),
        DAY + dt.timedelta(days=60): scan((40,)),
    }
    judged = judge_lesions(dated, DAY, Thresholds())
    assert [(item.value, item.status) for item in judged] == [(40, None), (40, SD)]
