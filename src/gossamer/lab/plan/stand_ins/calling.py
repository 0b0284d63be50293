"""Whom the stand-in of one container calls, by all that its manifest says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.environment import PodFacts, expand
from gossamer.lab.plan.pod.pod import Container, PodPlan
from gossamer.lab.plan.pod.volumes import FromObject, Volume, contents
from gossamer.lab.plan.stand_ins.mentions import Mention, in_file, in_variables, in_words
from gossamer.lab.plan.stand_ins.services import services_of
from gossamer.lab.plan.stand_ins.stand_in import StandInPlace, command_words
from gossamer.lab.plan.stand_ins.targets import Calls, calls, named_in

NO_ADDRESSES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ContainerVariables:
    """All that a container has, and those that its manifest sets itself."""

    all: Mapping[str, str]
    own: Mapping[str, str]


def stand_in_words(
    container: Container,
    plan: PodPlan,
    facts: PodFacts,
    variables: ContainerVariables,
    documents: LabDocuments,
    addresses: Mapping[str, str],
) -> tuple[str, ...]:
    """The rest of the stand-in's command line; `addresses` are the services' cluster IPs."""
    assert container.stand_in is not None
    place = StandInPlace(plan.namespace, plan.workload, container.name, plan.labels)
    calls = found_calls(container, plan, facts, variables, documents, addresses)
    return command_words(container.stand_in, place, calls)


def found_calls(
    container: Container,
    plan: PodPlan,
    facts: PodFacts,
    variables: ContainerVariables,
    documents: LabDocuments,
    addresses: Mapping[str, str] = NO_ADDRESSES,
) -> Calls:
    """The calls alone."""
    assert container.stand_in is not None
    hosts = {address: host for host, address in addresses.items()}
    mentions = (
        *named_in(container.stand_in.calls),
        *in_variables(variables.own),
        *in_words([expand(argument, variables.all) for argument in container.stand_in.words]),
        *_in_files(container, plan.volumes, facts, documents),
    )
    by_name = (replace(each, host=hosts.get(each.host, each.host)) for each in mentions)
    table = services_of(documents)
    own = table.behind(plan.namespace, plan.labels)
    return calls(by_name, table, plan.namespace, own)


def _in_files(
    container: Container, volumes: tuple[Volume, ...], facts: PodFacts, documents: LabDocuments
) -> Iterator[Mention]:
    """Those of mounted ConfigMaps; a Secret's files are keys and the like."""
    by_name = {volume.name: volume for volume in volumes}
    for mount in container.mounts:
        volume = by_name.get(mount.volume)
        for source in volume.sources if volume else ():
            if isinstance(source, FromObject) and source.kind == "ConfigMap":
                held = contents(Volume(mount.volume, (source,)), facts, documents)
                for path, data in sorted(held.files.items()):
                    at = mount.path if mount.sub_path else f"{mount.path.rstrip('/')}/{path}"
                    yield from in_file(data.decode(errors="replace"), at)
