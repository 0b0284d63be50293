"""A plane that keeps documents in memory and knows Services by selector: enough for a lab.

Run as `python fake_plane.py SOCKET`. It lets the lab be tested with real pods and no proxies.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml


class State:
    """Documents by name, pods by source, and one revision that counts changes of either."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.pods: dict[str, list[dict[str, Any]]] = {}
        self.revision = 1
        self.changed = threading.Condition()

    def change(self) -> None:
        self.revision += 1
        self.changed.notify_all()

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.changed:
            for file in body["files"]:
                for each in filter(None, yaml.safe_load_all(file["text"])):
                    document = _document(each, file["file"])
                    key = (document["kind"], document["namespace"], document["name"])
                    self.documents[key] = document
            self.change()
            return {"applied": [], "findings": [], "revision": self.revision}

    def observe(self, source: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.changed:
            if self.pods.get(source) != body["pods"]:
                self.pods[source] = body["pods"]
                self.change()
        return {}

    def services(self) -> list[dict[str, Any]]:
        return [_service(d, self.pods) for d in self.documents.values() if d["kind"] == "Service"]


def _document(body: dict[str, Any], file: str) -> dict[str, Any]:
    metadata = body["metadata"]
    return {
        "kind": body["kind"],
        "api_version": body["apiVersion"],
        "namespace": "" if body["kind"] == "Namespace" else metadata.get("namespace", "default"),
        "name": metadata["name"],
        "file": file,
        "line": 1,
        "created": "2026-01-01T00:00:00Z",
        "body": body,
    }


def _service(document: dict[str, Any], pods: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    spec = document["body"]["spec"]
    ready = [
        pod
        for source in pods.values()
        for pod in source
        if pod["ready"] and spec["selector"].items() <= pod["labels"].items()
    ]
    ports = [
        {
            "number": port["port"],
            "protocol": "TCP",
            "mtls_only": False,
            "endpoints": [
                f"{pod['ip'][0]}:{port.get('targetPort', port['port'])}" for pod in ready
            ],
        }
        for port in spec["ports"]
    ]
    host = f"{document['name']}.{document['namespace']}.svc.cluster.local"
    addresses = [spec["clusterIP"]]
    return {"host": host, "namespace": "default", "addresses": addresses, "ports": ports}


def handler(state: State) -> type[BaseHTTPRequestHandler]:
    """Requests on one state."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def address_string(self) -> str:
            return "unix"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            query = parse_qs(split.query)
            with state.changed:
                if "since" in query:
                    since = int(query["since"][0])
                    wait = float(query["wait"][0])
                    state.changed.wait_for(lambda: state.revision > since, wait)
                answer: dict[str, Any] = {"revision": state.revision, "status": "ok"}
                answer["documents"] = list(state.documents.values())
                answer["services"] = state.services()
            self._answer(answer)

        def do_POST(self) -> None:
            self._answer(state.apply(self._body()))

        def do_PUT(self) -> None:
            self._answer(state.observe(self.path.rsplit("/", 1)[-1], self._body()))

        def _body(self) -> dict[str, Any]:
            return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, words: dict[str, Any]) -> None:
            raw = json.dumps(words).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    return Handler


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """One thread a connection."""

    daemon_threads = True


if __name__ == "__main__":
    Server(sys.argv[1], handler(State())).serve_forever()
