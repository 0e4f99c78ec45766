"""`StudyResults` to JSON and back without loss: arrays, infinities and NaN included."""

from __future__ import annotations

import json
import math
import types
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin

import numpy as np
from cattrs import Converter
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.study.results import StudyResults

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(results: StudyResults) -> str:
    """Write results as JSON text; numbers keep every digit, NaN and infinities are strings."""
    return json.dumps(_converter().unstructure(results, StudyResults), indent=1, ensure_ascii=False)


def from_json(text: str, *, file: str = "results.json") -> StudyResults:
    """Read what `to_json` wrote.

    Raises
    ------
    DataError
        When the text is not the JSON of a `StudyResults`.
    """
    try:
        results: StudyResults = _converter().structure(json.loads(text), StudyResults)
    except (ValueError, KeyError, TypeError, AttributeError, ExceptionGroup) as error:
        message = f"is not a results file of this version of embogen ({type(error).__name__})"
        raise DataError([DataProblem(file, message, "Run the study again.")]) from None
    return results


def _number(value: Any) -> float:  # noqa: ANN401 - whatever the JSON holds
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def _plain(value: float) -> float | str:
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _nested(values: Any) -> Any:  # noqa: ANN401 - lists of lists of numbers
    if isinstance(values, list):
        return [_nested(item) for item in values]
    return _plain(values) if isinstance(values, float) else values


def _is_array(kind: Any) -> bool:  # noqa: ANN401 - a type or typing object
    return get_origin(kind) is np.ndarray or kind is np.ndarray


def _dtype_of(kind: Any) -> np.dtype[Any]:  # noqa: ANN401 - NDArray[np.float64] and the like
    dtype: np.dtype[Any] = np.dtype(get_args(get_args(kind)[1])[0])
    return dtype


def _array(value: Any, kind: Any) -> NDArray[Any]:  # noqa: ANN401 - see _dtype_of
    dtype = _dtype_of(kind)
    shape, flat = value["shape"], value["values"]
    items = [_number(item) for item in flat] if dtype.kind == "f" else flat
    array = np.array(items, dtype=None if dtype.kind == "U" else dtype).reshape(shape)
    if dtype.kind == "U" and array.size == 0:
        array = array.astype(str)
    array.flags.writeable = False
    return array


def _is_tagged_union(kind: Any) -> bool:  # noqa: ANN401 - a type or typing object
    if get_origin(kind) not in {Union, types.UnionType}:
        return False
    return sum(is_dataclass(arg) for arg in get_args(kind)) > 1


def _is_number_or_text(kind: Any) -> bool:  # noqa: ANN401 - a type or typing object
    return get_origin(kind) in {Union, types.UnionType} and {float, str} <= set(get_args(kind))


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(float, _plain)
    converter.register_structure_hook(float, lambda value, _: _number(value))
    converter.register_unstructure_hook_func(
        _is_array,
        lambda array: {"shape": list(array.shape), "values": _nested(array.ravel().tolist())},
    )
    converter.register_structure_hook_func(_is_array, _array)
    # values of tracks and evidence: a float or a text, told apart by their JSON type
    converter.register_structure_hook_func(_is_number_or_text, lambda value, _: value)
    converter.register_unstructure_hook_func(
        _is_number_or_text, lambda value: _plain(value) if isinstance(value, float) else value
    )
    converter.register_structure_hook_func(
        _is_tagged_union,
        lambda value, kind: None if value is None else _tagged(converter, value, kind),
    )
    converter.register_unstructure_hook_func(
        _is_tagged_union,
        lambda item: (
            None if item is None else {"type": type(item).__name__, **converter.unstructure(item)}
        ),
    )
    return converter


def _tagged(converter: Converter, value: dict[str, Any], kind: Any) -> Any:  # noqa: ANN401 - any member of the union
    members: dict[str, type[Any]] = {
        arg.__name__: arg for arg in get_args(kind) if isinstance(arg, type) and is_dataclass(arg)
    }
    content = {key: item for key, item in value.items() if key != "type"}
    return converter.structure(content, members[value["type"]])
