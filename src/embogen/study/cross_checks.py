"""What a study file must agree on with itself: names, keys of a kind, data an analysis needs.

These checks read the raw TOML, so that they still run, and report, when other parts are wrong.
"""

from __future__ import annotations

import difflib
from typing import Any

from embogen.errors import PlanProblem
from embogen.study.analyses import KINDS, Kind
from embogen.study.derivation_checks import derivation_problems
from embogen.study.endpoint_checks import audit_problems, competing_of, dated_problems
from embogen.study.model_plan_checks import (
    cluster_problems,
    prediction_problems,
    statistic_problems,
)
from embogen.study.response_checks import hindsight_problems, response_problems

_NAME_MUTATIONS = "Name the file under data.mutations."
_NAME_THEM = "Name the file under data.specimens."


def reference_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    """Find every reference that leads nowhere and every key that its analysis does not take."""
    problems: list[PlanProblem] = []
    analyses = _list(raw.get("analysis"))
    for index, analysis in enumerate(analyses):
        problems += _analysis_problems(f"analysis[{index + 1}]", analysis, raw)
    problems += _duplicate_ids(analyses, "analysis")
    scans = _list(raw.get("scan"))
    for index, scan in enumerate(scans):
        problems += _scan_problems(f"scan[{index + 1}]", scan, raw)
    problems += _duplicate_ids(scans, "scan")
    problems += _data_problems(raw)
    problems += _candidate_problems(raw)
    problems += _specimen_problems(raw, analyses)
    problems += _filter_problems(raw)
    problems += _group_problems(raw)
    problems += _endpoint_problems(raw)
    problems += response_problems(raw)
    problems += _published_problems(raw, analyses)
    problems += derivation_problems(_table(raw.get("covariate")))
    if not analyses and not scans:
        remedy = "Add an [[analysis]] with an id and a kind."
        problems.append(PlanProblem("analysis", "the plan holds no analysis", remedy))
    return problems


def _table(raw: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the TOML holds
    return raw if isinstance(raw, dict) else {}


def _list(raw: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever the TOML holds
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def _tells_genes(raw: dict[str, Any]) -> bool:
    """Whether any file of the plan tells of genes."""
    files = {"mutations", "copy_number", "structural_variants"}
    return bool(files & _supplied(raw))


def _words(raw: Any) -> list[str]:  # noqa: ANN401 - whatever the TOML holds
    return [item for item in raw if isinstance(item, str)] if isinstance(raw, list) else []


def _supplied(raw: dict[str, Any]) -> set[str]:
    """Name the kinds of data a plan gives; what a study folder holds is seen in reading it."""
    data = _table(raw.get("data"))
    folder = {"patients", "procedures", "assessments", "specimens", "mutations", "timeline"}
    return {*data, *folder} if {"cbioportal", "genie_bpc"} & set(data) else set(data)


def _data_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    data = _table(raw.get("data"))
    if {"cbioportal", "genie_bpc"} <= set(data):
        message = "two folders supply the patients: data.cbioportal and data.genie_bpc"
        return [PlanProblem("data", message, "Keep one.")]
    if not isinstance(raw.get("data"), dict) or "patients" in _supplied(raw):
        return []
    return [PlanProblem("data.patients", "is missing", "Add this key.")]


def _unknown(path: str, what: str, name: str, known: list[str]) -> PlanProblem:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    have = f"The study file has: {', '.join(known)}." if known else f"Declare [{what}.{name}]."
    remedy = f'Did you mean "{close[0]}"?' if close else have
    return PlanProblem(path, f'"{name}" is not a declared {what}', remedy)


def _analysis_problems(
    path: str, analysis: dict[str, Any], raw: dict[str, Any]
) -> list[PlanProblem]:
    name = analysis.get("kind")
    if not isinstance(name, str):
        return []  # the model reports that it is missing or no text
    kind = KINDS.get(name)
    if kind is None:
        close = difflib.get_close_matches(name, list(KINDS), n=1, cutoff=0.5)
        remedy = f'Did you mean "{close[0]}"?' if close else ""
        message = f'"{name}" is not one of {", ".join(KINDS)}'
        return [PlanProblem(f"{path}.kind", message, remedy)]
    problems = _key_problems(path, analysis, name, kind)
    endpoint = analysis.get("endpoint")
    if isinstance(endpoint, str) and endpoint not in _table(raw.get("endpoint")):
        known = list(_table(raw.get("endpoint")))
        problems.append(_unknown(f"{path}.endpoint", "endpoint", endpoint, known))
    elif isinstance(endpoint, str):
        spec = _table(_table(raw.get("endpoint")).get(endpoint))
        problems += _competing_problems(f"{path}.endpoint", spec, name, kind)
        if name == "entry_audit":
            problems += audit_problems(f"{path}.endpoint", endpoint, _table(raw.get("endpoint")))
    problems += _word_problems(path, analysis, raw)
    if name == "predicted_survival":
        problems += prediction_problems(path, analysis)
    if "endpoint" in kind.takes:
        problems += hindsight_problems(path, analysis, raw, name)
    if kind.needs_genes and not _tells_genes(raw):
        message = f"a {name} needs mutations, and none are given"
        problems.append(PlanProblem(path, message, _NAME_MUTATIONS))
    return problems


def _competing_problems(
    path: str, endpoint: dict[str, Any], name: str, kind: Kind
) -> list[PlanProblem]:
    """Find an analysis of competing risks without them, and one that they would mislead."""
    competes = competing_of(endpoint)
    if competes and kind.competing == "refused":
        verb = "competes" if len(competes) == 1 else "compete"
        whose = "the dead" if competes == ["death"] else "those patients"
        message = (
            f"{' and '.join(competes)} {verb} on this endpoint, and a {name} would count it as "
            f"censored, as if {whose} could still progress"
        )
        remedy = f'Use kind = "{kind.instead}", or an endpoint on which death is an event.'
        return [PlanProblem(path, message, remedy)]
    if not competes and kind.competing == "needs":
        message = f"a {name} needs an endpoint on which death competes"
        remedy = 'Give the endpoint events = ["hepatic_progression"] and death = "competing".'
        return [PlanProblem(path, message, remedy)]
    return []


def _key_problems(path: str, analysis: dict[str, Any], name: str, kind: Kind) -> list[PlanProblem]:
    """Find keys the kind does not take, and keys it needs and does not have."""
    every = frozenset().union(*(item.takes for item in KINDS.values()))
    takes = f"It takes: {', '.join(sorted(kind.takes))}."
    problems = [
        PlanProblem(f"{path}.{key}", f"a {name} does not take this key", takes)
        for key in sorted((analysis.keys() & every) - kind.takes)
    ]
    problems += [
        PlanProblem(f"{path}.{key}", "is missing", f"A {name} needs it.")
        for key in sorted(kind.needs - analysis.keys())
    ]
    problems += [
        PlanProblem(f"{path}.{key}", "is empty", f"A {name} needs at least one.")
        for key in sorted(kind.needs & analysis.keys())
        if analysis[key] == []
    ]
    return problems + _conflicts(path, analysis, kind)


def _conflicts(path: str, analysis: dict[str, Any], kind: Kind) -> list[PlanProblem]:
    """Find keys of an analysis that do not go together."""
    problems: list[PlanProblem] = []
    if analysis.get("ties") == "exact" and analysis.get("penalty") == "firth":
        message = "do not go with Firth's penalty"
        remedy = 'Write ties = "efron" or "breslow", or leave penalty out.'
        problems.append(PlanProblem(f"{path}.ties", message, remedy))
    if analysis.get("family") == "panel" and analysis.get("multiplicity", "none") == "none":
        message = "asks for p-values adjusted for the panel, and multiplicity says not to adjust"
        remedy = 'Write multiplicity = "holm", "bonferroni", "bh" or "max_t".'
        problems.append(PlanProblem(f"{path}.family", message, remedy))
    problems += cluster_problems(path, analysis)
    problems += statistic_problems(path, analysis)
    if analysis.get("trend") is True and "trend" in kind.takes and "by" not in analysis:
        message = "asks for a trend over groups, and there are none"
        problems.append(PlanProblem(f"{path}.trend", message, "Name the groups with by."))
    return problems


def _word_problems(path: str, analysis: dict[str, Any], raw: dict[str, Any]) -> list[PlanProblem]:
    """Check every covariate and gene an analysis names."""
    problems: list[PlanProblem] = []
    for key in ("terms", "strata", "variables", "confounders"):
        words = _words(analysis.get(key))
        for i, word in enumerate(words):
            problems += _term_problems(f"{path}.{key}[{i + 1}]", word, key, raw)
        repeated = sorted({word for word in words if words.count(word) > 1})
        problems += [
            PlanProblem(f"{path}.{key}", f'"{word}" stands twice', "Remove one.")
            for word in repeated
        ]
    for key in ("within", "at"):
        for word in _table(analysis.get(key)):
            problems += _term_problems(f"{path}.{key}.{word}", word, key, raw)
    for key in ("by", "response", "cluster"):
        if isinstance(analysis.get(key), str):
            problems += _term_problems(f"{path}.{key}", analysis[key], key, raw)
    return problems


def _term_problems(path: str, word: str, key: str, raw: dict[str, Any]) -> list[PlanProblem]:
    """Check one term: a gene needs mutations, `gene:*` a list, another word a covariate."""
    if word.startswith(("gene:", "group:")):
        problems: list[PlanProblem] = []
        groups = list(_table(raw.get("gene_group")))
        if word.startswith("group:") and word.removeprefix("group:") not in groups:
            problems.append(_unknown(path, "gene_group", word.removeprefix("group:"), groups))
        if not _tells_genes(raw):
            message = f'"{word}" needs mutations, and none are given'
            problems.append(PlanProblem(path, message, _NAME_MUTATIONS))
        if word == "gene:":
            problems.append(PlanProblem(path, "names no gene", 'Write "gene:DAXX" or "gene:*".'))
        if word == "gene:*" and key in {"by", "response", "strata", "within", "at"}:
            problems.append(PlanProblem(path, "takes one gene, not all", 'Write "gene:DAXX".'))
        return problems
    known = list(_table(raw.get("covariate")))
    if word in known:
        return []
    return [_unknown(path, "covariate", word, known)]


def _scan_problems(path: str, scan: dict[str, Any], raw: dict[str, Any]) -> list[PlanProblem]:
    """Check the endpoints and covariates of a scan as those of one Cox model for each endpoint."""
    problems: list[PlanProblem] = []
    known, wanted = list(_table(raw.get("endpoint"))), _words(scan.get("endpoints"))
    for i, endpoint in enumerate(wanted):
        if endpoint not in known:
            problems.append(_unknown(f"{path}.endpoints[{i + 1}]", "endpoint", endpoint, known))
        if endpoint in wanted[:i]:
            message = f'"{endpoint}" stands twice'
            problems.append(PlanProblem(f"{path}.endpoints", message, "Remove one."))
    for key in ("covariates", "strata"):
        for i, word in enumerate(_words(scan.get(key))):
            here = f"{path}.{key}[{i + 1}]"
            if word.startswith("gene:"):
                remedy = "Name covariates, or groups of genes."
                problems.append(PlanProblem(here, "a scan is not adjusted for its genes", remedy))
            else:
                problems += _term_problems(here, word, key, raw)
    words = {"terms": scan.get("covariates"), "strata": scan.get("strata")}
    for endpoint in wanted:
        problems += hindsight_problems(path, {**words, "endpoint": endpoint}, raw, "cox")
    return problems


def _duplicate_ids(items: list[dict[str, Any]], what: str) -> list[PlanProblem]:
    ids = [item.get("id") for item in items]
    return [
        PlanProblem(f"{what}[{i + 1}].id", f'"{name}" is the id of an earlier {what}', "Rename it.")
        for i, name in enumerate(ids)
        if name is not None and name in ids[:i]
    ]


def _candidate_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    candidates = _table(_table(raw.get("genes")).get("candidates"))
    ways = [key for key in ("most_frequent", "min_altered", "genes") if key in candidates]
    if "candidates" in _table(raw.get("genes")) and len(ways) != 1:
        remedy = "Give exactly one of most_frequent, min_altered, genes."
        found = f"holds {' and '.join(ways)}" if ways else "says nothing"
        return [PlanProblem("genes.candidates", found, remedy)]
    return []


def _specimen_problems(raw: dict[str, Any], analyses: list[dict[str, Any]]) -> list[PlanProblem]:
    """Find rules about specimens without a table of them, or without an origin to measure from."""
    data, rule = _table(raw.get("data")), _table(raw.get("specimens")).get("rule", "any")
    dated = ("specimens", "procedures")
    needed = {
        "liver_first": ("specimens",),
        "closest_to_origin": dated,
        "latest_before_origin": dated,
    }.get(rule if isinstance(rule, str) else "", ())
    problems = [
        PlanProblem("specimens.rule", f"{rule} needs data.{table}, which is not given", "Name it.")
        for table in needed
        if table not in data
    ]
    if "specimens" not in data:
        problems += [
            PlanProblem(f"analysis[{i + 1}]", "compares specimens, and none are given", _NAME_THEM)
            for i, item in enumerate(analyses)
            if item.get("kind") == "specimen_concordance"
        ]
    return problems


def _filter_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    """Find conditions on calls where the mutation file holds no single calls."""
    conditions = _table(_table(raw.get("genes")).get("filter"))
    mutations = _table(_table(raw.get("data")).get("mutations"))
    if not conditions or mutations.get("format", "maf") in {"maf", "vcf"}:
        return []
    message = f"needs single calls, and a {mutations['format']} holds states of genes"
    return [PlanProblem("genes.filter", message, "Give a MAF or VCF, or remove the conditions.")]


def _group_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    """Find gene groups that no file could tell of, and genes a group names twice."""
    groups = _table(raw.get("gene_group"))
    problems = []
    if groups and not _tells_genes(raw):
        message = "groups of genes need mutations, and none are given"
        problems.append(PlanProblem("gene_group", message, _NAME_MUTATIONS))
    for name, group in groups.items():
        genes = _words(_table(group).get("any_of"))
        problems += [
            PlanProblem(f"gene_group.{name}.any_of", f'"{gene}" stands twice', "Remove one.")
            for gene in sorted({gene for gene in genes if genes.count(gene) > 1})
        ]
    return problems


def _endpoint_problems(raw: dict[str, Any]) -> list[PlanProblem]:
    problems: list[PlanProblem] = []
    data = _supplied(raw)
    for name, endpoint in _table(raw.get("endpoint")).items():
        spec = _table(endpoint)
        if "timeline" in spec:
            problems += _timeline_problems(f"endpoint.{name}", data)
            continue
        if "time" in spec or "event" in spec:
            continue
        problems += dated_problems(f"endpoint.{name}", spec, data)
    if "within_months" in _table(raw.get("specimens")):
        for table in ("procedures", "specimens"):
            if table not in data:
                message = f"needs dates from {table}, and data.{table} is not given"
                path = "specimens.within_months"
                problems.append(PlanProblem(path, message, "Name the file, or remove the window."))
    return problems


def _timeline_problems(path: str, data: set[str]) -> list[PlanProblem]:
    if "timeline" in data:
        return []
    message = "is derived from a timeline, and no study folder with timelines is given"
    return [PlanProblem(path, message, "Name one under data.cbioportal.")]


def _published_problems(raw: dict[str, Any], analyses: list[dict[str, Any]]) -> list[PlanProblem]:
    published = _table(raw.get("published"))
    ids = [str(item.get("id")) for item in analyses]
    problems = []
    for key in ("baseline", "genes", "univariable", "multivariable"):
        name = published.get(key)
        if isinstance(name, str) and name not in ids:
            problems.append(_unknown(f"published.{key}", "analysis", name, ids))
    return problems
