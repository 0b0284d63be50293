"""Do the pods run, and does what was declared mean what its author thinks?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from gossamer.cli.checks.facts import Words, Workloads
from gossamer.cli.checks.verdict import (
    Area,
    Check,
    CheckVerdict,
    error,
    fine,
    listed,
    times,
    warning,
)
from gossamer.cli.lab_access.live_findings import loopback_only
from gossamer.dialects.values.protocol import protocol_of, protocol_of_name, protocol_of_port
from gossamer.model.traffic.service import Protocol

OFTEN = 3
_NO_COMMAND = "no local command"
_ALL_PODS = "`gossamer get pods -A` shows each with its reason"


def _key(pod: Words) -> str:
    return f"{pod['namespace']}/{pod['name']}"


def _ready(seen: Workloads) -> CheckVerdict:
    bad = [
        f"{_key(pod)} ({pod['reason'] or 'starting'})"
        for pod in seen.pods
        if not pod["ready"] and pod["phase"] == "running" and not _unrunnable(pod)
    ]
    if bad:
        return error(f"pods that are not ready: {listed(bad)}", _ALL_PODS)
    return fine(f"{sum(bool(pod['ready']) for pod in seen.pods)} pods are ready")


def _commands(seen: Workloads) -> CheckVerdict:
    bad = [f"{_key(pod)} ({pod['reason']})" for pod in seen.pods if _unrunnable(pod)]
    if bad:
        return error(
            f"pods with a container that has no command on this machine: {listed(bad)}",
            "Run stand-ins (`gossamer apply --stand-in`), or set what to run instead: annotation "
            "gossamer.dev/run, or images: in lab.yaml",
        )
    return fine("every container has a command")


def _unrunnable(pod: Words) -> bool:
    return str(pod["reason"]).startswith(_NO_COMMAND)


def _failed(seen: Workloads) -> CheckVerdict:
    bad = [f"{_key(pod)} ({pod['reason']})" for pod in seen.pods if pod["phase"] == "failed"]
    if bad:
        return error(f"pods that have failed: {listed(bad)}", "See `gossamer logs POD`")
    return fine("no pod has failed")


def _crashes(seen: Workloads) -> CheckVerdict:
    bad = [
        f"{_key(pod)}/{each['name']} ({times(each['restarts'])})"
        for pod in seen.pods
        for each in pod["containers"]
        if each["restarts"] >= OFTEN
    ]
    if bad:
        return warning(f"containers that keep exiting: {listed(bad)}", "See `gossamer logs POD`")
    return fine("no container keeps exiting")


def _inside(seen: Workloads) -> Iterator[Words]:
    """Services of the cluster: what is outside may be found by name, without endpoints here."""
    return (each for each in seen.services if ".svc." in each["host"])


def _endpoints(seen: Workloads) -> CheckVerdict:
    bad = [
        each["host"]
        for each in _inside(seen)
        if each["ports"] and not any(port["endpoints"] for port in each["ports"])
    ]
    if bad:
        return warning(
            f"services without endpoints: {listed(bad)}; calls to them get a 503",
            "Compare the Service's selector and targetPort with the pods' labels and ports",
        )
    return fine("every service has ready endpoints")


def _half_endpoints(seen: Workloads) -> CheckVerdict:
    bad = [
        f"{each['host']}:{port['number']}"
        for each in _inside(seen)
        if any(other["endpoints"] for other in each["ports"])
        for port in each["ports"]
        if not port["endpoints"]
    ]
    if bad:
        return warning(
            f"ports without endpoints, though their service has pods: {listed(bad)}",
            "Compare the port's targetPort with the names of the pods' containerPorts",
        )
    return fine("every port has ready endpoints")


def _loopback(seen: Workloads) -> CheckVerdict:
    """Ready pods that listen on 127.0.0.1 alone, where no call from outside them arrives."""
    pairs = loopback_only(seen.pods, seen.services)
    bad = [f"{_key(pod)} port {port}" for pod, port in pairs]
    if bad:
        return error(
            f"pods that listen on 127.0.0.1 alone: {listed(bad)}; calls to them get a 503",
            "Let the application listen on 0.0.0.0 or ::, which is all addresses of its pod",
        )
    return fine("what services lead to listens on its pod's address")


def _addresses(seen: Workloads) -> CheckVerdict:
    owners: dict[str, list[str]] = defaultdict(list)
    for each in seen.services:
        for address in each["addresses"]:
            owners[address].append(each["host"])
    bad = [f"{ip} ({', '.join(hosts)})" for ip, hosts in owners.items() if len(hosts) > 1]
    if bad:
        return error(
            f"addresses that several services claim: {listed(bad)}; the first by name gets all",
            "Give each its own clusterIP, or leave clusterIP out",
        )
    return fine("every service has addresses of its own")


def _of(seen: Workloads, kind: str) -> Iterator[Words]:
    return (each for each in seen.documents if each["kind"] == kind)


def _ports(seen: Workloads) -> CheckVerdict:
    bad = [
        f"{each['namespace']}/{each['name']}:{port.get('port')}"
        for each in _of(seen, "Service")
        for port in _items(each["body"], "spec", "ports")
        if _unsaid(port)
    ]
    if bad:
        return warning(
            f"ports that do not say their protocol, so that it is found by the first bytes of each "
            f"connection, and servers that speak first are held up by 50 ms: {listed(bad)}",
            "Name the port http-…, http2-…, grpc-… or tcp-…, or set appProtocol",
        )
    return fine("every port says its protocol")


def _unsaid(port: Words) -> bool:
    if port.get("protocol", "TCP") != "TCP":
        return False
    declared = protocol_of(str(port.get("appProtocol") or ""))
    named = declared or protocol_of_name(str(port.get("name") or ""))
    return named is None and protocol_of_port(port.get("port", 0)) is Protocol.UNDECLARED


def _items(body: Any, *path: str) -> list[Words]:
    """The mappings in the list at a path; empty where there is no such list."""
    for step in path:
        body = body.get(step) if isinstance(body, Mapping) else None
    return [each for each in body if isinstance(each, Mapping)] if isinstance(body, list) else []


def _registry(seen: Workloads) -> CheckVerdict:
    for each in _of(seen, "ConfigMap"):
        if (each["namespace"], each["name"]) == ("istio-system", "istio") and _closed(each["body"]):
            return warning(
                "REGISTRY_ONLY is in force: calls to hosts that no Service or ServiceEntry names "
                "are refused",
                "Declare a ServiceEntry for each outside host that is needed",
            )
    return fine("calls to outside hosts pass")


def _closed(body: Any) -> bool:
    text = (body.get("data") or {}).get("mesh", "") if isinstance(body, Mapping) else ""
    try:
        mesh = yaml.safe_load(str(text))
    except yaml.YAMLError:
        return False
    policy = mesh.get("outboundTrafficPolicy") if isinstance(mesh, Mapping) else None
    return isinstance(policy, Mapping) and policy.get("mode") == "REGISTRY_ONLY"


def _strict(seen: Workloads) -> CheckVerdict:
    """STRICT somewhere, and pods without a proxy that cannot speak mutual TLS."""
    strict = [
        f"{each['namespace']}/{each['name']}"
        for each in _of(seen, "PeerAuthentication")
        if _mode(each["body"]) == "STRICT"
    ]
    plain = [_key(pod) for pod in seen.pods if not pod["proxy"]]
    if strict and plain:
        return warning(
            f"{listed(strict)} asks for mutual TLS, and pods without a proxy are refused: "
            f"{listed(plain)}",
            'Give them a proxy (drop sidecar.istio.io/inject: "false"), or use PERMISSIVE',
        )
    return fine("STRICT excludes no caller")


def _mode(body: Any) -> str:
    spec = body.get("spec") if isinstance(body, Mapping) else None
    mtls = spec.get("mtls") if isinstance(spec, Mapping) else None
    return str(mtls.get("mode", "")) if isinstance(mtls, Mapping) else ""


def _unmeshed(seen: Workloads) -> CheckVerdict:
    plain = [_key(pod) for pod in seen.pods if not pod["proxy"]]
    if plain and len(plain) == len(seen.pods):
        return warning(
            "no pod has a proxy, so nothing is encrypted, routed or counted",
            "Look for istio-injection: disabled on namespaces and "
            'sidecar.istio.io/inject: "false" on pods',
        )
    return fine(f"pods without a proxy: {listed(plain) or 'none'}")


def _eager(seen: Workloads) -> CheckVerdict:
    eager = [
        f"{each['kind']} {each['namespace']}/{each['name']}"
        for each in seen.documents
        if _discovery(each["body"]) == "eager"
    ]
    if len(eager) > 3:
        return warning(
            f"{len(eager)} workloads hold the whole mesh in each proxy: {listed(eager)}",
            "Drop gossamer.dev/discovery: eager where it is not needed",
        )
    return fine(f"workloads with eager proxies: {listed(eager) or 'none'}")


def _discovery(body: Any) -> str:
    for step in ("spec", "template", "metadata", "annotations"):
        body = body.get(step) if isinstance(body, Mapping) else None
    return str(body.get("gossamer.dev/discovery", "")) if isinstance(body, Mapping) else ""


def _imitated(seen: Workloads) -> CheckVerdict:
    bad = [each for each in seen.findings if each["severity"] in ("warning", "error")]
    if bad:
        return warning(
            "what a lab could not apply: "
            + listed(f"{each['object']}: {each['message']}" for each in bad),
            "docs/lab.md says what is honoured; each finding has a remedy of its own",
        )
    return fine("the lab applied everything")


def _check(code: str, look: Callable[[Workloads], CheckVerdict]) -> Check[Workloads]:
    return Check(Area.WORKLOADS, code, look)


CHECKS: tuple[Check[Workloads], ...] = (
    _check("pods-ready", _ready),
    _check("commands", _commands),
    _check("pods-failed", _failed),
    _check("crash-loops", _crashes),
    _check("lab-findings", _imitated),
    _check("endpoints", _endpoints),
    _check("port-endpoints", _half_endpoints),
    _check("loopback-only", _loopback),
    _check("service-addresses", _addresses),
    _check("port-names", _ports),
    _check("registry-only", _registry),
    _check("strict-clients", _strict),
    _check("unmeshed", _unmeshed),
    _check("eager-proxies", _eager),
)
