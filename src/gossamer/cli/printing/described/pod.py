"""A pod: its containers with their states and probes, and what the mesh knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.cli.objects.item import Item
from gossamer.cli.objects.pod_object import last_ended, terminated
from gossamer.cli.printing.described.lines import block, mapped, paired

Json = Mapping[str, Any]


def pod_lines(item: Item, mesh: Iterator[str]) -> Iterator[str]:
    """All of it; `mesh` are the lines on its proxy and identity."""
    pod = item.seen
    yield from paired(
        [
            ("Name", item.name),
            ("Namespace", item.namespace),
            ("Service Account", pod["service_account"]),
            ("Start Time", item.created),
            ("Labels", mapped(item.labels)),
            ("Annotations", mapped(pod.get("annotations") or {})),
            ("Status", pod["status"]),
            ("Reason", pod.get("reason")),
            ("IPs", "\n".join(pod["ips"])),
            ("Controlled By", None if pod["kind"] == "Pod" else f"{pod['kind']}/{pod['workload']}"),
        ]
    )
    spec = item.body.get("spec") or {}
    for title, key, declared in (
        ("Init Containers", "init_containers", "initContainers"),
        ("Containers", "containers", "containers"),
    ):
        planned = pod.get(f"planned_{key}") or ()
        if planned:
            yield from block(title, _containers(planned, pod[key], spec.get(declared) or ()))
    yield from block("Mesh", mesh)
    yield from block("Conditions", _conditions(item.body))


def _containers(planned: Any, running: Any, declared: Any) -> Iterator[str]:
    lives = {each["name"]: each for each in running}
    specs = {each.get("name"): each for each in declared if isinstance(each, Mapping)}
    for plan in planned:
        name = plan["name"]
        yield from block(name, _container(plan, lives.get(name), specs.get(name) or {}))


def _container(plan: Json, life: Json | None, spec: Json) -> Iterator[str]:
    ports = ", ".join(f"{port['number']}/{port['protocol']}" for port in plan["ports"])
    command = " ".join(plan["command"]) if plan["command"] else "none on this machine"
    pairs: list[tuple[str, Any]] = [("Image", plan["image"]), ("Runs", command), ("Ports", ports)]
    pairs += _state("State", life) if life else [("State", "Waiting")]
    if life and (last := last_ended(life)):
        pairs += _ended("Last State", last)
    if life:
        pairs += [("Ready", str(life["ready"])), ("Restart Count", life["restarts"])]
    pairs += [
        (title, probe_text(spec[key]))
        for title, key in (
            ("Liveness", "livenessProbe"),
            ("Readiness", "readinessProbe"),
            ("Startup", "startupProbe"),
        )
        if isinstance(spec.get(key), Mapping)
    ]
    pairs += [("Environment", "\n".join(_variables(spec)))]
    mounts = [each for each in spec.get("volumeMounts") or () if isinstance(each, Mapping)]
    texts = [f"{m.get('mountPath')} from {m.get('name')}" for m in mounts]
    yield from paired([*pairs, ("Mounts", "\n".join(texts))])


def _state(title: str, life: Json) -> list[tuple[str, Any]]:
    run = life.get("run")
    if life["state"] == "running" and run:
        return [(title, "Running"), ("  Started", run["started"])]
    if life["state"] == "ended" and run:
        return _ended(title, run)
    return [(title, "Waiting"), ("  Reason", life["reason"])]


def _ended(title: str, run: Json) -> list[tuple[str, Any]]:
    end = terminated(run)
    return [
        (title, "Terminated"),
        ("  Reason", end["reason"]),
        ("  Exit Code", end["exitCode"]),
        ("  Started", run["started"]),
        ("  Finished", run["ended"]),
    ]


def probe_text(probe: Json) -> str:
    """As kubectl writes a probe: `http-get http://:8080/healthz delay=0s timeout=1s …`."""
    numbers = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={probe.get('periodSeconds', 10)}s #success={probe.get('successThreshold', 1)} "
        f"#failure={probe.get('failureThreshold', 3)}"
    )
    if http := probe.get("httpGet"):
        scheme = str(http.get("scheme", "HTTP")).lower()
        return f"http-get {scheme}://:{http.get('port')}{http.get('path', '/')} {numbers}"
    if tcp := probe.get("tcpSocket"):
        return f"tcp-socket :{tcp.get('port')} {numbers}"
    if grpc := probe.get("grpc"):
        return f"grpc <pod>:{grpc.get('port')} {grpc.get('service', '')} {numbers}"
    command = (probe.get("exec") or {}).get("command") or []
    return f"exec [{' '.join(map(str, command))}] {numbers}"


def _variables(spec: Json) -> Iterator[str]:
    """Names and what they are set to; of what a Secret holds only where it stands."""
    for each in spec.get("env") or ():
        source = each.get("valueFrom") or {}
        if not source:
            yield f"{each.get('name')}: {each.get('value', '')}"
            continue
        kind, ref = next(iter(source.items()))
        where = ref.get("fieldPath") or f"{ref.get('name')}, key {ref.get('key')}"
        yield f"{each.get('name')}: <{kind} {where}>"
    for each in spec.get("envFrom") or ():
        for kind, ref in each.items():
            yield f"<all of {kind} {ref.get('name') if isinstance(ref, Mapping) else ref}>"


def _conditions(body: Json) -> Iterator[str]:
    conditions = body["status"]["conditions"]
    return paired([(each["type"], each["status"]) for each in conditions])
