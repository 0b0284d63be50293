"""The pods of `path`: a client and a server with proxies, and the same two without.

Servers must cost little beside the proxies. HTTP/1.1, HTTP/2 and TCP are answered by an Envoy with
one worker, out of its configuration. gRPC is answered by nghttpd, since Envoy cannot end an
answer of its own with trailers: a frame of one message, then `grpc-status: 0` in the trailers. TCP
is HTTP/1.1 to a port that the mesh takes for opaque bytes, so that calls can be counted.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.envoy.binary import envoy_path

SIZES = {"1k": 1024, "100k": 100 * 1024}
MESSAGE = b"\x00\x00\x00\x00\x05\x0a\x03abc"
"""What a gRPC call sends: a frame with a message of five bytes."""

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@dataclass(frozen=True, slots=True)
class Protocol:
    """A port of the server, and the words by which h2load speaks to it."""

    name: str
    port: int
    words: tuple[str, ...] = ()


PROTOCOLS = (
    Protocol("http/1.1", 8080, ("--h1",)),
    Protocol("http/2", 8081),
    Protocol("grpc", 8082, ("-Hcontent-type: application/grpc", "-Hte: trailers")),
    Protocol("tcp", 8083, ("--h1",)),
)
_NAMES = {8080: "http", 8081: "http2", 8082: "grpc", 8083: "tcp"}


def write_files(folder: Path) -> None:
    """What the servers read: Envoy's configuration, nghttpd's bodies and types; and a message."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "types").write_text("application/grpc 1k 100k\n")
    for name, size in SIZES.items():
        frame = b"\x00" + (size - 5).to_bytes(4, "big") + b"x" * (size - 5)
        (folder / f"body.{name}").write_bytes(frame)
    (folder / "message").write_bytes(MESSAGE)
    (folder / "answers.json").write_text(
        json.dumps(answers(port for port in _NAMES if port != 8082))
    )


def manifests(folder: Path) -> str:
    """Deployments `client`, `server`, `bare-client` and `bare-server`; services for the servers."""
    parts = []
    for prefix, inject in (("", "true"), ("bare-", "false")):
        parts += [_deployment(f"{prefix}client", inject, [_container("main", "sleep infinity")])]
        parts += [_deployment(f"{prefix}server", inject, _servers(folder))]
        parts += [_service(f"{prefix}server")]
    return "\n---\n".join(json.dumps(part) for part in parts)


def server_like(name: str, folder: Path) -> Iterator[dict[str, Any]]:
    """A deployment with a proxy that answers HTTP as `server` does, and its service."""
    yield _deployment(name, "true", [_answering(folder)])
    yield _service(name)


def _servers(folder: Path) -> list[dict[str, Any]]:
    return [_answering(folder), _container("grpc", shlex.join(grpc_server(folder, 8082)))]


def _answering(folder: Path) -> dict[str, Any]:
    envoy = (str(envoy_path()), "--config-path", f"{folder}/answers.json", "--concurrency", "1")
    quiet = ("--disable-hot-restart", "--log-level", "error")
    ready = {"readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}
    return _container("answers", shlex.join((*envoy, *quiet))) | ready


def grpc_server(folder: Path, port: int, *words: str) -> tuple[str, ...]:
    """The command line of who answers gRPC calls out of the files that `write_files` wrote."""
    files = (f"--htdocs={folder}", f"--mime-types-file={folder}/types")
    shape = ("--no-content-length", "--trailer=grpc-status: 0", str(port))
    return ("nghttpd", "--no-tls", *words, *files, *shape)


def _container(name: str, line: str) -> dict[str, Any]:
    return {"name": name, "image": f"path/{name}", "command": shlex.split(line)}


def _deployment(name: str, inject: str, containers: list[dict[str, Any]]) -> dict[str, Any]:
    labels = {"app": name, "sidecar.istio.io/inject": inject}
    spec = {"terminationGracePeriodSeconds": 0, "containers": containers}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _service(name: str) -> dict[str, Any]:
    ports = [{"name": word, "port": port} for port, word in _NAMES.items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": ports},
    }


def answers(ports: Iterable[int]) -> dict[str, Any]:
    """An Envoy that answers by itself on these ports."""
    return {"static_resources": {"listeners": [_listener(port) for port in ports]}}


def _listener(port: int) -> dict[str, Any]:
    manager = {
        "@type": f"type.googleapis.com/{_MANAGER}",
        "stat_prefix": "answers",
        "codec_type": "AUTO",
        "http_filters": [
            {
                "name": "router",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                },
            }
        ],
        "route_config": {
            "max_direct_response_body_size_bytes": 2 * SIZES["100k"],
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": _routes()}],
        },
    }
    address = {"address": "::", "port_value": port, "ipv4_compat": True}
    return {
        "name": str(port),
        "address": {"socket_address": address},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _routes() -> list[dict[str, Any]]:
    return [
        {
            "match": {"path": f"/body.{name}"},
            "direct_response": {"status": 200, "body": {"inline_string": "x" * size}},
        }
        for name, size in SIZES.items()
    ]
