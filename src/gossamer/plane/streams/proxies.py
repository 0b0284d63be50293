"""The proxies and agents that are connected: the xDS server's source of truth."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gossamer.compile.constraints.words import in_words
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.stream_metadata import ALL_HOSTS, HOST_KEY, HOSTS_KEY
from gossamer.identity.plan import AttestedPod, SpiffeId, identity_of
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from gossamer.plane.api.answers import ProxyStatus, RejectionShape
from gossamer.plane.findings.quarantine import RefusedVersion
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.resources.host_names import HostNames
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from gossamer.plane.revisions import Revisions, Topic
from gossamer.plane.streams.admission import (
    BanOf,
    admit_host,
    admit_proxy,
    attested,
    nobody_banned,
    refuse_banned,
)
from gossamer.plane.streams.undeclared import UNDECLARED_AT_MOST
from gossamer.process.event_log import EventLog
from gossamer.xds.events import UNDECIDED, Answer, Undecided
from gossamer.xds.frame import Node
from gossamer.xds.stream.batch import Batch
from gossamer.xds.stream.session import OpenStreams, Peer, StreamRefused, StreamView
from gossamer.xds.stream.stream_stats import StreamStats

_log = EventLog("gossamer.plane")

KINDS = {kind.value: kind for kind in ResourceType}
VERDICT_WITHIN = 5.0
"""Seconds that a proxy has to accept or refuse before its trial is given up."""
ABOUT_HOSTS: Mapping[str, str] = {
    "undeclared_hosts": "Hosts that a proxy asked for and no object declares",
    "refused_hosts": "Hosts refused to a proxy past its bound",
    "past_host_bound": "1 where a proxy gets every declared host, for it asked for too many others",
}
"""What `status` and the metrics say of the hosts that a proxy asked for."""
RESOLVERS = "(resolvers)"
"""Who takes the names of the mesh, among clients that are otherwise pods."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A resource version that a proxy refused; it keeps what it had."""

    type_url: str
    name: str
    version: str
    message: str


@dataclass(eq=False, slots=True)
class ProxyStream:
    """One proxy's stream, as the xDS server sees it."""

    proxies: ConnectedProxies
    pod: str
    subscription: ProxySubscription | None = None
    rejections: dict[tuple[str, str], Rejection] = field(default_factory=dict)

    def get(self, type_url: str, name: str) -> Answer:
        """The resource that this proxy gets by that name."""
        kind = KINDS.get(type_url)
        if kind is None or self.subscription is None:
            return None
        return self.subscription.get(kind, name)

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        """The names that it holds without asking."""
        kind = KINDS.get(type_url)
        if kind is None or self.subscription is None:
            return UNDECIDED
        return self.subscription.held(kind)

    def batch(self, type_url: str, names: tuple[str, ...]) -> tuple[Batch, tuple[str, ...]] | None:
        """As many of these names as others get alike, joined, and the rest."""
        kind = KINDS.get(type_url)
        if kind is None or self.subscription is None:
            return None
        return self.subscription.batch(kind, names)

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """Names that it asked for; the relay remembers them, we count them by its subscription."""

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """It applied these; a former refusal of the same name is over."""
        if self.rejections:
            for name in versions:
                self.rejections.pop((type_url, name), None)
        self.proxies.accepted(self, type_url, versions)
        if self.subscription is not None and self.subscription.bound():
            _log.warning("proxy-asks-too-much", pod=self.pod, at_most=UNDECLARED_AT_MOST)

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """It refused one resource and keeps what it had."""
        self.rejections[type_url, name] = Rejection(type_url, name, version, message)
        self.proxies.refused(self, self.rejections[type_url, name])

    def closed(self) -> None:
        """It went away."""
        self.proxies.leave(self)


def _runs(stream: ProxyStream, refusal: RefusedVersion, streams: OpenStreams) -> bool:
    """Whether this proxy took the very version that another refuses."""
    entry, subscription = refusal.entry, stream.subscription
    kind, name = entry.kind, entry.name
    if (kind.value, name) in stream.rejections or subscription is None:
        return False
    if subscription.entry_of(kind, name) != entry or name not in subscription.names().get(kind, ()):
        return False
    return name not in streams.pending(stream).get(kind.value, ())


class ConnectedProxies:
    """Everything that is connected, by pod."""

    def __init__(
        self,
        pipeline: Pipeline,
        revisions: Revisions | None = None,
        banned: BanOf = nobody_banned,
    ) -> None:
        self._pipeline = pipeline
        self._banned = banned
        self._revisions = revisions or Revisions(0)
        self.streams = OpenStreams(self, stats=self._stats)
        self.meters: dict[str, StreamStats] = {}
        self.by_pod: dict[str, ProxyStream] = {}
        self._patience: asyncio.TimerHandle | None = None

    def banned_addresses(self) -> Iterator[str]:
        """Where the banned pods are, as they are observed now."""
        pods = (fact for key, fact in self.mesh.facts.items() if key.table == tables.PODS.name)
        for pod in pods:
            observed = AttestedPod(pod.namespace, pod.name, pod.service_account, pod.host)
            if self._banned(str(identity_of(observed)), pod.key):
                yield from pod.addresses

    def refuse_peer(self, peer: Peer) -> None:
        """Raise StreamRefused where a caller is banned."""
        refuse_banned(self._banned, peer)

    def refuse_banned(self) -> int:
        """End the streams of everybody who is banned by now; how many there were."""
        return self.streams.refuse(self._why_banned)

    def _why_banned(self, view: StreamView, peer: Peer) -> str | None:
        pod = attested(self.mesh, view.pod) if isinstance(view, ProxyStream) else None
        try:
            refuse_banned(self._banned, peer, pod)
        except StreamRefused as refused:
            return str(refused)
        return None

    def has_all_hosts(self, pod: str) -> bool:
        """Whether this pod's proxy asked for too many undeclared hosts, and so has all others."""
        stream = self.by_pod.get(pod)
        return stream is not None and stream.subscription is not None and stream.subscription.eager

    @property
    def mesh(self) -> Mesh:
        """The present snapshot, by which streams are admitted."""
        return self._pipeline.mesh

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        """Admit a stream: a host's names, or one proxy's resources. Raises Refused."""
        if HOST_KEY in metadata:
            admit_host(peer, metadata)
            refuse_banned(self._banned, peer)
            return HostNames(self._pipeline, self.streams)
        pod = admit_proxy(self.mesh, peer, node, metadata)
        refuse_banned(self._banned, peer, attested(self.mesh, pod))
        stream = ProxyStream(self, pod)

        def tell(kind: ResourceType, names: Iterable[str]) -> None:
            self.streams.changed(stream, {kind.value: tuple(names)})

        has_all = metadata.get(HOSTS_KEY) == ALL_HOSTS
        stream.subscription = self._pipeline.stand(pod, tell, eager=has_all)
        self.by_pod[pod] = stream
        self._revisions.advance(Topic.STATUS)
        return stream

    def subscriptions(self) -> list[ProxySubscription]:
        """What each connected proxy stands to receive."""
        return [each.subscription for each in self.by_pod.values() if each.subscription is not None]

    def accepted(self, stream: ProxyStream, type_url: str, versions: Mapping[str, str]) -> None:
        """A proxy runs these versions: the verdict that a trial may be waiting for."""
        self._revisions.advance(Topic.STATUS)
        wanted = self._pipeline.quarantine.on_trial
        if wanted is None or wanted.kind.value != type_url or wanted.name not in versions:
            return
        if stream.subscription and stream.subscription.entry_of(wanted.kind, wanted.name) == wanted:
            self._pipeline.quarantine.accepted(wanted, versions[wanted.name])
            self._revisions.advance(Topic.FINDINGS)
            self._await_verdict()

    def refused(self, stream: ProxyStream, rejection: Rejection) -> None:
        """A proxy refuses a resource: find out which object is to blame."""
        self._revisions.advance(Topic.STATUS)
        kind = KINDS.get(rejection.type_url)
        entry = (
            stream.subscription.entry_of(kind, rejection.name)
            if kind and stream.subscription
            else None
        )
        if entry is None:
            return
        body = self._pipeline.catalog.entry(entry).compiled.body
        reason = in_words(entry.kind, body, rejection.message)
        refused_version = RefusedVersion(entry, rejection.version, reason)
        if any(_runs(each, refused_version, self.streams) for each in self.by_pod.values()):
            self._pipeline.quarantine.differs(refused_version)
        else:
            self._pipeline.quarantine.refused(refused_version)
            self._await_verdict()
        self._revisions.advance(Topic.FINDINGS)

    def _await_verdict(self) -> None:
        """Give a trial up when its proxy says nothing any more."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None
        if self._pipeline.quarantine.on_trial is not None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(VERDICT_WITHIN, self._abandon)

    def _abandon(self) -> None:
        self._pipeline.quarantine.abandon()
        self._revisions.advance(Topic.FINDINGS)

    def leave(self, stream: ProxyStream) -> None:
        """A stream ended. A newer one of the same pod stays."""
        if stream.subscription is not None:
            stream.subscription.close()
        if self.by_pod.get(stream.pod) is stream:
            del self.by_pod[stream.pod]
            self._revisions.advance(Topic.STATUS)
            if self.mesh.lookup(tables.PODS, stream.pod) is None:
                self.meters.pop(stream.pod, None)

    def _stats(self, view: StreamView) -> StreamStats:
        """What counts a client: a pod's proxy, or a host's resolver (all hosts in one)."""
        client = view.pod if isinstance(view, ProxyStream) else RESOLVERS
        return self.meters.setdefault(client, StreamStats())

    def may_follow(self, pod: Pod) -> bool:
        """Whether this plane ever lets the pod's proxy in: not if it, its account or its host's
        agent is banned, or if it cannot have an identity."""
        try:
            account = SpiffeId.of_account(pod.namespace, pod.service_account)
            agent = str(SpiffeId.of_agent(pod.host)) if pod.host else ""
        except ValueError:
            return False
        return not (self._banned(str(account), pod.key) or self._banned(agent, ""))

    def lacks(self, pod: str, kind: ResourceType, name: str) -> str | None:
        """Why a pod's proxy does not run a resource as it is now; None if it does, or does not
        use that resource."""
        stream = self.by_pod.get(pod)
        if stream is None:
            return "its proxy is not connected"
        if refused := stream.rejections.get((kind.value, name)):
            return f"its proxy refuses {name}: {refused.message}"
        if name in self.streams.pending(stream).get(kind.value, ()):
            return f"its proxy has not acknowledged {name}"
        return None

    def status(self) -> list[ProxyStatus]:
        """Each connected proxy: what it has yet to acknowledge and what it refused."""
        return [self._status(pod, self.by_pod[pod]) for pod in sorted(self.by_pod)]

    def _status(self, pod: str, stream: ProxyStream) -> ProxyStatus:
        pending = sum(len(names) for names in self.streams.pending(stream).values())
        observed = self.mesh.lookup(tables.PODS, pod)
        asked = stream.subscription
        return ProxyStatus(
            pod=pod,
            workload=f"{observed.namespace}/{observed.workload}" if observed else None,
            connected=True,
            synced=pending == 0,
            pending=pending,
            rejected=[
                RejectionShape(each.type_url, each.name, each.version, each.message)
                for each in stream.rejections.values()
            ],
            undeclared_hosts=len(asked.undeclared) if asked else 0,
            refused_hosts=asked.undeclared.refused if asked else 0,
            past_host_bound=asked.eager if asked else False,
        )
