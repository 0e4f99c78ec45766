"""Whatever the files hold: no original id and no name survives in what is given away."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen import read_study
from embogen.study.assemble import assemble
from embogen.study.deidentify import deidentify_study

FOLDER_PLAN = """schema = 1
[study]
id = "x"
title = "x"
[data]
DATA
[genes]
count_as = ["missense", "homozygous_deletion", "fusion"]
[[analysis]]
id = "g"
kind = "gene_frequency"
"""
NAMED = """patients = { file = "patients.csv" }
specimens = { file = "specimens.csv" }
mutations = { file = "s/data_mutations.txt", format = "maf" }
copy_number = { file = "s/data_cna.txt", format = "FORMAT" }
structural_variants = { file = "s/data_sv.txt" }
panel_matrix = { file = "s/data_gene_panel_matrix.txt" }
case_lists = { file = "s/case_lists" }
panels = { file = "s/data_gene_panel_one.txt" }"""
BEYOND = string.ascii_letters + string.digits + "._-"
IDS = st.text(BEYOND, min_size=4, max_size=14).map(lambda text: f"q{text}z")
SECRETS = st.text(string.ascii_letters, min_size=5, max_size=9).map(lambda text: f"Xq{text}")


@st.composite
def cohorts(draw):
    n = draw(st.integers(2, 5))
    ids = draw(st.lists(IDS, min_size=2 * n, max_size=2 * n, unique_by=str.lower))
    secret = draw(SECRETS)
    wide, days = draw(st.booleans()), draw(st.booleans())
    return ids[:n], ids[n:], secret, wide, days


def meta(kind: str, datatype: str, file: str, secret: str) -> str:
    return (
        f"cancer_study_identifier: s\ngenetic_alteration_type: {kind}\ndatatype: {datatype}\n"
        f"data_filename: {file}\nprofile_description: {secret}\nstable_id: {kind.lower()}\n"
    )


def clinical(headers: list[str], kinds: list[str], rows: list[list[str]], secret: str) -> str:
    comments = [[secret] * len(headers), [f"by {secret}"] * len(headers), kinds, ["1"] * len(kinds)]
    lines = ["#" + "\t".join(row) for row in comments]
    return "\n".join([*lines, *("\t".join(row) for row in [headers, *rows])]) + "\n"


def copy_number_texts(samples: list[str], secret: str, *, wide: bool) -> dict[str, str]:
    levels = ["-2", "0", "-1.5", "NA", "2"][: len(samples)]
    if wide:
        text = "\t".join(["Hugo_Symbol", *samples]) + "\n" + "\t".join(["DAXX", *levels]) + "\n"
    else:
        text = "Hugo_Symbol\tSample_Id\tValue\n" + "".join(
            f"DAXX\t{s}\t{value}\n" for s, value in zip(samples, levels, strict=True)
        )
    kind = "DISCRETE" if wide else "DISCRETE_LONG"
    said = meta("COPY_NUMBER_ALTERATION", kind, "data_cna.txt", secret)
    return {"data_cna.txt": text, "meta_cna.txt": said}


def texts_of(
    patients: list[str], samples: list[str], secret: str, *, wide: bool, days: bool
) -> dict[str, str]:
    """Write a folder in which the ids and a name stand wherever they could."""
    pairs = list(zip(patients, samples, strict=True))
    case_list = (
        f"cancer_study_identifier: s\nstable_id: s_sequenced\ncase_list_name: {secret}\n"
        f"case_list_description: {secret}\ncase_list_ids: " + "\t".join(samples) + "\n"
    )
    texts = {
        "meta_study.txt": f"cancer_study_identifier: s\ntype_of_cancer: x\nname: {secret}\n"
        f"description: {secret} {patients[0]}\n",
        "data_patient.txt": clinical(
            ["PATIENT_ID", "AGE", "NOTE", "SEX", f"{secret.upper()}_X"],
            ["STRING", "NUMBER", "STRING", "STRING", "STRING"],
            [[p, str(60 + i), f"{secret} {p}", "Male", secret] for i, p in enumerate(patients)],
            secret,
        ),
        "data_sample.txt": clinical(
            ["PATIENT_ID", "SAMPLE_ID", "GENE_PANEL", "OTHER_SAMPLE_ID"],
            ["STRING"] * 4,
            [[p, s, "P_ONE", s] for p, s in pairs],
            secret,
        ),
        "data_mutations.txt": "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\t"
        "HGVSp_Short\tCenter\tMatched_Norm_Sample_Barcode\n"
        + "".join(f"TP53\tMissense_Mutation\t{s}\t{secret} {p}\t{secret}\t{s}\n" for p, s in pairs),
        "data_sv.txt": "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\tClass\t"
        "Event_Info\n"
        + "".join(f"{s}\tSOMATIC\tERG\t\t{secret}\t{secret} {p}\n" for p, s in pairs[:1]),
        "data_gene_panel_matrix.txt": "SAMPLE_ID\tmutations\tcna\n"
        + "".join(f"{s}\tP_ONE\tP_ONE\n" for s in samples),
        "data_gene_panel_one.txt": f"stable_id: P_ONE\ndescription: {secret}\n"
        "gene_list: TP53\tERG\tDAXX\n",
        "case_lists/cases_sequenced.txt": case_list,
        "meta_patient.txt": meta("CLINICAL", "PATIENT_ATTRIBUTES", "data_patient.txt", secret),
        "meta_sample.txt": meta("CLINICAL", "SAMPLE_ATTRIBUTES", "data_sample.txt", secret),
        "meta_mutations.txt": meta("MUTATION_EXTENDED", "MAF", "data_mutations.txt", secret),
        "meta_sv.txt": meta("STRUCTURAL_VARIANT", "SV", "data_sv.txt", secret),
        "meta_matrix.txt": meta(
            "GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX", "data_gene_panel_matrix.txt", secret
        ),
    }
    texts |= copy_number_texts(samples, secret, wide=wide)
    if days:
        texts["data_timeline.txt"] = "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tSTATUS\tX\n"
        texts["data_timeline.txt"] += "".join(
            f"{p}\t{i}\t\t{secret if i % 2 else 'STATUS'}\t{secret} {p}\t{s}\n"
            for i, (p, s) in enumerate(pairs)
        )
        texts["meta_timeline.txt"] = meta("CLINICAL", "TIMELINE", "data_timeline.txt", secret)
    return texts


def written_to(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def states(folder: Path) -> list[tuple[int, ...]]:
    """States of each patient; patients are in an order of their own."""
    genes = assemble(read_study(folder)).data.genes
    assert genes is not None
    assert genes.genes == ("DAXX", "ERG", "TP53")
    return sorted(tuple(row) for row in genes.states.tolist())


@settings(max_examples=25)
@given(cohorts(), st.booleans(), st.integers(0, 2**32))
def test_nothing_that_leads_back_survives_anywhere(cohort, named: bool, seed: int):
    patients, samples, secret, wide, days = cohort
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "in", Path(place) / "out"
        written_to(folder / "s", texts_of(patients, samples, secret, wide=wide, days=days))
        data = 'cbioportal = { folder = "s" }'
        if named:
            data = NAMED.replace("FORMAT", "matrix" if wide else "long")
            rows = "".join(f"{p},{secret} {p},{secret}@x.org\n" for p in patients)
            pairs = zip(patients, samples, strict=True)
            tables = {
                "patients.csv": f"patient_id,note,e_mail\n{rows}",
                "specimens.csv": "patient_id,specimen_id,panel\n"
                + "".join(f"{p},{s},P_ONE\n" for p, s in pairs),
            }
            written_to(folder, tables)
        plan = FOLDER_PLAN.replace("DATA", data)
        (folder / "study.toml").write_text(plan, encoding="utf-8")
        rng = np.random.default_rng(seed)
        made = deidentify_study(read_study(folder), out, rng, key=Path(place) / "key.csv")
        found = [path for path in out.rglob("*") if path.is_file()]
        assert len(found) == len(made.files)
        for path in found:
            text = f"{path.relative_to(out)}\n{path.read_text(encoding='utf-8')}".lower()
            for word in (*patients, *samples, secret):
                assert word.lower() not in text, path
        assert states(out) == states(folder)
        if not named:
            again = (out / "portal" / "case_lists" / "cases_sequenced.txt").read_text()
            ids = again.rpartition("case_list_ids: ")[2].split()
            assert len(ids) == len(samples)
