"""Reads probes and lifecycle hooks; named ports become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gossamer.lab.plan.documents import Stanza
from gossamer.lab.plan.pod.pod import ContainerPort
from gossamer.process.probes.probe import Probe, ProbeKind


def read_ports(container: Stanza) -> tuple[ContainerPort, ...]:
    return tuple(
        ContainerPort(
            port.number("containerPort", 0), port.text("name"), port.text("protocol", "TCP")
        )
        for port in container.children("ports")
        if port.number("containerPort", 0)
    )


def read_probe(container: Stanza, key: str, ports: tuple[ContainerPort, ...]) -> Probe | None:
    """The probe under `key`, or None where there is none or its action is unknown."""
    stanza = container.child(key)
    asked = _action(stanza, {port.name: port.number for port in ports if port.name})
    if asked is None:
        return None
    return replace(
        asked,
        initial_delay_s=float(stanza.number("initialDelaySeconds", 0)),
        period_s=float(max(1, stanza.number("periodSeconds", 10))),
        timeout_s=float(max(1, stanza.number("timeoutSeconds", 1))),
        success_threshold=max(1, stanza.number("successThreshold", 1)),
        failure_threshold=max(1, stanza.number("failureThreshold", 3)),
    )


def read_pre_stop(
    container: Stanza, ports: tuple[ContainerPort, ...]
) -> tuple[Probe | None, float]:
    """The preStop action as a probe that is asked once, and the seconds it only sleeps."""
    stanza = container.child("lifecycle").child("preStop")
    asked = _action(stanza, {port.name: port.number for port in ports if port.name})
    return asked, float(stanza.child("sleep").number("seconds", 0))


def _action(stanza: Stanza, named: Mapping[str, int]) -> Probe | None:
    if stanza.has("httpGet"):
        return _http(stanza.child("httpGet"), named)
    if stanza.has("tcpSocket"):
        return Probe(ProbeKind.TCP, port=_port(stanza.child("tcpSocket"), named))
    if stanza.has("grpc"):
        grpc = stanza.child("grpc")
        return Probe(ProbeKind.GRPC, port=_port(grpc, named), service=grpc.text("service"))
    if stanza.has("exec"):
        return Probe(ProbeKind.EXEC, command=stanza.child("exec").texts("command"))
    return None


def _http(stanza: Stanza, named: Mapping[str, int]) -> Probe:
    return Probe(
        ProbeKind.HTTP,
        port=_port(stanza, named),
        path=stanza.text("path", "/"),
        scheme=stanza.text("scheme", "HTTP").lower(),
        headers=tuple((h.text("name"), h.text("value")) for h in stanza.children("httpHeaders")),
    )


def _port(stanza: Stanza, named: Mapping[str, int]) -> int:
    text = stanza.text("port")
    return int(text) if text.isdigit() else named.get(text, 0)
