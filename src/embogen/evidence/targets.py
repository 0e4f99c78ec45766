"""The printed figures of a publication, kept as the strings that were printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from embogen.errors import DataError, DataProblem
from embogen.evidence.printed import is_printed_number

ROW_FIGURES: Final = ("hr", "ci_low", "ci_high", "p_value")
"""Figures of a printed Cox row."""


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One printed row of a Cox model: hazard ratio, 95% interval and p, as printed."""

    term: str
    hr: str
    ci_low: str
    ci_high: str
    p_value: str

    def figure(self, name: str) -> str:
        """Return one of `ROW_FIGURES`."""
        return {
            "hr": self.hr,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "p_value": self.p_value,
        }[name]


@dataclass(frozen=True, slots=True)
class PrintedCohort:
    """Who was studied, as printed; an absent figure is an empty mapping.

    Parameters
    ----------
    n
        Patients.
    sex
        ``men`` and ``women`` to their numbers.
    age_years
        ``median``, ``min``, ``max``.
    origin
        Site of the primary tumour to the number of patients.
    grade
        Grade to the number of patients, in ascending order of grade.
    altered
        Gene to the number of patients in whom it is altered.
    printed_percent
        Gene, or ``grade_`` and the grade, to the percentage printed.
    """

    n: str
    sex: Mapping[str, str] = field(default_factory=dict)
    age_years: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    grade: Mapping[str, str] = field(default_factory=dict)
    altered: Mapping[str, str] = field(default_factory=dict)
    printed_percent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Targets:
    """What a publication printed.

    Parameters
    ----------
    source
        Where it was printed.
    cohort
        Who was studied.
    univariable
        One row per single-covariate model.
    model_terms
        Covariates of the multivariable model; empty when none was printed.
    multivariable
        The rows of that model that were printed.
    """

    source: str
    cohort: PrintedCohort
    univariable: tuple[PrintedRow, ...]
    model_terms: tuple[str, ...] = ()
    multivariable: tuple[PrintedRow, ...] = ()


def read_targets(path: Path) -> Targets:
    """Read the printed figures of a publication from a JSON file.

    Parameters
    ----------
    path
        JSON with ``source``, ``cohort`` (n, sex, age_years, origin, grade, altered,
        printed_percent), ``univariable`` (rows of term, hr, ci_low, ci_high, p_value) and
        ``multivariable`` (terms, printed rows). Numbers may stand bare or, where trailing zeros
        matter, as strings. Other keys are notes and are not read.

    Raises
    ------
    DataError
        When the file is not there, is no JSON, or a figure is missing, is no printed number or
        contradicts another; every problem at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        problem = DataProblem(path.name, f"cannot be read: {reason}", "Name a JSON file.")
        raise DataError([problem]) from None
    except UnicodeDecodeError:
        remedy = "Save it again as UTF-8."
        raise DataError([DataProblem(path.name, "is not UTF-8 text", remedy)]) from None
    return parse_targets(text, path.name)


def parse_targets(text: str, file: str) -> Targets:
    """Parse the text of a targets file; see `read_targets`.

    Examples
    --------
    >>> row = '{"term": "DAXX", "hr": "7.19", "ci_low": "2.42", "ci_high": "21.33", '
    >>> text = '{"cohort": {"n": 35}, "univariable": [' + row + '"p_value": "0.00038"}]}'
    >>> parse_targets(text, "targets.json").univariable[0].ci_high
    '21.33'
    """
    try:
        raw = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        remedy = "Correct the file there, or write it anew from a JSON editor."
        raise DataError([DataProblem(file, message, remedy, row=error.lineno)]) from None
    reader = _Reader(file)
    targets = reader.targets(raw)
    if reader.problems:
        raise DataError(reader.problems)
    return targets


class _Reader:
    """Collects every problem of a targets file while it is taken apart."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[DataProblem] = []

    def report(self, path: str, message: str, remedy: str, value: str | None = None) -> None:
        self.problems.append(DataProblem(self.file, message, remedy, column=path, value=value))

    def table(self, parent: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        value = parent.get(key, {})
        if isinstance(value, dict):
            return value
        self.report(path, "is not an object of named figures", "Write { name: figure }.")
        return {}

    def items(self, parent: Mapping[str, Any], key: str, path: str) -> list[Any]:
        value = parent.get(key, [])
        if isinstance(value, list):
            return value
        self.report(path, "is not a list", "Write [ ... ].")
        return []

    def printed(self, value: object, path: str) -> str:
        if isinstance(value, str) and is_printed_number(value):
            return value
        remedy = 'Write the digits as printed, in quotes: "3.50", "<.001".'
        if value is None:
            self.report(path, "is missing", remedy)
        else:
            self.report(path, "is not a printed number", remedy, str(value))
        return "0"

    def figures(self, parent: Mapping[str, Any], key: str, path: str) -> dict[str, str]:
        table = self.table(parent, key, path)
        return {str(name): self.printed(value, f"{path}.{name}") for name, value in table.items()}

    def counts(self, parent: Mapping[str, Any], key: str, path: str) -> dict[str, str]:
        table = self.table(parent, key, path)
        return {str(name): self.count(value, f"{path}.{name}") for name, value in table.items()}

    def count(self, value: object, path: str) -> str:
        text = self.printed(value, path)
        if text.isdecimal():
            return text
        self.report(path, "is not a number of patients", "Write a whole number.", text)
        return "0"

    def rows(self, parent: Mapping[str, Any], key: str, path: str) -> tuple[PrintedRow, ...]:
        rows = []
        for place, item in enumerate(self.items(parent, key, path)):
            where = f"{path}[{place}]"
            if not isinstance(item, dict) or not isinstance(item.get("term"), str):
                remedy = 'Write { "term": ..., "hr": ..., "ci_low": ..., ... }.'
                self.report(where, "is not a row with a term", remedy)
                continue
            row = PrintedRow(
                item["term"],
                *(self.printed(item.get(name), f"{where}.{name}") for name in ROW_FIGURES),
            )
            self.check_order(row, where)
            rows.append(row)
        return tuple(rows)

    def check_order(self, row: PrintedRow, where: str) -> None:
        """Report a hazard ratio outside its interval."""
        try:
            low, ratio, high = (float(text) for text in (row.ci_low, row.hr, row.ci_high))
        except ValueError:
            return
        if not 0 < low <= ratio <= high:
            message = (
                f"{row.term}: the hazard ratio {row.hr} is not in {row.ci_low} to {row.ci_high}"
            )
            self.report(where, message, "Compare the row with the publication.")

    def targets(self, raw: object) -> Targets:
        if not isinstance(raw, dict):
            self.report("file", "is not a JSON object", 'Write { "cohort": ..., ... }.')
            return Targets("", PrintedCohort("0"), ())
        cohort = self.cohort(self.table(raw, "cohort", "cohort"))
        model = self.table(raw, "multivariable", "multivariable")
        terms = tuple(str(term) for term in self.items(model, "terms", "multivariable.terms"))
        univariable = self.rows(raw, "univariable", "univariable")
        multivariable = self.rows(model, "printed", "multivariable.printed")
        if not univariable and not multivariable:
            remedy = "Add the printed rows under univariable."
            self.report("univariable", "holds no row, and no other model is there", remedy)
        self.check_terms(univariable, terms, multivariable)
        return Targets(
            source=str(raw.get("source", self.file)),
            cohort=cohort,
            univariable=univariable,
            model_terms=terms,
            multivariable=multivariable,
        )

    def cohort(self, raw: Mapping[str, Any]) -> PrintedCohort:
        cohort = PrintedCohort(
            n=self.count(raw.get("n"), "cohort.n"),
            sex=self.counts(raw, "sex", "cohort.sex"),
            age_years=self.figures(raw, "age_years", "cohort.age_years"),
            origin=self.counts(raw, "origin", "cohort.origin"),
            grade=self.counts(raw, "grade", "cohort.grade"),
            altered=self.counts(raw, "altered", "cohort.altered"),
            printed_percent=self.figures(raw, "printed_percent", "cohort.printed_percent"),
        )
        for name, table in (
            ("sex", cohort.sex),
            ("origin", cohort.origin),
            ("grade", cohort.grade),
        ):
            total = sum(int(count) for count in table.values())
            if table and total > int(cohort.n):
                message = f"adds up to {total} patients, more than the {cohort.n} studied"
                self.report(f"cohort.{name}", message, "Compare the counts with the publication.")
        for gene, count in cohort.altered.items():
            if int(count) > int(cohort.n):
                message = f"{count} of {cohort.n} patients cannot be altered"
                self.report(f"cohort.altered.{gene}", message, "Compare with the publication.")
        return cohort

    def check_terms(
        self,
        univariable: tuple[PrintedRow, ...],
        terms: tuple[str, ...],
        multivariable: tuple[PrintedRow, ...],
    ) -> None:
        names = [row.term for row in univariable]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.report("univariable", f"{name} has several rows", "Keep one row for each term.")
        for row in multivariable:
            if row.term not in terms:
                message = f"{row.term} is not among multivariable.terms"
                self.report("multivariable.printed", message, "Add it to multivariable.terms.")
