"""Snapshots of report components: a change of look is seen, and then accepted on purpose.

To accept a change, run with EMBOGEN_SNAPSHOTS=write and read the difference before committing it.
"""

import os
from pathlib import Path

import pytest

import example_results as ex
import example_scan as scans
from embogen.report.methods import methods_paragraphs
from embogen.report.scan_sentences import scan_findings, scan_methods
from embogen.report.sentences import result_sentences
from embogen.tables.accounts import exclusion_rows, flow_rows, variable_rows
from embogen.tables.comparison import comparison_rows
from embogen.tables.of_analysis import tables_of
from embogen.tables.render_html import html_table
from embogen.tables.render_text import markdown_table
from embogen.tables.scan import top_rows

FOLDER = Path(__file__).parent / "view"


def components() -> dict[str, str]:
    results = ex.study_results()
    shown = {
        f"{table.name}.md": markdown_table(table)
        for item in results.analyses
        for table in tables_of(item, results)
    }
    shown["table1.html"] = html_table(tables_of(results.analysis("table1"), results)[0]) + "\n"
    for table in (flow_rows(results.flow), exclusion_rows(results.flow)):
        assert table is not None
        shown[f"{table.name}.md"] = markdown_table(table)
    shown["variables.md"] = markdown_table(variable_rows(results.variables))
    assert results.comparison is not None
    shown["comparison.md"] = markdown_table(comparison_rows(results.comparison))
    sentences = [
        f"{item.id}\n{' '.join(result_sentences(item, results))}\n" for item in results.analyses
    ]
    shown["sentences.txt"] = "\n".join(sentences)
    shown["methods.txt"] = "\n".join(f"{a}\n{b}\n" for a, b in methods_paragraphs(results))
    return shown | scan_components()


def scan_components() -> dict[str, str]:
    scan, result, labels = scans.prepared(), scans.result(), {"group": "Chromatin genes"}
    table = top_rows(result.endpoints, name="top", title="Top", labels=labels, firth=scans.FIRTH)
    methods = scan_methods(scan, result, scans.account())
    found = scan_findings(result.endpoints[0], labels)
    return {
        "scan-top.md": markdown_table(table),
        "scan-methods.txt": "\n".join(f"{a}\n{b}\n" for a, b in methods),
        "scan-findings.txt": "\n".join(found) + "\n",
    }


@pytest.mark.parametrize("name", sorted(components()))
def test_component_looks_as_accepted(name: str):
    text = components()[name]
    path = FOLDER / name
    if os.environ.get("EMBOGEN_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_no_snapshot_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(components())
