"""A pod's token is believed if the Kubernetes API server says so, clearly, and only then."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from gossamer.identity.attest.kubernetes_api import PATH, KubernetesApi
from gossamer.identity.attest.token_review import TokenReview
from gossamer.identity.authority import Authority
from gossamer.identity.plan import CsrRefused, SpiffeId, Template
from tests.identity.certificates_of_others import DAY, Kind, made, write

GOOD: dict[str, Any] = {
    "kind": "TokenReview",
    "apiVersion": "authentication.k8s.io/v1",
    "status": {
        "authenticated": True,
        "user": {
            "username": "system:serviceaccount:shop:cart",
            "uid": "b7dc0f0c-2b6c-4b6f-8b0e-6ff5cbf6a9a1",
            "groups": ["system:serviceaccounts", "system:authenticated"],
            "extra": {
                "authentication.kubernetes.io/credential-id": ["JTI=1"],
                "authentication.kubernetes.io/node-name": ["node-1"],
                "authentication.kubernetes.io/pod-name": ["cart-1"],
                "authentication.kubernetes.io/pod-uid": ["0f6a1f5c"],
            },
        },
        "audiences": ["gossamer"],
    },
}
"""As kube-apiserver 1.30 answers for a token of a projected volume."""


def changed(**status: Any) -> bytes:
    return json.dumps({**GOOD, "status": {**GOOD["status"], **status}}).encode()


def user(username: str = "system:serviceaccount:shop:cart", **extra: list[str]) -> dict[str, Any]:
    own = {f"authentication.kubernetes.io/{key.replace('_', '-')}": v for key, v in extra.items()}
    return {"username": username, "extra": own}


def reviewed(answer: bytes, pod: str = "shop/cart-1") -> Template:
    return TokenReview(lambda _: answer).template("a token", pod)


def test_a_pods_token_gives_its_own_certificate() -> None:
    """Account and pod are what the API server says; the question names our audience."""
    asked: list[Any] = []

    def ask(body: bytes) -> bytes:
        asked.append(json.loads(body))
        return json.dumps(GOOD).encode()

    template = TokenReview(ask).template("a token", "shop/cart-1")
    assert template.spiffe == SpiffeId.of_account("shop", "cart")
    assert template.dns == ("cart-1.shop",)
    assert asked[0]["spec"] == {"token": "a token", "audiences": ["gossamer"]}


EXPIRED = {"authenticated": False, "error": "[invalid bearer token, token has expired]"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (changed(authenticated=False, user={}), "not authenticated"),
        (changed(**EXPIRED), "token has expired"),
        (changed(audiences=["https://kubernetes.default.svc"]), "not for the audience"),
        (changed(audiences=[]), "not for the audience"),
        (changed(user=user("kubernetes-admin", pod_name=["x"], pod_uid=["y"])), "service account"),
        (changed(user=user("system:serviceaccount:shop")), "not of a service account"),
        (changed(user=user("system:serviceaccount:a:b:c")), "not of a service account"),
        (changed(user=user()), "not bound to a pod"),
        (changed(user=user(pod_name=["cart-1"])), "not bound to a pod"),
        (changed(user=user(pod_name=["cart-1", "x"], pod_uid=["y"])), "not bound to a pod"),
        (b"", "did not review its token"),
        (b"<html>", "did not review its token"),
        (b'{"kind": "TokenReview", "status": {"authenticated": "true"}}', "did not review"),
        (b'{"kind": "Status", "code": 403}', "did not answer with a TokenReview"),
        (b'{"kind": "TokenReview"}', "not authenticated"),
    ],
)
def test_what_is_not_said_clearly_is_refused(answer: bytes, why: str) -> None:
    """Each answer that a real API server gives for a token that is not good, and nonsense."""
    with pytest.raises(CsrRefused, match=why) as refused:
        reviewed(answer)
    assert "Nothing is signed" in str(refused.value)


@pytest.mark.parametrize("pod", ["bank/cart-1", "shop/cart-2", "shop", ""])
def test_a_token_is_good_for_its_own_pod(pod: str) -> None:
    """Of another namespace, or of a sibling, it is refused."""
    with pytest.raises(CsrRefused, match="the token is of Pod shop/cart-1"):
        reviewed(json.dumps(GOOD).encode(), pod)


@pytest.mark.parametrize("token", ["", "x" * 20_000])
def test_no_token_and_a_huge_one_are_not_even_asked_about(token: str) -> None:
    """The API server is left in peace."""

    def ask(body: bytes) -> bytes:
        raise AssertionError

    with pytest.raises(CsrRefused, match="no token of a service account"):
        TokenReview(ask).template(token, "shop/cart-1")


def test_a_server_that_is_down_is_told(tmp_path: Path) -> None:
    """Nobody is let in meanwhile, and the error does not repeat the token."""
    api = KubernetesApi("https://127.0.0.1:1", tmp_path)
    with pytest.raises(CsrRefused, match="did not review its token") as refused:
        TokenReview(api.review).template("a secret token", "shop/cart-1")
    assert "a secret token" not in str(refused.value)


@contextmanager
def api_server(folder: Path, status: int = 201) -> Iterator[tuple[KubernetesApi, list[Any]]]:
    """A server of one canned answer, over TLS, and what it was asked."""
    asked: list[Any] = []

    class Canned(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Authorization"]))
            body = json.dumps(GOOD).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is written."""

    authority = Authority.open(folder / "ca")
    issued = authority.issue(Template(SpiffeId.of_plane(), ("localhost",)))
    write(folder / "account", {"token": "own token\n", "ca.crt": issued.roots})
    (folder / "pair.pem").write_text(issued.key + issued.chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    with HTTPServer(("127.0.0.1", 0), Canned) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"https://localhost:{server.server_port}"
        yield KubernetesApi(url, folder / "account"), asked
        server.shutdown()


def test_the_api_server_is_asked_over_tls_with_the_planes_own_token(tmp_path: Path) -> None:
    """Verified by the roots of the service account's folder."""
    with api_server(tmp_path) as (api, asked):
        assert TokenReview(api.review).template("a token", "shop/cart-1").dns == ("cart-1.shop",)
    assert asked == [(PATH, "Bearer own token")]


def test_a_server_of_other_roots_and_a_refusal_are_not_believed(tmp_path: Path) -> None:
    """Whoever answers at that address could let anybody in."""
    with api_server(tmp_path, status=403) as (api, _):
        with pytest.raises(CsrRefused, match="did not review"):
            TokenReview(api.review).template("a token", "shop/cart-1")
        stranger = made("stranger", kind=Kind(ends=Kind().ends + DAY))
        write(tmp_path / "account", {"token": "own token", "ca.crt": stranger.pem})
        with pytest.raises(CsrRefused, match="did not review"):
            TokenReview(api.review).template("a token", "shop/cart-1")
    with pytest.raises(CsrRefused, match="did not review"):
        TokenReview(KubernetesApi("http://localhost", tmp_path).review).template("t", "shop/cart-1")
