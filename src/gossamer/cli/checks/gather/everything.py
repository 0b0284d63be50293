"""Gathers all facts: machine and installation always, a lab's parts where the lab runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gossamer.cli.checks.facts import Lab, LabFacts, Workloads
from gossamer.cli.checks.gather.certificates import look_at_certificates
from gossamer.cli.checks.gather.installation import look_at_installation
from gossamer.cli.checks.gather.labs import look_at_ground, look_at_lab
from gossamer.cli.checks.gather.machine import look_at_machine
from gossamer.cli.checks.gather.running import (
    look_at_agent,
    look_at_edges,
    look_at_plane,
    look_at_proxies,
)
from gossamer.lab.home import LabFolder


def look(folder: LabFolder, home: Path, environ: Mapping[str, str]) -> LabFacts:
    """Everything about this machine, this installation and the lab in `folder`."""
    machine = look_at_machine(home, folder.root, environ)
    installation = look_at_installation(home, environ)
    ground = look_at_ground(home, folder.name)
    facts = LabFacts(machine, installation, ground, *[_no_lab(folder.name)] * 6)
    if folder.name not in ground.running:
        return facts
    lab = look_at_lab(folder)
    if lab.error:
        why = "the holder does not answer"
        return LabFacts(machine, installation, ground, lab, *[why] * 5)
    return _of_lab(facts, folder, lab)


def _no_lab(name: str) -> str:
    return f"lab {name!r} does not run"


def _of_lab(facts: LabFacts, folder: LabFolder, answered: Lab) -> LabFacts:
    lab = replace(answered, edges=look_at_edges(folder))
    plane = look_at_plane(folder, lab, facts.installation.version)
    agent = look_at_agent(folder, lab, plane)
    envoy = facts.installation.envoy or facts.installation.envoy_wanted
    silent = "the control plane does not answer"
    workloads = Workloads(lab.pods, plane.services, plane.documents, lab.findings)
    return replace(
        facts,
        lab=lab,
        plane=plane,
        agent=agent,
        proxies="the agent does not answer"
        if agent.error
        else look_at_proxies(folder, lab, agent, envoy),
        certificates=look_at_certificates(folder, lab),
        workloads=silent if plane.error else workloads,
    )
