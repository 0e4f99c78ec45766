"""What every HTML page is made with: templates that escape all text, the style sheet, the flow."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from embogen.numerals import format_count
from embogen.wording import visible

if TYPE_CHECKING:
    from embogen.cohort.flow import PatientFlow

SHOWN_HASH: Final = 16
"""Digits of a hash at the head of a page."""


@cache
def environment() -> Environment:
    """Give the templates; text from data is escaped by all of them."""
    made = Environment(
        loader=PackageLoader("embogen.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters["drawn"] = Markup  # fragments made by render_html and svg, both escaped
    return made


def _harmless(value: object) -> object:
    """Remove control characters from what the template prints; fragments are clean already."""
    return visible(value) if type(value) is str else value


def style_sheet() -> Markup:
    """Give the style sheet, to stand inside a page."""
    source, _, _ = PackageLoader("embogen.report", "templates").get_source(
        environment(), "report.css"
    )
    return Markup(source)  # noqa: S704 - our own style sheet, no data in it


def flow_steps(flow: PatientFlow) -> tuple[tuple[str, str, str], ...]:
    """List steps as (label, patients after it, patients left out at it or empty)."""
    return tuple(
        (
            step.label,
            format_count(step.n_after),
            format_count(len(step.excluded)) if step.excluded else "",
        )
        for step in flow.steps
    )
