"""Read a study file: TOML to `StudyPlan`, every problem at once, with its path and a suggestion."""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from embogen.errors import PlanError, PlanProblem
from embogen.study.cross_checks import reference_problems
from embogen.study.plan import StudyPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic_core import ErrorDetails

ENDPOINT_TAGS = {
    "dated": "DatedEndpoint",
    "columns": "ColumnEndpoint",
    "from_timeline": "TimelineEndpoint",
}
"""Tags of the kinds of endpoint, which stand in the model's paths and not in the TOML."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study ready to run: its plan, the plan as written, its hash, and the folder it is in.

    Parameters
    ----------
    plan
        The checked plan.
    raw
        The TOML as data, what the hash is over.
    folder
        Paths in the plan are relative to it.
    file_name
        Name of the study file.
    """

    plan: StudyPlan
    raw: dict[str, Any]
    folder: Path
    file_name: str

    @property
    def plan_hash(self) -> str:
        """Sha256 of the plan's content; comments, layout and order of keys do not enter."""
        canonical = json.dumps(self.raw, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_study(path: str | Path) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        The study file, or the folder that holds a ``study.toml``.

    Returns
    -------
    Study
        The checked plan with its folder and hash.

    Raises
    ------
    PlanError
        With every problem: no such file, not TOML, unknown keys (with a "did you mean"), wrong
        types, references to endpoints, covariates or analyses that do not exist.

    Examples
    --------
    >>> read_study("no/such/folder")
    Traceback (most recent call last):
    embogen.errors.PlanError: no/such/folder: there is no such study file. Give a study file, ...
    """
    file = Path(path)
    if file.is_dir():
        file = file / "study.toml"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        remedy = "Give a study file, or a folder with a study.toml; `embogen init DIR` makes one."
        raise PlanError([PlanProblem(str(path), "there is no such study file", remedy)]) from None
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise PlanError([PlanProblem(file.name, message, "Save the file as UTF-8.")]) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise PlanError([PlanProblem(file.name, message, "Check its permissions.")]) from None
    return parse_study(text, folder=file.parent, file_name=file.name)


def parse_study(text: str, *, folder: Path, file_name: str = "study.toml") -> Study:
    """Check the text of a study file; see `read_study`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = PlanProblem(file_name, f"is not TOML: {error}", "Mend the line named.")
        raise PlanError([problem]) from None
    problems: list[PlanProblem] = []
    plan: StudyPlan | None = None
    try:
        plan = StudyPlan.model_validate(raw)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_url=False)]
    problems += reference_problems(raw)
    if plan is None or problems:
        raise PlanError(_without_repeats(problems))
    return Study(plan=plan, raw=raw, folder=folder, file_name=file_name)


def _without_repeats(problems: Iterable[PlanProblem]) -> list[PlanProblem]:
    seen: dict[tuple[str, str], PlanProblem] = {}
    for problem in problems:
        seen.setdefault((problem.path, problem.message), problem)
    return list(seen.values())


def _problem(detail: ErrorDetails) -> PlanProblem:
    """Turn one finding of the model into the wording embogen uses."""
    location = [part for part in detail["loc"] if part not in ENDPOINT_TAGS]
    if detail["loc"][-1:] == ("columns",):
        location.append("columns")
    path = dotted(location)
    match detail["type"]:
        case "extra_forbidden":
            key = str(location[-1])
            close = suggestion(key, _keys_at(detail["loc"][:-1]))
            return PlanProblem(path, "is not a key embogen knows", close or "Remove it.")
        case "missing":
            return PlanProblem(path, "is missing", "Add this key.")
        case "literal_error":
            expected = detail.get("ctx", {}).get("expected", "")
            shown = json.dumps(detail["input"], ensure_ascii=False, default=str)
            options = [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]
            close = suggestion(str(detail["input"]), options)
            return PlanProblem(path, f"{shown} is not one of {', '.join(options)}", close)
        case _:
            shown = json.dumps(detail["input"], ensure_ascii=False, default=str)
            message = detail["msg"][0].lower() + detail["msg"][1:]
            if isinstance(detail["input"], dict | list):
                shown = f"this {'table' if isinstance(detail['input'], dict) else 'list'}"
            return PlanProblem(path, f"{shown}: {message}", "Correct the value.")


def dotted(location: Sequence[int | str]) -> str:
    """Write a path as TOML users read it: ``analysis[2].terms[0]``, counting from 1.

    Examples
    --------
    >>> dotted(["analysis", 1, "terms"])
    'analysis[2].terms'
    """
    out = ""
    for part in location:
        out += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if out else ''}{part}"
    return out or "study file"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Name the closest known word, or nothing.

    Examples
    --------
    >>> suggestion("titel", ["title", "seed"])
    'Did you mean "title"?'
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f'Did you mean "{close[0]}"?' if close else ""


def _keys_at(location: Sequence[int | str]) -> list[str]:
    """Return the keys the model knows at a place, walking its annotations."""
    model: Any = StudyPlan
    for part in location:
        model = _step(model, part)
        if model is None:
            return []
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _step(model: Any, part: int | str) -> Any:  # noqa: ANN401 - walks typing objects
    """Go one step down: a field of a model, or into the values of a dict or list."""
    candidates = [model, *getattr(model, "__args__", ())]
    if part in ENDPOINT_TAGS:
        wanted = ENDPOINT_TAGS[str(part)]
        for item in _flatten(model):
            if getattr(item, "__name__", "") == wanted:
                return item
    for item in candidates:
        if isinstance(item, type) and issubclass(item, BaseModel) and part in item.model_fields:
            return item.model_fields[str(part)].annotation
    arguments = [arg for arg in getattr(model, "__args__", ()) if arg not in (str, type(None))]
    return arguments[-1] if arguments else None


def _flatten(annotation: Any) -> list[Any]:  # noqa: ANN401 - walks typing objects
    found = [annotation]
    for arg in getattr(annotation, "__args__", ()):
        found += _flatten(arg)
    return found
