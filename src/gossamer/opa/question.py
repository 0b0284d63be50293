"""What a policy sees as `input`: the call as Envoy describes it, as of OPA's Envoy plugin.

Source: https://www.openpolicyagent.org/docs/envoy/primer (input document).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, unquote

from envoy.service.auth.v3.external_auth_pb2 import CheckRequest
from google.protobuf.json_format import MessageToDict

_JSON = "application/json"


def input_of(request: CheckRequest) -> dict[str, Any]:
    """`attributes` as Envoy sent them, and path, query and body parsed."""
    http = request.attributes.request.http
    path, _, query = http.path.partition("?")
    body, truncated = _body(request)
    return {
        "attributes": MessageToDict(request.attributes),
        "parsed_path": [unquote(part) for part in path.strip("/").split("/")],
        "parsed_query": parse_qs(query, keep_blank_values=True),
        "parsed_body": body,
        "truncated_body": truncated,
        "version": {"encoding": "protojson", "ext_authz": "v3"},
    }


def _body(request: CheckRequest) -> tuple[Any, bool]:
    """The JSON of a body that came whole, else None; and whether it was cut off."""
    http = request.attributes.request.http
    text = http.raw_body.decode(errors="replace") or http.body
    length = http.headers.get("content-length", "")
    truncated = http.headers.get("x-envoy-auth-partial-body") == "true" or (
        length.isdecimal() and int(length) > len(text.encode()) > 0
    )
    if truncated or not text or not http.headers.get("content-type", "").startswith(_JSON):
        return None, truncated
    try:
        return json.loads(text), False
    except (ValueError, RecursionError):
        return None, False
