"""Which `%COMMAND%`s a header's value may have: our table and a real Envoy say the same."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gossamer.dialects.istio.values.commands import COMMANDS, fault_of_command
from gossamer.envoy.binary import envoy_path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ODD = (
    ("A", "", ""),
    ("METADATA", "NOWHERE:a", ""),
    ("METADATA", "ROUTE:a:b", ""),
    ("REQ", "a?b", "5"),
    ("REQ", ":path", ""),
    ("REQ", "a?b?c", ""),
    ("REQ", "a b", ""),
    ("PATH", "NQ:ORIG", "5"),
    ("PATH", "b", ""),
    ("GRPC_STATUS", "CAMEL_STRING", ""),
    ("GRPC_STATUS", "b", ""),
    ("QUERY_PARAMS", "DECODED", "3"),
    ("REQUESTED_SERVER_NAME", "SNI_FIRST:HOST", ""),
    ("REQUESTED_SERVER_NAME", "b", ""),
    ("FILTER_STATE", "a:PLAIN", ""),
    ("FILTER_STATE", "a:b", ""),
    ("COMMON_DURATION", "a:b:us", ""),
    ("COMMON_DURATION", "a:b:c", ""),
    ("COMMON_DURATION", "a", ""),
)
FORMS = (("", ""), ("a:b", ""), ("", "5"))
UNCHECKED = ("CEL", "COALESCE")
"""Their parameters are languages of their own: what Envoy refuses of them is traced afterwards."""


def test_envoy_and_the_table_agree(tmp_path: Path) -> None:
    """Each command in three forms, and the odd ones: taken or refused by both."""
    asked = {(name, *form) for name in COMMANDS - {*UNCHECKED} for form in FORMS} | {*ODD}
    with ThreadPoolExecutor(2) as at_once:
        taken = at_once.map(lambda command: _takes(tmp_path, command), asked)
        differ = [
            (command, fault_of_command(*command))
            for command, fine in zip(asked, taken, strict=True)
            if fine != (fault_of_command(*command) is None)
        ]
    assert differ == []


def _takes(folder: Path, command: tuple[str, str, str]) -> bool:
    path = folder / ("_".join(command).translate(str.maketrans(" :?", "---")) + ".json")
    path.write_text(json.dumps(_config(written(*command))))
    words = [str(envoy_path()), "--mode", "validate", "-c", str(path), "-l", "off"]
    words.append("--disable-hot-restart")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def written(name: str, parameter: str, length: str) -> str:
    """The command as an author writes it."""
    inside = f"({parameter})" if parameter else ""
    return f"%{name}{inside}{':' + length if length else ''}%"


def _config(value: str) -> dict[str, Any]:
    package = "type.googleapis.com/envoy.extensions.filters"
    router = {"@type": f"{package}.http.router.v3.Router"}
    manager = {
        "@type": f"{package}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "x",
        "http_filters": [{"name": "router", "typed_config": router}],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "v",
                    "domains": ["*"],
                    "request_headers_to_add": [{"header": {"key": "x", "value": value}}],
                    "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
                }
            ]
        },
    }
    listener = {
        "name": "l",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [listener]}}
