"""The analysis kinds: for each, the function that runs it on an `AnalysisSet`.

A new kind is a function here and a line in `KINDS`; its result type lives in `inference`, its
rendering in `tables` or `figures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from embogen.caveats import Caveat
from embogen.genomics.frequency import rank_genes
from embogen.genomics.oncoprint import Track, build_oncoprint
from embogen.inference.cox import CoxFit, UnivariableCox, fit_cox, univariable_cox
from embogen.inference.curves import KaplanMeier, kaplan_meier
from embogen.inference.describe import BaselineTable, Column, baseline_table
from embogen.inference.frequency import GeneCount, GeneFrequency, gene_frequency
from embogen.study.terms import GENE_PREFIX, design_of, expand, group_of, term_blocks
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embogen.genomics.alterations import AlterationMatrix
    from embogen.genomics.oncoprint import OncoPrint
    from embogen.study.analysis_set import AnalysisSet
    from embogen.study.plan import AnalysisSection


@dataclass(frozen=True, slots=True)
class Ran:
    """What running an analysis gave, with the patients it left out, in words."""

    result: Any
    excluded: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """An analysis kind: how it is run, the plan keys it takes and needs, and what it is.

    `takes` and `needs` do not name id, kind, title and exploratory, which all kinds take.
    """

    run: Callable[[AnalysisSection, AnalysisSet], Ran]
    meaning: str
    takes: frozenset[str]
    needs: frozenset[str] = frozenset()
    needs_genes: bool = False


def _surv(name: str, data: AnalysisSet, rows: NDArray[np.bool_]) -> Surv:
    endpoint = data.endpoints[name]
    entry = None if endpoint.entry is None else endpoint.entry[rows]
    return Surv(endpoint.time[rows], endpoint.event[rows], entry)


def _left_out(count: int, reason: str) -> tuple[str, ...]:
    patients = "patient" if count == 1 else "patients"
    return (f"{count} {patients}: {reason}",) if count else ()


def _endpoint_left_out(name: str, data: AnalysisSet) -> tuple[str, ...]:
    unknown = int((~data.endpoints[name].known).sum())
    return _left_out(unknown, f"no {data.endpoints[name].label}")


def _strata(words: Sequence[str], data: AnalysisSet, path: str) -> tuple[list[str | None], int]:
    """Join the grouping words into one stratum label per patient, None where one is unknown."""
    columns = [group_of(word, data, path)[0] for word in words]
    joined = [
        None if any(part is None for part in row) else " / ".join(str(part) for part in row)
        for row in zip(*columns, strict=True)
    ]
    return joined, sum(item is None for item in joined)


def _strata_rows(
    spec: AnalysisSection, data: AnalysisSet
) -> tuple[NDArray[np.str_] | None, NDArray[np.bool_], tuple[str, ...]]:
    """Return stratum labels, the rows whose stratum is known, and the words for the others."""
    known = np.ones(data.n, dtype=bool)
    if not spec.strata:
        return None, known, ()
    joined, missing = _strata(spec.strata, data, f"analysis.{spec.id}.strata")
    known = np.array([item is not None for item in joined])
    labels = np.array([item or "" for item in joined])
    return labels, known, _left_out(missing, f"{' or '.join(spec.strata)} missing (stratum)")


def run_univariable_cox(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model per word of `terms`, each on the patients for whom the word is known."""
    name = _endpoint_name(spec)
    labels, in_strata, excluded = _strata_rows(spec, data)
    base = data.endpoints[name].known & in_strata
    excluded = (*_endpoint_left_out(name, data), *excluded)
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    designs = []
    for block in blocks:
        rows = block.known[base]
        missing = int((~rows).sum())
        excluded += _left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        if rows.any():
            designs.append((design_of([block], base & block.known), rows))
    result: UnivariableCox = univariable_cox(
        _surv(name, data, base),
        designs,
        ties=spec.ties,
        strata=None if labels is None else labels[base],
        level=spec.level,
    )
    return Ran(result, excluded, _nothing_testable(spec, data))


def _nothing_testable(spec: AnalysisSection, data: AnalysisSet) -> tuple[Caveat, ...]:
    """Say so when `gene:*` stands for no gene at all."""
    if f"{GENE_PREFIX}*" not in spec.terms or data.candidates:
        return ()
    most = 0
    if data.genes is not None:
        most = max((row.altered for row in rank_genes(data.genes)), default=0)
    message = (
        "No gene meets the plan's condition for a candidate, so none is related to outcome: "
        f"the most frequently altered gene is altered in {most} "
        f"{'patient' if most == 1 else 'patients'}."
    )
    return (Caveat("nothing_testable", message, {"most_altered": most}),)


def run_cox(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Fit one model with all `terms` on the patients for whom all are known."""
    name = _endpoint_name(spec)
    labels, in_strata, excluded = _strata_rows(spec, data)
    base = data.endpoints[name].known & in_strata
    excluded = (*_endpoint_left_out(name, data), *excluded)
    blocks = term_blocks(spec.terms, data, f"analysis.{spec.id}.terms")
    rows = base.copy()
    for block in blocks:
        missing = int((base & ~block.known).sum())
        excluded += _left_out(missing, f"{block.terms[0].name} {block.missing_word}")
        rows &= block.known
    fit: CoxFit = fit_cox(
        _surv(name, data, rows),
        design_of(blocks, rows),
        ties=spec.ties,
        strata=None if labels is None else labels[rows],
        level=spec.level,
    )
    return Ran(fit, excluded)


def run_kaplan_meier(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Draw one curve, or one per group of `by` with a log-rank test."""
    name = _endpoint_name(spec)
    labels, in_strata, excluded = _strata_rows(spec, data)
    rows = data.endpoints[name].known & in_strata
    excluded = (*_endpoint_left_out(name, data), *excluded)
    groups = None
    if spec.by is not None:
        names, order, label = group_of(spec.by, data, f"analysis.{spec.id}.by")
        has_group = np.array([item is not None for item in names])
        word = "not tested" if spec.by.startswith(GENE_PREFIX) else "missing"
        excluded += _left_out(int((rows & ~has_group).sum()), f"{label} {word}")
        rows = rows & has_group
        groups = np.array([item or "" for item in names])[rows]
    result: KaplanMeier = kaplan_meier(
        _surv(name, data, rows),
        groups=groups,
        group_order=order if spec.by is not None else None,
        strata=None if labels is None else labels[rows],
        interval=spec.interval,
        level=spec.level,
    )
    return Ran(result, excluded)


def _endpoint_name(spec: AnalysisSection) -> str:
    if spec.endpoint is None:  # refused when the plan was read
        msg = f"analysis {spec.id} has no endpoint"
        raise ValueError(msg)
    return spec.endpoint


def _column(word: str, data: AnalysisSet, path: str) -> Column:
    """Describe one word of the plan as a row of a baseline table."""
    if word.startswith(GENE_PREFIX):
        groups, order, label = group_of(word, data, path)
        return Column(label, label, "category", groups, order)
    covariate = data.covariates[word]
    if covariate.levels:
        return Column(word, covariate.label, "category", covariate.texts(), covariate.levels)
    values = [None if np.isnan(value) else float(value) for value in covariate.values]
    return Column(word, covariate.label, "number", values, (), covariate.unit)


def run_baseline_table(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Describe `variables`, overall and by the groups of `by`."""
    path = f"analysis.{spec.id}"
    # the grouping variable beside itself would be a row of 0% and 100% with a p-value
    words = [word for word in expand(spec.variables, data) if word != spec.by]
    columns = [_column(word, data, path) for word in words]
    if spec.by is None:
        result: BaselineTable = baseline_table(columns)
    else:
        groups, order, label = group_of(spec.by, data, f"{path}.by")
        result = baseline_table(columns, groups=groups, group_variable=label, group_levels=order)
    return Ran(result)


def _genes(data: AnalysisSet) -> AlterationMatrix:
    if data.genes is None:  # refused when the plan was read
        msg = "the study has no genotypes"
        raise ValueError(msg)
    return data.genes


def run_gene_frequency(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Rank genes by the altered fraction of the patients tested for them."""
    ranked = rank_genes(_genes(data))
    counts = [
        GeneCount(row.gene, row.altered, row.tested, row.not_tested, row.failed)
        for row in ranked
        if row.altered or row.gene in data.candidates
    ]
    result: GeneFrequency = gene_frequency(
        counts[: spec.top],
        n_patients=data.n,
        candidates=frozenset(data.candidates),
        level=spec.level,
    )
    return Ran(result)


def run_oncoprint(spec: AnalysisSection, data: AnalysisSet) -> Ran:
    """Order the most frequent genes and the patients for an OncoPrint, with clinical tracks."""
    genes = _genes(data)
    ranked = [row.gene for row in rank_genes(genes) if row.altered][: spec.top]
    tracks = []
    for word in spec.variables:
        column = _column(word, data, f"analysis.{spec.id}.variables")
        tracks.append(
            Track(
                column.name,
                column.label,
                column.kind,
                tuple(column.values),
                column.levels,
                column.unit,
            )
        )
    result: OncoPrint = build_oncoprint(genes, ranked, tracks)
    return Ran(result)


_MODEL_KEYS: Final = frozenset({"endpoint", "terms", "strata", "ties", "level"})

KINDS: Final[dict[str, Kind]] = {
    "baseline_table": Kind(
        run_baseline_table,
        "Describes the patients, overall and by group, with tests and missing values counted.",
        frozenset({"variables", "by"}),
        frozenset({"variables"}),
    ),
    "gene_frequency": Kind(
        run_gene_frequency,
        "Ranks genes by the altered fraction of the patients tested for them.",
        frozenset({"top", "level"}),
        needs_genes=True,
    ),
    "univariable_cox": Kind(
        run_univariable_cox,
        "Fits one Cox model per term.",
        _MODEL_KEYS,
        frozenset({"endpoint", "terms"}),
    ),
    "cox": Kind(
        run_cox,
        "Fits one Cox model with all terms together.",
        _MODEL_KEYS,
        frozenset({"endpoint", "terms"}),
    ),
    "kaplan_meier": Kind(
        run_kaplan_meier,
        "Estimates survival curves, overall or by group, with medians and the log-rank test.",
        frozenset({"endpoint", "by", "strata", "interval", "level"}),
        frozenset({"endpoint"}),
    ),
    "oncoprint": Kind(
        run_oncoprint,
        "Shows each patient's altered, wild-type and untested genes with clinical tracks.",
        frozenset({"variables", "top"}),
        needs_genes=True,
    ),
}
"""Every analysis kind by its name in a plan."""
