"""A fresh copy of the model study, and the command line as a function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from embogen.cli import main
from embogen.study.demo import write_demo


@dataclasses.dataclass(frozen=True)
class Said:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def demo_study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    write_demo(folder)
    return folder


@pytest.fixture
def embogen(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def call(*words: object) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call
