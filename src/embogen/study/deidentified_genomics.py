"""The genomic files of a study under new sample ids: mutations, copy number, fusions, panels."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.delimited import csv_text
from embogen.genomics.assays import COPY_NUMBER
from embogen.genomics.panels import GenePanel
from embogen.io.cbioportal.export import case_list
from embogen.io.cbioportal.export_clinical import table_text
from embogen.io.cbioportal.export_genomics import structural_variant_text
from embogen.io.panel_matrix import LISTS, PROFILES
from embogen.io.structural_variants import UNTOLD_KIND

if TYPE_CHECKING:
    from embogen.genomics.calls import MutationCalls
    from embogen.study.genomic_sources import Genomics
    from embogen.study.plan_genes import CopyNumberSpec, MutationSpec

_PARTS: Final = 1_000_000
"""Allele fractions are written as counts of this many reads: the fraction stays, the depth goes."""
_CHANGE: Final = (
    r"^(ENS[TP]\d+(\.\d+)?:)?(p\.)?\(?[A-Za-z*?_=>%0-9]{1,60}\)?$"  # HGVS of a protein, in short
)
_KINDS: Final = ("DELETION", "DUPLICATION", "INSERTION", "INVERSION", "TRANSLOCATION", "FUSION")
"""Classes of structural variants that stay."""
_PIECES: Final = 12
"""Parts between points, lines and hyphens of a word that are looked at."""
Section = dict[str, Any]
Files = dict[str, str]


def renamed_calls(calls: MutationCalls | None, samples: Mapping[str, str]) -> MutationCalls | None:
    """Give calls the new sample ids, and leave out those of other samples and all free text."""
    if calls is None:
        return None
    mine = pl.col("sample_id").is_in(list(samples))
    new = pl.col("sample_id").replace_strict(dict(samples), return_dtype=pl.String)
    change, kind = pl.col("protein_change"), pl.col("variant_classification")
    structural = pl.col("alteration_class") == "fusion"
    known = kind.str.to_uppercase().is_in(_KINDS)
    found = (
        calls.calls.filter(mine)
        .with_columns(
            new,
            pl.when(change.str.contains(_CHANGE) & ~structural).then(change),
            pl.when(~structural | known).then(kind).otherwise(pl.lit(UNTOLD_KIND)),
        )
        .sort("sample_id", "gene", SOURCE_ROW)
    )
    tested = calls.tested
    return dataclasses.replace(
        calls,
        calls=found,
        source="",
        tested=None if tested is None else tested.filter(mine).with_columns(new),
        listed=tuple(sorted(samples[item] for item in calls.listed if item in samples)),
    )


def maf_text(calls: MutationCalls) -> str:
    """Write calls as a MAF; reads tell the allele fraction and not the depth."""
    header = ["Hugo_Symbol", "Variant_Classification", "Tumor_Sample_Barcode", "HGVSp_Short"]
    columns = ["gene", "variant_classification", "sample_id", "protein_change"]
    if "mutation_status" in calls.calls.columns:
        header, columns = [*header, "Mutation_Status"], [*columns, "mutation_status"]
    rows = [
        (*(row[column] for column in columns), *_reads(row["vaf"]))
        for row in calls.calls.iter_rows(named=True)
    ]
    return table_text([*header, "t_alt_count", "t_ref_count"], rows)


def _reads(vaf: float | None) -> tuple[str, str]:
    if vaf is None:
        return "", ""
    altered = round(vaf * _PARTS)
    return str(altered), str(_PARTS - altered)


def mutation_file(calls: MutationCalls, spec: MutationSpec | None) -> tuple[str, str, Section]:
    """Write mutations as a MAF, or as a long table where the file told what was tested.

    Returns
    -------
    name, text, section
        The file, and `data.mutations` of the plan.
    """
    if calls.tested is None:
        return "mutations.maf", maf_text(calls), {"file": "mutations.maf"}
    declared = () if spec is None else tuple(spec.altered.values())
    text, section = _value_table(calls, declared)
    return (
        "mutations.csv",
        text,
        {"file": "mutations.csv", "format": "gene_long", **section},
    )


def _value_table(calls: MutationCalls, declared: Collection[str]) -> tuple[str, Section]:
    """Write alterations and what was tested without any as a long table, in classes."""
    altered = calls.calls.select("sample_id", "gene", pl.col("alteration_class").alias("value"))
    altered = altered.unique()
    table = altered
    if calls.tested is not None:
        wild = calls.tested.join(altered, on=["sample_id", "gene"], how="anti")
        neutral = wild.select("sample_id", "gene", pl.lit("wild_type").alias("value"))
        table = pl.concat([altered, neutral])
    table = table.sort("sample_id", "gene", "value")
    names = sorted({*altered["value"], *declared})
    section = {"altered": {name: name for name in names}, "wild_type": ["wild_type"]}
    return csv_text(table.columns, table.iter_rows()), section


def other_files(
    genomics: Genomics, samples: Mapping[str, str], spec: CopyNumberSpec | None
) -> tuple[Files, dict[str, Section]]:
    """Write copy number, structural variants and the panel matrix.

    Parameters
    ----------
    genomics
        As read.
    samples
        Old to new sample ids.
    spec
        `data.copy_number` of the plan.

    Returns
    -------
    files, sections
        Texts by name, and the keys of `data` that read them.
    """
    files: Files = {}
    sections: dict[str, Section] = {}
    levels = renamed_calls(genomics.copy_number, samples)
    if levels is not None:
        declared = COPY_NUMBER if spec is None or not spec.altered else spec.altered.values()
        text, section = _value_table(levels, tuple(declared))
        coverage = "panel" if levels.tested is None else "file"
        files["copy_number.csv"] = text
        sections["copy_number"] = {
            "file": "copy_number.csv",
            "format": "long",
            **section,
            "coverage": coverage,
        }
    variants = renamed_calls(genomics.structural_variants, samples)
    if variants is not None:
        text_of, _ = structural_variant_text(variants, tuple(samples.values()))
        header = "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\n"  # nothing was found
        files["structural_variants.txt"] = text_of or header
        sections["structural_variants"] = {"file": "structural_variants.txt"}
    if genomics.panel_of:
        files["panel_matrix.txt"] = _panel_matrix(renamed_panels(genomics.panel_of, samples))
        sections["panel_matrix"] = {"file": "panel_matrix.txt"}
    return files, sections


def case_lists(
    assayed: Mapping[str, Collection[str]], samples: Mapping[str, str]
) -> tuple[Files, dict[str, Section]]:
    """Write who had which assay under new ids, in an order that tells nothing."""
    files: Files = {}
    for assay, ids in assayed.items():
        ending = LISTS[assay][0]
        mine = sorted(samples[item] for item in ids if item in samples)
        files |= case_list("study", ending, f"Samples with {assay}", mine)
    return files, {"case_lists": {"file": "case_lists/"}} if files else {}


def renamed_panels(
    panel_of: Mapping[str, Mapping[str, str]], samples: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Give the samples of a panel matrix their new ids."""
    return {
        assay: {samples[sample]: panel for sample, panel in panels.items() if sample in samples}
        for assay, panels in panel_of.items()
    }


def _panel_matrix(panel_of: Mapping[str, Mapping[str, str]]) -> str:
    headers = [PROFILES[assay][0] for assay in panel_of]
    ids = sorted({sample for panels in panel_of.values() for sample in panels})
    rows = [(item, *(panels.get(item, "NA") for panels in panel_of.values())) for item in ids]
    return table_text(("SAMPLE_ID", *headers), rows)


def plain_panels(panels: Mapping[str, GenePanel]) -> dict[str, GenePanel]:
    """Leave of each panel its id and genes; an exome needs no file."""
    return {
        name: GenePanel(name, name, panel.genes)
        for name, panel in panels.items()
        if not panel.every_gene
    }


def panel_text(panel: GenePanel) -> str:
    """Write a panel as a cBioPortal gene-panel file."""
    genes = "\t".join(sorted(panel.genes))
    return f"stable_id: {panel.panel_id}\ndescription: {panel.description}\ngene_list: {genes}\n"


def strangers(calls: Sequence[MutationCalls | None], samples: Mapping[str, str]) -> int:
    """Count the samples of genomic files that are no patient's of the study."""
    named = {item for found in calls if found is not None for item in found.sample_ids}
    return len(named - {*samples})


def surviving_ids(text: str, ids: Collection[str], *, odd: Sequence[str] = ()) -> list[str]:
    r"""Find original ids in a text that is to be given away.

    Parameters
    ----------
    text
        Of a file.
    ids
        Ids of letters, digits, point, _ and - alone, found as words or parts of them.
    odd
        Other ids, found anywhere.

    Examples
    --------
    >>> surviving_ids("PT-12-T1\\tTP53\\nsee (PT-7)", {"PT-12", "PT-7", "PT-1"})
    ['PT-12', 'PT-7']
    """
    found = {item for item in odd if item in text}
    for word in set(re.findall(r"[A-Za-z0-9._-]+", text)):
        marks = [match.start() for match in re.finditer(r"[._-]", word)]
        ends = [*marks, len(word)]
        starts = [0, *(mark + 1 for mark in marks)][:_PIECES]
        found |= {word[i:j] for i in starts for j in ends[:_PIECES] if i < j}.intersection(ids)
    return sorted(found)
