"""Where follow-up of one patient ends: the earliest event, or what censors it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embogen.endpoint.hpfs_rules import EVENTS

if TYPE_CHECKING:
    from embogen.endpoint.course import Session
    from embogen.endpoint.hpfs_rules import HpfsRules
    from embogen.endpoint.scans import Scan


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one patient after the origin.

    Parameters
    ----------
    origin
        Its date.
    scans
        Those after the day of the origin, in order.
    death, contact
        Dates of death and of last contact.
    therapy
        The first liver-directed session after the first course and after the origin.
    """

    origin: dt.date
    scans: tuple[Scan, ...]
    death: dt.date | None = None
    contact: dt.date | None = None
    therapy: Session | None = None

    def last_seen(self, before: dt.date) -> Scan | None:
        """Return the last scan before a date on which the liver was evaluable."""
        return next(
            (s for s in reversed(self.scans) if s.date < before and s.liver_evaluable), None
        )


@dataclass(frozen=True, slots=True)
class End:
    """Where follow-up of a patient ends.

    `after` is the date of the last scan without the progression that a later scan showed; None
    where the event was no progression, or its date is that of the scan.
    """

    date: dt.date
    event: int
    reason: str
    after: dt.date | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that ends follow-up; of two on one day the one of lower `order` goes first."""

    date: dt.date
    order: int
    code: int
    reason: str
    scan: Scan | None = None


def find_end(rules: HpfsRules, facts: Facts) -> End | str:
    """Find where follow-up ends, or say why there is none.

    Of an event and a censoring on one day the event counts. On one day progression goes before
    death: it was seen, so it had come first.
    """
    cutoff, why = _cutoff(rules, facts)
    events = [item for item in _events(rules, facts) if cutoff is None or item.date <= cutoff]
    if events:
        first = min(events, key=lambda item: (item.date, item.order))
        return _missed(rules, facts, first) or _dated(rules, facts, first)
    if cutoff is None:
        return _censoring(rules, facts)
    within = replace(facts, scans=tuple(scan for scan in facts.scans if scan.date <= cutoff))
    if rules.censor == "last_contact":
        return End(cutoff, 0, f"no event until {why}")
    end = _censoring(rules, within)
    return end if isinstance(end, str) else replace(end, reason=f"{end.reason}, before {why}")


def _events(rules: HpfsRules, facts: Facts) -> list[_Event]:
    found = []
    competes = {
        "death": rules.death == "competing",
        "extrahepatic_progression": rules.extrahepatic == "compete",
    }
    for order, kind in enumerate(EVENTS):
        if kind not in rules.events and not competes.get(kind, False):
            continue
        code = 1 if kind in rules.events else 2
        if kind == "death":
            if facts.death is not None:
                found.append(_Event(facts.death, order, code, f"death on {facts.death}"))
            continue
        scan = _progression(facts, kind)
        if scan is not None:
            reason = f"{kind.replace('_', ' ')} on {scan.date} ({_place(scan, kind)})"
            found.append(_Event(scan.date, order, code, reason, scan))
    if rules.subsequent_therapy == "event" and facts.therapy is not None:
        item = facts.therapy
        found.append(_Event(item.date, len(EVENTS), 1, _therapy_words(item)))
    return found


def _place(scan: Scan, kind: str) -> str:
    return f"{scan.place}: {scan.note}" if scan.note and kind[0] == "h" else scan.place


def _therapy_words(item: Session) -> str:
    what = item.modality or "liver-directed treatment"
    return f"subsequent {what} on {item.date} (procedures row {item.row})"


def _progression(facts: Facts, kind: str) -> Scan | None:
    liver = kind == "hepatic_progression"
    return next(
        (s for s in facts.scans if (s.liver if liver else s.elsewhere) == "progression"), None
    )


def _cutoff(rules: HpfsRules, facts: Facts) -> tuple[dt.date | None, str]:
    """Return the first date after which nothing counts, and what happened then."""
    found = []
    if rules.subsequent_therapy == "censor" and facts.therapy is not None:
        found.append((facts.therapy.date, _therapy_words(facts.therapy)))
    if rules.extrahepatic == "censor":
        scan = _progression(facts, "extrahepatic_progression")
        if scan is not None:
            words = f"extrahepatic progression on {scan.date} ({scan.place})"
            found.append((scan.date, words))
    return min(found, default=(None, ""))


def _missed(rules: HpfsRules, facts: Facts, event: _Event) -> End | None:
    """Censor before the gap where too many scans were missed before an event."""
    if rules.missed_scans == "carry" or rules.schedule_days is None:
        return None
    seen = facts.last_seen(event.date)
    since = facts.origin if seen is None else seen.date
    missed = missed_scans((event.date - since).days, rules.schedule_days)
    if missed < rules.missed_scans_after:
        return None
    where = "the origin" if seen is None else f"the liver assessment of {seen.place}"
    reason = f"censored at {where} on {since}: {missed} scans missed before {event.reason}"
    return End(since, 0, reason)


def missed_scans(gap_days: float, schedule_days: float) -> int:
    """Count the planned scans that did not take place in a gap that ends with a scan or event.

    A scan may come half an interval early or late before it counts as missed.

    Examples
    --------
    >>> [missed_scans(gap, 90) for gap in (90, 134, 135, 225)]
    [0, 0, 1, 2]
    """
    return max(0, math.floor(gap_days / schedule_days + 0.5) - 1)


def _dated(rules: HpfsRules, facts: Facts, event: _Event) -> End:
    """Date an event: a progression lies between two scans, everything else has its own date."""
    if event.scan is None or rules.event_date == "scan":
        return End(event.date, event.code, event.reason)
    liver = event.order == 0
    clear = [
        scan.date
        for scan in facts.scans
        if scan.date < event.date and (scan.liver_evaluable if liver else scan.elsewhere_evaluable)
    ]
    after = max(clear, default=facts.origin)
    if rules.event_date == "interval":
        return End(event.date, event.code, f"{event.reason}, after {after}", after)
    half = math.ceil((event.date - after).days / 2)
    middle = after + dt.timedelta(days=half)
    return End(middle, event.code, f"{event.reason}, dated midway from {after}", after)


def _censoring(rules: HpfsRules, facts: Facts) -> End | str:
    evaluable: Sequence[Scan] = [scan for scan in facts.scans if scan.liver_evaluable]
    seen = evaluable[-1] if evaluable else None
    if rules.censor == "last_contact":
        last = max(filter(None, (facts.death, facts.contact)), default=None)
        if last is not None and (seen is None or last >= seen.date):
            return End(last, 0, f"no event until the last contact on {last}")
    if seen is not None:
        reason = f"no event until the last liver assessment on {seen.date}"
        return End(seen.date, 0, f"{reason} ({seen.place})")
    if facts.scans:
        return "no assessment after the embolization in which the liver was evaluable, and no event"
    return "no assessment after the embolization, and no event"
