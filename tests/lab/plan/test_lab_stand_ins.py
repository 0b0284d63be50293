"""Stand-ins: which containers get one, where it listens, how its probes are put."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.lab.plan.image_rules import ImageRule
from gossamer.lab.plan.pod.command import LabSettings, choose
from gossamer.lab.plan.pod.pod import Container
from gossamer.lab.plan.stand_ins.own_program import programs_of
from gossamer.lab.plan.stand_ins.stand_in import StandInRole, version_of
from gossamer.lab.plan.workloads import Plan, plan_pods
from gossamer.process.probes.probe import ProbeKind
from tests.lab.plan.documents_of import documents_of

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec:
      initContainers:
      - {name: migrate, image: "registry.example/shop/migrate:1"}
      - {name: proxy, image: "registry.example/shop/side:1", restartPolicy: Always}
      containers:
      - name: app
        image: registry.example/shop/cart:1.4
        ports: [{containerPort: 7070, name: grpc}, {containerPort: 53, protocol: UDP}]
        readinessProbe:
          exec: {command: [/bin/grpc_health_probe, -addr=:7070]}
          initialDelaySeconds: 30
        livenessProbe: {httpGet: {path: /live, port: 9000, scheme: HTTPS}}
        lifecycle: {preStop: {exec: {command: [/bin/drain]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports: [{port: 80, targetPort: 8080, name: http}, {port: 7070, targetPort: grpc, name: grpc}]
"""


def planned(text: str, **settings: Any) -> Plan:
    return plan_pods(documents_of(text), LabSettings(**{"stand_in_for_all": True, **settings}))


def container(text: str, name: str, **settings: Any) -> Container:
    (pod,) = planned(text, **settings).pods
    everyone = (*pod.init_containers, *pod.containers)
    return next(c for c in everyone if c.name == name)


def test_everything_that_is_asked_of_the_pod_is_listened_on() -> None:
    """Declared ports, those of probes, and what a Service asks for and no object declares."""
    app = container(WORKLOAD, "app")
    side = container(WORKLOAD, "proxy")
    assert app.stand_in is not None
    assert side.stand_in is not None
    assert dict(app.stand_in.ports) == {7070: "TCP", 53: "UDP", 9000: "TCP"}
    assert dict(side.stand_in.ports) == {8080: "TCP"}


def test_each_container_plays_its_part() -> None:
    """An init container ends at once, a sidecar and an application serve, a Job's ends itself."""
    job = WORKLOAD.replace("apps/v1", "batch/v1").replace("Deployment", "Job")
    job = job.replace("      initContainers", "      restartPolicy: Never\n      initContainers")
    roles = [getattr(container(WORKLOAD, n).stand_in, "role", None) for n in ("migrate", "proxy")]
    assert roles == [StandInRole.END, StandInRole.SERVE]
    assert getattr(container(job, "app").stand_in, "role", None) is StandInRole.ONCE


def test_a_probe_that_cannot_be_answered_asks_whether_the_port_accepts() -> None:
    """A program that is only in the image, and HTTPS; nothing is run when it is to leave."""
    app = container(WORKLOAD, "app")
    assert app.readiness is not None
    assert app.liveness is not None
    assert (app.readiness.kind, app.readiness.port) == (ProbeKind.TCP, 7070)
    assert (app.liveness.kind, app.liveness.port) == (ProbeKind.TCP, 9000)
    assert app.readiness.initial_delay_s == 0
    assert app.pre_stop is None


def test_a_probe_of_a_container_without_ports_passes() -> None:
    """There is nothing to ask: it is well as long as it runs."""
    text = WORKLOAD.replace(
        "ports: [{containerPort: 7070, name: grpc}, {containerPort: 53, pro", "x"
    )
    lone = "\n".join(x for x in text.splitlines() if "xtocol" not in x).partition("---")[0]
    assert getattr(container(lone, "app").readiness, "kind", None) is ProbeKind.NONE


@pytest.mark.parametrize(
    ("has", "kind"), [((), ProbeKind.TCP), (("redis-cli", "sh"), ProbeKind.EXEC)]
)
def test_a_known_images_stand_in_is_asked_by_a_program_only_if_it_is_here(
    has: tuple[str, ...], kind: ProbeKind
) -> None:
    """`redis-cli ping` cannot be run on a machine without it, and the port answers as well."""
    text = WORKLOAD.replace("[/bin/grpc_health_probe, -addr=:7070]", "[sh, -c, 'redis-cli ping']")
    ours = {"stand_in": lambda image, c: (("redis",), {}), "stand_in_for_all": False}
    app = container(text, "app", runs_here=lambda program: program in has, **ours)
    assert getattr(app.readiness, "kind", None) is kind


@pytest.mark.parametrize(
    ("image", "command", "is_stand_in"),
    [
        ("registry.example/shop/cart:1", "[python3, app.py]", True),
        ("busybox:1.36", "[sh, -c, 'while true; do wget -q -O- http://web; sleep 1; done']", False),
        ("busybox:1.36", "[sh, -c, 'until nslookup db; do echo waiting; sleep 2; done']", True),
        ("busybox", "[sh, -c, 'until nc -z db 5432; do sleep 1; done']", True),
        ("python:3.12-slim", "[python3, -c, 'print(1)']", False),
        ("alpine", "[apk, add, curl]", True),
    ],
)
def test_a_command_is_run_only_where_the_manifest_says_all_of_it(
    image: str, command: str, is_stand_in: bool
) -> None:
    """A python of this machine has not the files of an application's image."""
    text = WORKLOAD.replace("registry.example/shop/cart:1.4", image).replace(
        "        ports:", f"        command: {command}\n        ports:"
    )
    here = ("sh", "python3", "wget", "sleep")
    app = container(text, "app", runs_here=lambda program: program in here)
    assert (app.stand_in is not None) is is_stand_in


def test_the_programs_of_a_script() -> None:
    """Keywords, assignments and what the shell does itself are none."""
    script = (
        'export A=1; if [ -f x ]; then B=2 /bin/run --fast | tee log; fi && echo "a; b" $(date)'
    )
    assert programs_of(("sh", "-ec", script)) == ("sh", "/bin/run", "tee", "date")
    assert programs_of(("redis-server", "-c", "x")) == ("redis-server",)


POD = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a, image: "%s"}]}
"""
RULES = (
    ImageRule("*", "stand-in"),
    ImageRule("registry.example/shop/*", "from-registry"),
    ImageRule("cart", "named"),
    ImageRule("registry.example/tools/hammer", "by-repository"),
)


@pytest.mark.parametrize(
    ("image", "argv"),
    [
        ("registry.example/shop/cart:1", ("named",)),
        ("registry.example/tools/hammer:1@sha256:0", ("by-repository",)),
        ("registry.example/shop/redis:7", ("py", "-P", "-m", "gossamer.apps", "redis")),
        ("redis", ("py", "-P", "-m", "gossamer.apps", "redis")),
        ("registry.example/else:1", ("stand-in",)),
    ],
)
def test_a_glob_that_names_no_image_leaves_known_images_alone(
    image: str, argv: tuple[str, ...]
) -> None:
    """`*` is for those that have nothing better; what names an image goes before all."""

    def known(image: str, container: object) -> tuple[list[str], dict[str, str]] | None:
        return (["redis"], {}) if "redis" in image else None

    stanza = documents_of(POD % image).of("Pod")[0].root.child("spec").children("containers")[0]
    rules = (RULES[0], *RULES[2:]) if "else" in image else RULES
    settings = LabSettings(images=rules, stand_in=known, python="py")
    assert choose(stanza, {}, True, settings).argv == argv


def test_another_rule_makes_other_pods_and_the_same_rule_the_same() -> None:
    """So that an applied lab.yaml replaces the pods that it concerns, and no others."""
    names = [
        planned(WORKLOAD, images=rules).pods[0].name
        for rules in ((), (ImageRule("other", "x"),), (ImageRule("cart", "run"),))
    ]
    assert names[0] == names[1]
    assert names[1] != names[2]


def test_ports_of_a_rule_are_added_to_those_declared() -> None:
    """An image's ports are often not in the manifest."""
    rule = ImageRule("cart", "stand-in", ports=((7070, "TCP"), (9999, "TCP")))
    app = container(WORKLOAD, "app", images=(rule,))
    assert [port.number for port in app.ports] == [7070, 53, 9999]
    assert app.stand_in is not None
    assert (9999, "TCP") in app.stand_in.ports


@pytest.mark.parametrize(
    ("labels", "image", "version"),
    [
        ({"version": "v2"}, "a:1", "v2"),
        ({"app.kubernetes.io/version": "1.9"}, "a:1", "1.9"),
        ({}, "localhost:5000/a:3@sha256:0", "3"),
        ({}, "localhost:5000/a", ""),
    ],
)
def test_its_version_is_the_label_or_the_tag(
    labels: dict[str, str], image: str, version: str
) -> None:
    """As routes by subset see it."""
    assert version_of(labels, image) == version
