"""What README shows is what the demo prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from embogen.cli import main

README = Path(__file__).resolve().parents[2] / "README.md"


def test_readme_shows_the_output_of_the_demo(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    said = capsys.readouterr().out.strip()
    blocks = re.findall(r"```\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert said in [block.strip() for block in blocks]


@pytest.mark.parametrize("command", ["python3 run.py demo", "python3 run.py test"])
def test_readme_names_both_commands(command):
    assert command in README.read_text(encoding="utf-8")


def test_readme_code_runs():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        code = "\n".join(line for line in block.splitlines() if "my-study" not in line)
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the project's own README


def test_readme_pictures_exist():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert pictures
    for picture in pictures:
        assert (README.parent / picture).is_file()
