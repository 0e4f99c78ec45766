"""What the methods section says of genotypes: classes, conditions on calls, coverage, groups."""

from __future__ import annotations

from typing import Any, Final

from embogen.wording import listed

_RULES: Final = {
    "closest_to_origin": "the one nearest to the time origin was used",
    "latest_before_origin": "the last one taken at or before the time origin was used",
    "liver_first": "those taken from the liver were used where there were any",
}
_GENE_DATA: Final = ("mutations", "copy_number", "structural_variants")


def tells_genes(plan: dict[str, Any]) -> bool:
    """Whether a plan names any file of genes."""
    return any(name in _section(plan, "data") for name in _GENE_DATA)


def condition_sentences(plan: dict[str, Any]) -> list[str]:
    """Say which calls counted beyond their class, and what wild type rests on.

    Parameters
    ----------
    plan
        The study file as data.

    Examples
    --------
    >>> condition_sentences({"genes": {"filter": {"vaf_min": 0.05}}})
    ['Calls counted only with a variant allele fraction of at least 0.05.']
    """
    genes = _section(plan, "genes")
    conditions = _section(genes, "filter")
    parts = []
    if "vaf_min" in conditions:
        parts.append(f"with a variant allele fraction of at least {conditions['vaf_min']:g}")
    if conditions.get("status") in {"somatic", "germline"}:
        parts.append(f"when {conditions['status']}")
    evidence = [
        word
        for key, word in (("driver", "annotated as drivers"), ("hotspots", "on a listed hotspot"))
        if key in conditions
    ]
    if evidence:
        parts.append(f"when {listed(evidence, 'or')}")
    sentences = [f"Calls counted only {listed(parts)}."] if parts else []
    if sum(name in _section(plan, "data") for name in _GENE_DATA) > 1:
        every = genes.get("wild_type_by", "all") == "all"
        which = "every assay" if every else "any assay"
        sentences.append(
            f"A gene was wild type where {which} that could show it altered covered it and found "
            "nothing."
        )
    return sentences


def group_sentences(plan: dict[str, Any]) -> list[str]:
    """Say which genes counted as one, and which of several specimens spoke."""
    groups = [
        f"{spec.get('label') or ' or '.join(map(str, spec.get('any_of') or ()))} "
        f"({', '.join(map(str, spec.get('any_of') or ()))})"
        for spec in _section(plan, "gene_group").values()
        if isinstance(spec, dict)
    ]
    sentences = []
    if groups:
        sentences.append(
            f"Counted as one, altered where any member was, and not tested while an untested "
            f"member could have changed that: {listed(groups)}."
        )
    rule = _section(plan, "specimens").get("rule")
    if rule in _RULES:
        sentences.append(f"Of several specimens of a patient {_RULES[rule]}.")
    return sentences


def _section(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}
