"""Random wrongs done to valid documents: drop, null, retype, duplicate, swap, enlarge a field."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import yaml

from tests.dialects import full_documents

ODD = (0, -1, 1, 65536, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, float("nan"), True, "", "x", "*")
TEXTS = (" ", "\n", "\x00", "\r\n", "%", "%A%", "(?=", "[", "../..", "é", "a" * 300, "1s", "-1s")
LONG = 1 << 16
"""A text of this length is large enough: made larger again and again it would fill the machine."""
SHAPES: tuple[Any, ...] = ([], {}, [[]], {"": {}}, [None], {"a": {"b": {"c": []}}})


def valid() -> dict[str, Any]:
    """One full document of each kind, by its name, as plain values."""
    return {name: yaml.safe_load(text) for name, text in full_documents.ALL.items()}


def mutated(rng: Random, body: Any, wrongs: int) -> Any:
    """The document after so many wrongs; what it was is left alone."""
    body = copy.deepcopy(body)
    for _ in range(wrongs):
        places = list(_places(body))
        if not places:
            break
        holder, key = rng.choice(places)
        rng.choice(_WRONGS)(rng, holder, key)
    return body


def text_of(body: Any) -> str:
    """The document as JSON, which is YAML; NaN as YAML writes it."""
    return json.dumps(body, ensure_ascii=False).replace("NaN", ".nan").replace("Infinity", ".inf")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and item below a value, but not what makes an object one."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        if key not in ("apiVersion", "kind"):
            yield value, key
            yield from _places(value[key])


def _drop(_: Random, holder: Any, key: Any) -> None:
    del holder[key]


def _null(_: Random, holder: Any, key: Any) -> None:
    holder[key] = None


def _retype(rng: Random, holder: Any, key: Any) -> None:
    holder[key] = copy.deepcopy(rng.choice((*ODD, *TEXTS, *SHAPES)))


def _duplicate(_: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[f"{key}2"] = copy.deepcopy(holder[key])


def _swap(rng: Random, holder: Any, key: Any) -> None:
    other = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]


def _enlarge(rng: Random, holder: Any, key: Any) -> None:
    value = holder[key]
    if isinstance(value, str):
        times = rng.choice((2, 100, 5000))
        holder[key] = value * (times if len(value) < LONG else 1)
    elif isinstance(value, bool) or value is None:
        holder[key] = [value] * 1000
    elif isinstance(value, int | float):
        holder[key] = value * rng.choice((1000, 10**9, 10**20, -1))
    elif isinstance(value, list):
        holder[key] = value * rng.choice((2, 50))
    else:
        holder[key] = {f"{name}{n}": inside for name, inside in value.items() for n in range(20)}


_WRONGS: tuple[Callable[[Random, Any, Any], None], ...] = (
    _drop,
    _null,
    _retype,
    _duplicate,
    _swap,
    _enlarge,
)
