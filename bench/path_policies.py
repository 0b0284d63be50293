"""What policies of a server cost a call: `bench path --policies N --jwt --ext-authz --rego`.

One lab, one client, and a server for each case, all alike but for the policies that select them.
Each round calls every server in turn, first the one without any policy, so a ratio to it is one
within seconds. HTTP/1.1, 1 KB. Cases:

- `N policies`: N DENY and N ALLOW, of which only the ALLOW that is asked last matches the call;
- `JWT`: a token signed with RSA-2048 in each call, whose key is inline;
- `ext_authz, not asked`: a CUSTOM policy none of whose rules match the call;
- `Rego, asked`: a CUSTOM policy that has each call decided by Rego beside the proxy.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.h2load import Load, in_pod, pace, saturate
from bench.lab import Lab, client, lab
from bench.path_pods import server_like, write_files
from bench.report import OUT
from bench.usage import usage
from tests.signing import Signer, key_set

NONE = "none"
PORT = 8080
WARM_S = 1


@dataclass(frozen=True, slots=True)
class Policed:
    """A server's policies, and the words by which h2load speaks to it."""

    name: str
    policies: tuple[dict[str, Any], ...] = ()
    words: tuple[str, ...] = ("--h1",)

    @property
    def server(self) -> str:
        """The deployment and service that it calls."""
        return "server-" + "".join(each for each in self.name.lower() if each.isalnum())


@dataclass(frozen=True, slots=True)
class Took:
    """One round of one case."""

    per_second: float
    server_us: float
    p50_us: float
    p99_us: float
    failed: int


def cases(counts: Sequence[int], words: Sequence[str]) -> list[Policed]:
    """The case without policies, one for each count, and those of the words."""
    numbered = [Policed(f"{each} policies", tuple(_authorization(each))) for each in counts if each]
    return [Policed(NONE), *numbered, *(CASES[word]() for word in words)]


def measure(wanted: Sequence[Policed], seconds: int, rounds: int) -> list[dict[str, Any]]:
    """A row for each case; ratios are medians of those within a round."""
    files = (OUT / "path").absolute()
    write_files(files)
    with lab(_manifests(files, wanted)) as running:
        for each in wanted:
            _saturate(running, each, WARM_S)
        took = [
            {each.name: _took(running, each, seconds) for each in wanted} for _ in range(rounds)
        ]
    return [_row(each.name, took) for each in wanted]


def _row(name: str, took: list[dict[str, Took]]) -> dict[str, Any]:
    pairs = [(each[NONE], each[name]) for each in took]
    return {
        "case": name,
        "rps": statistics.median(took.per_second for _, took in pairs),
        "rps_ratio": statistics.median(a.per_second / b.per_second for b, a in pairs),
        "server_us": statistics.median(took.server_us for _, took in pairs),
        "server_ratio": statistics.median(a.server_us / b.server_us for b, a in pairs),
        "p50_us": statistics.median(took.p50_us for _, took in pairs),
        "p50_ratio": statistics.median(a.p50_us / b.p50_us for b, a in pairs),
        "p99_ratio": statistics.median(a.p99_us / b.p99_us for b, a in pairs),
        "failed": sum(took.failed for _, took in pairs),
    }


def _took(running: Lab, case: Policed, seconds: int) -> Took:
    envoy = running.envoy(case.server)
    before = usage(envoy).cpu
    fast = _saturate(running, case, seconds)
    cpu = usage(envoy).cpu - before
    calm = pace(in_pod(running, "client"), _url(case), case.words, seconds)
    each = 1e6 * cpu / max(fast.done, 1)
    return Took(fast.per_second, each, calm.p50_us, calm.p99_us, fast.failed + calm.failed)


def _saturate(running: Lab, case: Policed, seconds: int) -> Load:
    return saturate(in_pod(running, "client"), _url(case), case.words, seconds)


def _url(case: Policed) -> str:
    return f"http://{case.server}:{PORT}/body.1k"


def _manifests(files: Path, wanted: Sequence[Policed]) -> str:
    parts = [part for each in wanted for part in server_like(each.server, files)]
    parts += [_selecting(each.server, policy) for each in wanted for policy in each.policies]
    parts += [_MESH_CONFIG, _REGO]
    return "---\n".join([client("client"), *(f"{json.dumps(part)}\n" for part in parts)])


def _selecting(server: str, policy: dict[str, Any]) -> dict[str, Any]:
    """The policy under a name of the server's, for the server alone."""
    metadata = {"name": f"{server}-{policy['metadata']['name']}"}
    selector = {"matchLabels": {"app": server}}
    return {**policy, "metadata": metadata, "spec": {**policy["spec"], "selector": selector}}


def _authorization(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield _policy(f"deny-{number:03}", "DENY", f"/forbidden-{number}/*")
        let_in = "/body*" if number == count - 1 else f"/allowed-{number}/*"
        yield _policy(f"allow-{number:03}", "ALLOW", let_in)


def _policy(name: str, action: str, path: str, **more: Any) -> dict[str, Any]:
    rule = {
        "from": [{"source": {"namespaces": ["default"]}}],
        "to": [{"operation": {"methods": ["GET"], "paths": [path]}}],
    }
    return _security(name, "AuthorizationPolicy", {"action": action, "rules": [rule], **more})


def _security(name: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "security.istio.io/v1", "kind": kind}
    return {**head, "metadata": {"name": name}, "spec": spec}


def _jwt() -> Policed:
    signer = Signer()
    rule = {"issuer": signer.issuer, "jwks": key_set(signer.jwk())}
    policy = _security("tokens", "RequestAuthentication", {"jwtRules": [rule]})
    return Policed("JWT", (policy,), ("--h1", f"-Hauthorization: Bearer {signer.token()}"))


def _not_asked() -> Policed:
    policy = _policy("asked", "CUSTOM", "/admin/*", provider={"name": "rego"})
    return Policed("ext_authz, not asked", (policy,))


def _rego() -> Policed:
    policy = _policy("asked", "CUSTOM", "/body*", provider={"name": "rego"})
    return Policed("Rego, asked", (policy,))


CASES = {"jwt": _jwt, "ext_authz": _not_asked, "rego": _rego}
"""What can be asked for by its option."""

_MESH_CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "istio", "namespace": "istio-system"},
    "data": {"mesh": 'extensionProviders: [{name: rego, opa: {policy: "opa/bench"}}]\n'},
}
_REGO = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "bench", "namespace": "opa"},
    "data": {
        "policy.rego": "package envoy.authz\nimport rego.v1\ndefault allow := false\n"
        'allow if input.attributes.request.http.method == "GET"\n'
    },
}
