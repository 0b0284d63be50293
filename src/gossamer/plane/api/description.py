"""The API's OpenAPI description, made from the table of routes and the shapes they name."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from gossamer.plane.api.api_route import ApiRoute
from gossamer.plane.api.routes import ROUTES
from gossamer.plane.api.shapes import Failure

_REFERENCE = "#/components/schemas/{name}"
JSON = "application/json"
REVISION = "Gossamer-Revision"
"""The header with the revision of an answer; given back as `since` to wait for the next."""
_NUMBERS = frozenset({"since", "wait"})


def describe(version: str) -> dict[str, Any]:
    """The description as OpenAPI 3.1."""
    types = [shape for route in ROUTES for shape in (route.takes, route.gives) if shape]
    schemas, components = msgspec.json.schema_components([*types, Failure], ref_template=_REFERENCE)
    named = dict(zip(map(id, [*types, Failure]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gossamer control plane", "version": version},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: ApiRoute, named: dict[int, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.summary,
        "parameters": [
            *(_parameter(name, "path") for name in re.findall(r"{(\w+)}", route.path)),
            *(_parameter(name, "query") for name in route.query),
        ],
        "responses": {
            "200": {
                **_content("The answer", named[id(route.gives)], _media_type(route)),
                **_headers(route),
            },
            "default": _content("A refusal", named[id(Failure)]),
        },
    }
    if route.takes is not None:
        operation["requestBody"] = {
            **_content("The request", named[id(route.takes)]),
            "required": True,
        }
    return operation


def _parameter(name: str, place: str) -> dict[str, Any]:
    schema = {"type": "number" if name in _NUMBERS else "string"}
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _headers(route: ApiRoute) -> dict[str, Any]:
    """The revision, on answers that can be waited for."""
    if route.topic is None:
        return {}
    described = {"description": "Give it back as `since`", "schema": {"type": "integer"}}
    return {"headers": {REVISION: described}}


def _media_type(route: ApiRoute) -> str:
    return "text/plain" if route.gives is str else JSON


def _content(description: str, schema: dict[str, Any], media_type: str = JSON) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}
