"""From the plan's words to the rules of an endpoint on a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.endpoint.timeline import TimelineRules

if TYPE_CHECKING:
    from embogen.study.plan import RowDescription, TimelineEndpoint


def timeline_rules(spec: TimelineEndpoint) -> TimelineRules:
    """Write the rules of an endpoint on a timeline as the endpoint understands them."""
    return TimelineRules(
        events=tuple(_rule(row) for row in spec.timeline),
        origin=None if spec.origin_row is None else _rule(spec.origin_row),
        entry=None if spec.entry_row is None else _rule(spec.entry_row),
        deaths=None if spec.death_row is None else _rule(spec.death_row),
        follow_up=spec.follow_up,
        death=spec.death,
    )


def _rule(row: RowDescription) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in row.items()}
