"""A blank study: the study file and empty tables with the headers embogen knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from embogen.cohort.schema import SCHEMAS
from embogen.errors import PlanError, PlanProblem
from embogen.io.forms.redcap_dictionary import data_dictionary, field_names
from embogen.io.forms.workbook import blank_workbook
from embogen.study.variables_page import variables_page

if TYPE_CHECKING:
    from pathlib import Path

_MAF_HEADERS = (
    "Hugo_Symbol",
    "Variant_Classification",
    "Tumor_Sample_Barcode",
    "HGVSp_Short",
)

STUDY = """# An embogen study. Fill the tables in this folder, then: embogen check . ; embogen run .
# Every key is explained in docs/study-file.md; every column in VARIABLES.md beside this file.
schema = 1

[study]
id = "my-study"
title = "Gene mutation status and hepatic progression after embolization"
seed = 1

[data]
patients = { file = "patients.csv", key = "patient_id" }
procedures = { file = "procedures.csv" }
assessments = { file = "assessments.csv" }
specimens = { file = "specimens.csv" }
mutations = { file = "mutations.maf" }
panels = { file = "panels/" }

[specimens]
within_months = 6

[endpoint.hpfs]
label = "Hepatic progression-free survival"
origin = "first_embolization"
events = ["hepatic_progression", "death"]
censor = "last_liver_assessment"
entry = "specimen_date"

[genes]
count_as = ["missense", "truncating", "splice", "inframe", "homozygous_deletion"]
candidates = { most_frequent = 4 }

[covariate.grade]
column = "who_grade"
label = "Tumor grade"
coding = "trend"

[[analysis]]
id = "patients"
kind = "baseline_table"
title = "Patients"
variables = ["grade", "gene:*"]

[[analysis]]
id = "genes"
kind = "gene_frequency"
title = "Most frequently mutated genes"

[[analysis]]
id = "hpfs"
kind = "kaplan_meier"
title = "Hepatic progression-free survival"
endpoint = "hpfs"

[[analysis]]
id = "univariable"
kind = "univariable_cox"
title = "Univariable Cox regression"
endpoint = "hpfs"
terms = ["gene:*", "grade"]
"""


BlankForm = Literal["csv", "excel", "redcap"]
_WORKBOOK: Final = "cohort.xlsx"
_DICTIONARY: Final = "redcap_data_dictionary.csv"
_EXPORT: Final = "redcap_export.csv"
_SETUP: Final = """# A REDCap project for this study
#  1. Project Setup, Data Dictionary: upload redcap_data_dictionary.csv.
#  2. Project Setup, Repeating instruments: enable {repeating}.
#  3. Export all data as CSV (raw data, not labels) to redcap_export.csv in this folder.
"""


def write_blank(folder: Path, *, form: BlankForm = "csv") -> list[str]:
    """Write a study file, empty tables and the list of variables to a new folder.

    Parameters
    ----------
    folder
        Made when it is not there; refused when it holds anything.
    form
        What the clinical tables are entered in: CSV files, one Excel workbook with drop-downs and
        notes, or a REDCap project made from a data dictionary.

    Returns
    -------
    files
        Names written, relative to `folder`.

    Raises
    ------
    PlanError
        When `folder` is a file or is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = "is not an empty folder"
        raise PlanError([PlanProblem(str(folder), message, "Name a new or empty folder.")])
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"study.toml": _study(form), "VARIABLES.md": variables_page()}
    workbook: dict[str, bytes] = {}
    if form == "csv":
        for schema in SCHEMAS.values():
            texts[f"{schema.name}.csv"] = ",".join(item.name for item in schema.variables) + "\n"
    elif form == "excel":
        workbook[_WORKBOOK] = blank_workbook()
    else:
        texts[_DICTIONARY] = data_dictionary()
    texts["mutations.maf"] = "\t".join(_MAF_HEADERS) + "\n"
    texts["panels/data_gene_panel_example.txt"] = (
        "stable_id: EXAMPLE\n"
        "description: Replace this with the genes of your assay\n"
        "gene_list: DAXX\tMEN1\tTP53\tTSC2\n"
    )
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    for name, content in workbook.items():
        (folder / name).write_bytes(content)
    return sorted([*texts, *workbook])


def _study(form: BlankForm) -> str:
    """Return the blank study file with its clinical tables where the form puts them."""
    text = STUDY
    tables = [name for name in SCHEMAS if f'{name} = {{ file = "{name}.csv"' in STUDY]
    names = field_names()
    for table in tables:
        old = next(line for line in STUDY.splitlines() if line.startswith(f"{table} = "))
        key = ', key = "patient_id"' if table == "patients" else ""
        if form == "excel":
            text = text.replace(
                old, f'{table} = {{ file = "{_WORKBOOK}", sheet = "{table}"{key} }}'
            )
        elif form == "redcap":
            renamed = [
                f'{column} = "{header}"'
                for (owner, column), header in names.items()
                if owner == table and header != column
            ]
            columns = f", columns = {{ {', '.join(renamed)} }}" if renamed else ""
            instrument = "" if table == "patients" else f', instrument = "{table}"'
            text = text.replace(
                old, f'{table} = {{ file = "{_EXPORT}"{key}{instrument}{columns} }}'
            )
    if form == "redcap":
        repeating = ", ".join(name for name in SCHEMAS if name != "patients")
        text = _SETUP.format(repeating=repeating) + text
    return text
