"""The audit of entry on few patients: who is in which way, and what it gives, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.cox import fit_cox
from embogen.inference.curves import kaplan_meier
from embogen.inference.design import Design
from embogen.inference.entry_audit import AuditTerm, EntryAudit, entry_audit
from embogen.surv import Surv

# specimen at the origin, before, at (censored); late twice, after the landmark; at event, after end
TIME = np.array([100.0, 300.0, 250.0, 200.0, 350.0, 400.0, 150.0, 220.0])
EVENT = np.array([1, 1, 0, 1, 1, 1, 1, 0])
SPECIMEN = np.array([0.0, -20.0, 0.0, 60.0, 90.0, 300.0, 150.0, 221.0])
GENE = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, np.nan, 1.0])


def audit(**options: object) -> EntryAudit:
    known = ~np.isnan(GENE)
    term = AuditTerm(Design.from_arrays(GENE[known, None], ["gene"]), known)
    return entry_audit(Surv(TIME, EVENT), SPECIMEN, [term], landmark_days=120, **options)  # type: ignore[arg-type]


def test_patients_are_classed_by_when_their_specimen_was_taken():
    counts = {item.when: (item.n, item.n_events) for item in audit().counts}
    assert counts == {
        "before_or_at_origin": (3, 2),
        "before_event": (3, 3),
        "at_or_after_event": (2, 1),
    }


def test_each_way_keeps_its_patients_and_counts_the_others():
    found = {
        item.way: (item.n, item.n_events, [(x.reason, x.n) for x in item.left_out])
        for item in audit().estimates
    }
    assert found == {
        "naive": (8, 6, []),
        "delayed_entry": (6, 5, [("specimen at or after the end of follow-up", 2)]),
        "landmark": (
            4,
            3,
            [
                ("event or end of follow-up by the landmark", 1),
                ("specimen after the landmark", 3),
            ],
        ),
        "baseline_biopsy": (3, 2, [("specimen after the origin", 5)]),
    }
    assert all(n + sum(k for _, k in out) == 8 for n, _, out in found.values())


@pytest.mark.parametrize(
    ("way", "rows", "entry", "shift"),
    [
        ("naive", [0, 1, 2, 3, 4, 5, 6, 7], None, 0),
        ("delayed_entry", [0, 1, 2, 3, 4, 5], [0, 0, 0, 60, 90, 300], 0),
        ("landmark", [1, 2, 3, 4], None, 120),
        ("baseline_biopsy", [0, 1, 2], None, 0),
    ],
)
def test_medians_and_ratios_are_those_of_the_patients_kept(way, rows, entry, shift):
    found = audit().estimate(way)
    surv = Surv(TIME[rows] - shift, EVENT[rows], entry)
    assert found.median == kaplan_meier(surv).curves[0].median
    known = ~np.isnan(GENE[rows])
    late = None if entry is None else np.array(entry)[known]
    fit = fit_cox(
        Surv(surv.time[known], surv.event[known], late),
        Design.from_arrays(GENE[rows][known][:, None], ["gene"]),
    )
    (ratio,) = found.ratios
    assert ratio.hr == fit.estimates[0].hr or np.isnan(ratio.hr.value)
    assert (ratio.n, ratio.n_events) == (fit.n, fit.n_events)


def test_nobody_left_in_a_way_is_no_error():
    found = entry_audit(Surv([10, 20], [1, 1]), [10, 20], landmark_days=40)
    assert [item.n for item in found.estimates] == [2, 0, 0, 0]
    assert np.isnan(found.estimate("delayed_entry").median.value)
    assert found.truncation.p_value is None
    assert {caveat.code for caveat in found.caveats} == {"specimen_at_event"}


def test_specimens_all_at_the_origin_make_every_way_the_same():
    found = entry_audit(Surv(TIME, EVENT), np.zeros(8), landmark_days=50)
    naive, delayed, _, baseline = (item.median for item in found.estimates)
    assert naive.value == delayed.value == baseline.value
    assert found.truncation.p_value is None
    assert not found.caveats


def test_a_follow_up_of_no_days_is_not_at_risk_from_the_specimen():
    found = entry_audit(Surv([0, 20], [1, 1]), [-5, 0], landmark_days=10)
    delayed = found.estimate("delayed_entry")
    assert [(x.reason, x.n) for x in delayed.left_out] == [("no time at risk", 1)]


def test_what_cannot_be_audited_is_said():
    with pytest.raises(DataError, match="have an entry already"):
        entry_audit(Surv([10], [1], [2]), [0])
    with pytest.raises(DataError, match="no finite number of days"):
        entry_audit(Surv([10], [1]), [np.nan])
    with pytest.raises(DataError, match="specimen days for 1 patients"):
        entry_audit(Surv([10], [1]), [1, 2])
    with pytest.raises(DataError, match="above 0 was expected"):
        entry_audit(Surv([10], [1]), [0], landmark_days=0)
