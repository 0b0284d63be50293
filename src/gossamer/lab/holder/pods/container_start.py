"""What each container of a pod is started with: its variables, and the words of a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.agent.identity.workload_api.place import ADDRESS, VARIABLE
from gossamer.lab.holder.pods.pod_context import PodContext
from gossamer.lab.plan.pod.environment import PodFacts, resolve
from gossamer.lab.plan.pod.pod import Container, PodPlan
from gossamer.lab.plan.pod.resolv import hostname
from gossamer.lab.plan.pod.service_links import linked_hosts, service_links
from gossamer.lab.plan.stand_ins.calling import ContainerVariables, stand_in_words
from gossamer.model.finding import Finding


@dataclass(frozen=True, slots=True)
class ContainerStart:
    """One container's; `missing` keeps it from starting. A stand-in misses nothing: it is told."""

    variables: Mapping[str, str]
    words: tuple[str, ...] = ()
    missing: tuple[Finding, ...] = ()


async def container_starts(
    plan: PodPlan, facts: PodFacts, context: PodContext
) -> dict[str, ContainerStart]:
    """Of every container by its name, with the services' addresses where variables need them."""
    hosts = linked_hosts(context.documents(), plan.namespace) if plan.service_links else ()
    addresses = await context.addresses(hosts)
    beneath = {
        **context.base_env,
        **(service_links(context.documents(), plan.namespace, addresses) if hosts else {}),
        "HOSTNAME": hostname(plan),
        **({VARIABLE: ADDRESS} if plan.has_workload_api else {}),
    }
    everyone = (*plan.init_containers, *plan.containers)
    return {c.name: _start(c, plan, facts, context, (beneath, addresses)) for c in everyone}


def _start(
    container: Container,
    plan: PodPlan,
    facts: PodFacts,
    context: PodContext,
    known: tuple[Mapping[str, str], Mapping[str, str]],
) -> ContainerStart:
    (beneath, addresses), documents = known, context.documents()
    below = {**beneath, **dict(container.extra_env)}
    own = resolve(container.env, facts, documents, below)
    variables = {**below, **own.values}
    if container.stand_in is None:
        return ContainerStart(variables, missing=own.missing)
    notes = tuple(finding.message for finding in own.missing)
    named = ContainerVariables(variables, own.values)
    words = stand_in_words(container, plan, facts, named, documents, addresses)
    return ContainerStart(variables, (*words, *(w for note in notes for w in ("--note", note))))
