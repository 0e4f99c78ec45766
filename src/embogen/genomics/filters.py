"""Which calls count: by class, origin, variant allele fraction, evidence of being a driver.

Every call that does not count is counted itself, under the first condition it fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem

MUTATION_STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "somatic": "somatic",
        "confirmed somatic variant": "somatic",
        "1": "somatic",
        "true": "somatic",
        "yes": "somatic",
        "germline": "germline",
        "germline variant": "germline",
        "0": "germline",
        "false": "germline",
        "no": "germline",
    }
)
"""Words of Mutation_Status (or of a column of flags, somatic yes or no) in lower case; another
word says that it is not known, as UNKNOWN and an empty cell do."""

THREE_LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Ala": "A",
        "Arg": "R",
        "Asn": "N",
        "Asp": "D",
        "Cys": "C",
        "Gln": "Q",
        "Glu": "E",
        "Gly": "G",
        "His": "H",
        "Ile": "I",
        "Leu": "L",
        "Lys": "K",
        "Met": "M",
        "Phe": "F",
        "Pro": "P",
        "Ser": "S",
        "Thr": "T",
        "Trp": "W",
        "Tyr": "Y",
        "Val": "V",
        "Ter": "*",
    }
)
"""Amino acids as HGVS writes them to their letters."""
_RESIDUE: Final = r"^(?:p\.)?\(?([A-Z][a-z]{2}|[A-Z*])(\d+)"


@dataclass(frozen=True, slots=True)
class Hotspots:
    """Residues that recur in cancer: (gene, residue) pairs such as ``("TP53", "R248")``.

    Parameters
    ----------
    residues
        The pairs.
    classes
        Alteration classes that must lie on one of them; calls of other classes pass.
    source
        The file, as the study names it.
    """

    residues: frozenset[tuple[str, str]]
    classes: frozenset[str] = frozenset({"missense", "inframe"})
    source: str = ""


@dataclass(frozen=True, slots=True)
class VariantFilter:
    """Conditions beyond its class that a call must meet to count.

    Parameters
    ----------
    vaf_min
        Least variant allele fraction, 0 to 1; None for any.
    vaf_unknown, status_unknown
        What becomes of a call whose fraction or status is not known.
    status
        ``somatic`` or ``germline`` calls only, or ``any``.
    driver_values
        Values of the annotation (column ``driver`` of the calls) that make a call a driver;
        () for no such condition. Compared in any case.
    hotspots
        Residues; None for no such condition. With both this and `driver_values` either suffices.
    """

    vaf_min: float | None = None
    vaf_unknown: Literal["keep", "leave_out"] = "keep"
    status: Literal["any", "somatic", "germline"] = "any"
    status_unknown: Literal["keep", "leave_out"] = "keep"
    driver_values: tuple[str, ...] = ()
    hotspots: Hotspots | None = None


NO_CONDITIONS: Final = VariantFilter()
"""Every call of a class that counts counts."""


def counted_calls(
    calls: pl.DataFrame, classes: Collection[str], conditions: VariantFilter, source: str
) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Part the calls that count from those that do not.

    Parameters
    ----------
    calls
        With the columns of `CALL_COLUMNS`, and those of `OPTIONAL_COLUMNS` the conditions need.
    classes
        Alteration classes that count.
    conditions
        What else a call must meet.
    source
        The file, for messages.

    Returns
    -------
    counted
        The calls that count, in the order given.
    caveats
        ``calls_left_out`` with the number left out for each reason, when there are any.

    Raises
    ------
    DataError
        When no call at all tells what a condition asks for.

    Notes
    -----
    A call is left out under its first reason: class, status, fraction, driver.
    """
    _refuse_blind(calls, conditions, source)
    reason = pl.coalesce(
        pl.when(~pl.col("alteration_class").is_in(list(classes))).then(_class_reason()),
        _status_reason(conditions),
        _fraction_reason(conditions),
        _driver_reason(conditions),
    )
    reasons = calls.select(reason.alias("reason")).to_series()
    counted = calls.filter(reasons.is_null())
    return counted, _left_out(reasons.drop_nulls(), calls.height, source)


def _nothing() -> pl.Expr:
    return pl.lit(None, pl.String)


def _class_reason() -> pl.Expr:
    return pl.col("alteration_class").str.replace_all("_", " ")


def _status_reason(conditions: VariantFilter) -> pl.Expr:
    if conditions.status == "any":
        return _nothing()
    other = "germline" if conditions.status == "somatic" else "somatic"
    status = mutation_status()
    reason = pl.when(status == other).then(pl.lit(other))
    if conditions.status_unknown == "leave_out":
        return reason.when(status.is_null()).then(pl.lit("germline or somatic not known"))
    return reason


def mutation_status() -> pl.Expr:
    """Read the column ``mutation_status`` as ``somatic``, ``germline`` or null."""
    folded = pl.col("mutation_status").str.strip_chars().str.to_lowercase()
    return folded.replace_strict(MUTATION_STATUS, default=None, return_dtype=pl.String)


def _fraction_reason(conditions: VariantFilter) -> pl.Expr:
    if conditions.vaf_min is None:
        return _nothing()
    below = pl.lit(f"allele fraction below {conditions.vaf_min:g}")
    reason = pl.when(pl.col("vaf") < conditions.vaf_min).then(below)
    if conditions.vaf_unknown == "leave_out":
        return reason.when(pl.col("vaf").is_null()).then(pl.lit("allele fraction not known"))
    return reason


def _driver_reason(conditions: VariantFilter) -> pl.Expr:
    evidence = []
    if conditions.driver_values:
        wanted = [value.strip().lower() for value in conditions.driver_values]
        driver = pl.col("driver").str.strip_chars().str.to_lowercase()
        evidence.append(driver.is_in(wanted).fill_null(value=False))
    if conditions.hotspots is not None:
        evidence.append(_on_hotspot(conditions.hotspots))
    if not evidence:
        return _nothing()
    word = "not annotated as a driver" if conditions.driver_values else "no hotspot"
    if len(evidence) > 1:
        word = "neither annotated as a driver nor a hotspot"
    return pl.when(~pl.any_horizontal(evidence)).then(pl.lit(word))


def _on_hotspot(hotspots: Hotspots) -> pl.Expr:
    """Whether a call lies on a residue of the list, or is of a class the list is not about."""
    named = [f"{gene} {residue}" for gene, residue in sorted(hotspots.residues)]
    found = pl.concat_str([pl.col("gene"), residue_of("protein_change")], separator=" ")
    about = pl.col("alteration_class").is_in(list(hotspots.classes))
    return ~about | found.is_in(named).fill_null(value=False)


def residue_of(column: str) -> pl.Expr:
    """Read the residue a protein change begins at, one letter and number; null where it has none.

    Examples
    --------
    >>> changes = pl.DataFrame({"change": ["p.R248Q", "p.Arg248Gln", "R248_P250del", "x"]})
    >>> changes.select(residue_of("change")).to_series().to_list()
    ['R248', 'R248', 'R248', None]
    """
    letter = pl.col(column).str.extract(_RESIDUE, 1).replace(THREE_LETTERS)
    return pl.concat_str([letter, pl.col(column).str.extract(_RESIDUE, 2)])


def _refuse_blind(calls: pl.DataFrame, conditions: VariantFilter, source: str) -> None:
    """Raise where a condition would rest on nothing at all."""
    problems = []
    blind = "is not told by any call, and the plan leaves calls out by it"
    if calls.is_empty():
        return
    if conditions.vaf_min is not None and calls["vaf"].null_count() == calls.height:
        remedy = (
            "The file needs t_alt_count and t_ref_count, or a column named under "
            "data.mutations.columns: vaf = ..."
        )
        problems.append(DataProblem(source, blind, remedy, column="allele fraction"))
    if conditions.status != "any" and (
        "mutation_status" not in calls.columns
        or calls.select(mutation_status().is_null().all()).item()
    ):
        remedy = "Name the column under data.mutations.columns: mutation_status = ..."
        problems.append(DataProblem(source, blind, remedy, column="Mutation_Status"))
    if conditions.driver_values and "driver" not in calls.columns:
        remedy = "Give a mutation file with that column, or remove genes.filter.driver."
        problems.append(DataProblem(source, blind, remedy, column="driver annotation"))
    if problems:
        raise DataError(problems)


def _left_out(left: pl.Series, total: int, source: str) -> tuple[Caveat, ...]:
    """Count the reasons of the calls left out."""
    if left.is_empty():
        return ()
    counts = (
        left.to_frame()
        .group_by("reason")
        .agg(pl.len())
        .sort("len", "reason", descending=[True, False])
    )
    reasons = dict(counts.iter_rows())
    shown = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    message = (
        f"Of {total} calls in {source} these do not count as an alteration by the plan: {shown}."
    )
    evidence = {"calls": total, "left_out": len(left), **reasons}
    return (Caveat("calls_left_out", message, evidence),)
