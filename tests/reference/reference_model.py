"""A reference case, the checks made on it, and how numbers are compared."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from embogen import Design, Surv

Json: TypeAlias = object
"""What a case file holds: numbers, text, lists, dictionaries; a wrong shape fails the test."""


@dataclass
class Case:
    """One case file."""

    path: Path
    content: dict[str, Json]

    @classmethod
    def read(cls, path: Path) -> Case:
        return cls(path, json.loads(path.read_text(encoding="utf-8")))

    @property
    def data(self) -> dict[str, list[Json]]:
        return self.content["data"]

    @property
    def spec(self) -> dict[str, Json]:
        return self.content["spec"]

    @property
    def expected(self) -> dict[str, Json]:
        return self.content["expected"]

    @property
    def rel(self) -> float:
        return float(self.content["tolerance"]["rel"])

    def column(self, name: str) -> np.ndarray:
        return np.array([number(value) for value in self.data[name]], dtype=float)

    def surv(self, *, with_entry: bool = True) -> tuple[Surv, np.ndarray]:
        """The outcome with the positions of the rows kept (those ever at risk)."""
        entry = self.column(self.spec["entry"]) if with_entry and "entry" in self.spec else None
        time, event = self.column(self.spec["time"]), self.column(self.spec["event"])
        surv, kept, _ = Surv.screened(time, event, entry)
        return surv, kept

    def design(self, names: list[str], rows: np.ndarray) -> Design:
        return Design.from_arrays(np.column_stack([self.column(n)[rows] for n in names]), names)


@dataclass
class Findings:
    """What comparing one case gave."""

    rel: float
    compared: int = 0
    worst: float = 0.0
    wrong: list[str] = field(default_factory=list)
    not_yet: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def same(self, where: str, ours: Json, theirs: Json, rel: float | None = None) -> None:
        """Compare numbers, lists of numbers, or null (missing) with NaN or None."""
        limit = self.rel if rel is None else rel
        if isinstance(theirs, list):
            items = list(ours)
            if len(items) != len(theirs):
                self.wrong.append(f"{where}: {len(items)} values, {len(theirs)} expected")
                return
            for i, (a, b) in enumerate(zip(items, theirs, strict=True)):
                self.same(f"{where}[{i}]", a, b, rel)
            return
        self.compared += 1
        a, b = number(ours), number(theirs)
        if math.isnan(b) or math.isinf(b) or math.isnan(a):
            if not (math.isnan(a) and math.isnan(b)) and a != b:
                self.wrong.append(f"{where}: {a!r}, expected {b!r}")
            return
        distance = abs(a - b) / abs(b) if b != 0 else abs(a)
        self.worst = max(self.worst, distance)
        if not distance <= limit:
            self.wrong.append(f"{where}: {a!r}, expected {b!r} (relative {distance:.1e})")

    def true(self, where: str, condition: bool) -> None:
        self.compared += 1
        if not condition:
            self.wrong.append(f"{where}: not so")


def number(value: Json) -> float:
    """Read a number as the case files write it: null is missing, infinities are words."""
    if value is None or value == "NA":
        return math.nan
    return float(value)
