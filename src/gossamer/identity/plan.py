"""The rules of identity as values: SPIFFE ids, certificate templates, who may ask for what.

Pure. A certificate is made from a template of ours; a request contributes its public key and
nothing else, so a lying CSR has nothing to lie with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

TRUST_DOMAIN = "cluster.local"
PLANE_NAME = "gossamer-plane"
"""The DNS SAN of the plane's server certificate; clients name it as their TLS target."""

BACKDATE = timedelta(minutes=2)
"""How far NotBefore lies in the past, for hosts whose clocks run behind."""

WORKLOAD_LIFETIME = timedelta(hours=24)
HOST_LIFETIME = timedelta(days=7)
"""Agents and planes live longer than workloads: a plane stopped over a weekend must not
lock its agents out when it returns."""

LIFETIME_VARIABLE = "GOSSAMER_CERTIFICATE_LIFETIME"
"""Sets how long workloads' certificates live where no flag does."""

SHORTEST, LONGEST = timedelta(seconds=20), timedelta(days=90)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LIFETIME = re.compile(r"([0-9]{1,9})([smhd])")

_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def lifetime_of(text: str) -> timedelta:
    """How long a workload's certificate lives, from `30s`, `15m`, `24h` or `7d`.

    ValueError says what is wrong.
    """
    parts = _LIFETIME.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a valid duration; write a number and s, m, h or d: 24h")
    lifetime = timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    if not SHORTEST <= lifetime <= LONGEST:
        raise ValueError(f"{text} is not between 20s and 90d")
    return lifetime


def backdate(lifetime: timedelta) -> timedelta:
    """How far NotBefore lies in the past; less for lives so short that half of one is minutes."""
    return min(BACKDATE, lifetime / 10)


class CsrRefused(Exception):
    """A request that the rules of identity deny; the text is for the person on call."""


class MalformedCsr(CsrRefused):
    """A request that cannot be read; the text says what it should be."""


@dataclass(frozen=True, slots=True)
class SpiffeId:
    """One SPIFFE id, `spiffe://TRUST_DOMAIN/PATH`, as SPIFFE-ID section 2 allows it."""

    trust_domain: str
    path: str

    def __post_init__(self) -> None:
        segments, shown = self.path.split("/"), str(self)[:300]
        if not _DOMAIN.fullmatch(self.trust_domain):
            raise ValueError(f"{shown!r} is not a SPIFFE id: its trust domain is malformed")
        if not all(_SEGMENT.fullmatch(s) and s not in (".", "..") for s in segments):
            raise ValueError(f"{shown!r} is not a SPIFFE id: its path is malformed")
        if len(str(self)) > 2048:
            raise ValueError(f"{str(self)[:60]!r}… is not a SPIFFE id: longer than 2048 bytes")

    @classmethod
    def parse(cls, text: str) -> SpiffeId:
        """Read an id; ValueError says what is wrong with the text."""
        scheme, mark, rest = text.partition("://")
        if scheme != "spiffe" or not mark:
            raise ValueError(f"{text[:60]!r} is not a SPIFFE id: it does not begin with spiffe://")
        domain, _, path = rest.partition("/")
        return cls(domain, path)

    @classmethod
    def of_account(cls, namespace: str, account: str, domain: str = TRUST_DOMAIN) -> SpiffeId:
        """The id of everything that runs under one service account."""
        return cls._of(domain, "ns", namespace, "sa", account)

    @classmethod
    def of_agent(cls, host: str, domain: str = TRUST_DOMAIN) -> SpiffeId:
        """The id of the agent of one host."""
        return cls._of(domain, "gossamer", "agent", host)

    @classmethod
    def of_plane(cls, domain: str = TRUST_DOMAIN) -> SpiffeId:
        """The id of the control plane as a server."""
        return cls(domain, "gossamer/plane")

    @classmethod
    def _of(cls, domain: str, *segments: str) -> SpiffeId:
        """An id of exactly these segments: a name with a slash would be someone else's id."""
        spiffe_id = cls(domain, "/".join(segments))
        if len(spiffe_id.path.split("/")) != len(segments):
            raise ValueError(
                f"{str(spiffe_id)!r} is not a SPIFFE id of ours: a name in it has a slash"
            )
        return spiffe_id

    @property
    def account(self) -> tuple[str, str] | None:
        """`(namespace, service account)` if this is a workload's id."""
        match self.path.split("/"):
            case ["ns", namespace, "sa", account]:
                return namespace, account
        return None

    @property
    def agent_host(self) -> str | None:
        """The host if this is an agent's id."""
        match self.path.split("/"):
            case ["gossamer", "agent", host]:
                return host
        return None

    def __str__(self) -> str:
        return f"spiffe://{self.trust_domain}/{self.path}"


@dataclass(frozen=True, slots=True)
class Template:
    """What a certificate will say: one URI SAN, some DNS SANs, how long it lives."""

    spiffe: SpiffeId
    dns: tuple[str, ...] = ()
    lifetime: timedelta = WORKLOAD_LIFETIME


@dataclass(frozen=True, slots=True)
class AttestedPod:
    """A pod as its host observed it: the only source of what its certificate says."""

    namespace: str
    name: str
    service_account: str
    host: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def pod_of_dns(name: str) -> str:
    """`NS/POD` as a certificate's DNS name `POD.NS` says it; empty where it names none."""
    pod, _, namespace = name.rpartition(".")
    return f"{namespace}/{pod}" if pod and namespace else ""


def identity_of(pod: AttestedPod, domain: str = TRUST_DOMAIN) -> SpiffeId:
    """The identity of a pod's service account. ValueError where it cannot have one."""
    return SpiffeId.of_account(pod.namespace, pod.service_account, domain)


def pod_template(
    pod: AttestedPod, domain: str = TRUST_DOMAIN, lifetime: timedelta = WORKLOAD_LIFETIME
) -> Template:
    """A workload's certificate: its account's id, and `POD.NS` by which servers count peers."""
    name = f"{pod.name}.{pod.namespace}"
    if not _DNS_NAME.fullmatch(name) or len(name) > 253:
        raise CsrRefused(
            f"Pod {pod} cannot be named in a certificate: {name!r} is not a valid DNS name. "
            "It gets no identity and its proxy does not start. "
            "Use lower-case letters, digits, '-' and '.' in its name."
        )
    try:
        account = identity_of(pod, domain)
    except ValueError as error:
        raise CsrRefused(
            f"Pod {pod} cannot have an identity: {error}. Its proxy does not start. "
            "Rename its service account to letters, digits, '.', '_' and '-'."
        ) from None
    return Template(account, (name,), lifetime)


def agent_template(host: str, domain: str = TRUST_DOMAIN) -> Template:
    """An agent's certificate: its host, and nothing that a workload could be taken for."""
    return Template(SpiffeId.of_agent(host, domain), (), HOST_LIFETIME)


def plane_template(domain: str = TRUST_DOMAIN) -> Template:
    """The plane's server certificate, found by clients under one fixed name."""
    return Template(SpiffeId.of_plane(domain), (PLANE_NAME,), HOST_LIFETIME)


def may_speak_for(
    caller: SpiffeId, pod: str, attested: AttestedPod | None, domain: str = TRUST_DOMAIN
) -> AttestedPod:
    """The pod, if `caller` may act for it: its host's agent, or the pod's own account.

    `attested` is what was observed of `pod` (`NS/POD`), None if no platform reported it.
    Raises CsrRefused otherwise.
    """
    if attested is None:
        raise CsrRefused(
            f"{caller} asked for Pod {pod}, which no host has reported. It is refused. "
            "Wait until the pod is observed, or check that its agent reports to this plane."
        )
    its_agent = SpiffeId.of_agent(attested.host, domain)
    itself = identity_of(attested, domain)
    if caller in (its_agent, itself):
        return attested
    raise CsrRefused(
        f"{caller} asked for Pod {pod}, which runs on host {attested.host!r} as service account "
        f"{attested.service_account!r}. It is refused. "
        "Only that host's agent and the workload itself may speak for it."
    )


def may_sign_pod(
    caller: SpiffeId,
    pod: str,
    attested: AttestedPod | None,
    domain: str = TRUST_DOMAIN,
    lifetime: timedelta = WORKLOAD_LIFETIME,
) -> Template:
    """The certificate template for `pod` if `caller` is its host's agent, else CsrRefused."""
    if caller.trust_domain != domain or caller.agent_host is None:
        raise CsrRefused(
            f"{caller} asked to sign for Pod {pod}, but only agents of {domain} may. "
            "It is refused. Ask through the agent of the pod's host."
        )
    return pod_template(may_speak_for(caller, pod, attested, domain), domain, lifetime)


def may_sign_agent(caller: SpiffeId, host: str, domain: str = TRUST_DOMAIN) -> Template:
    """The template of an agent's own renewal; nobody renews for another host."""
    try:
        wanted = SpiffeId.of_agent(host, domain)
    except ValueError as error:
        raise MalformedCsr(f"No agent can have the name that was asked for: {error}.") from None
    if caller != wanted:
        raise CsrRefused(
            f"{caller} asked to renew the agent of host {host!r}. It is refused. "
            "An agent renews only itself; join that host with a token of its own."
        )
    return agent_template(host, domain)


def renew_at(not_before: datetime, not_after: datetime, jitter: float) -> datetime:
    """When to renew: at half life, later by up to a tenth of the life for jitter 0 to 1.

    The jitter keeps a thousand pods that started together from renewing together.
    """
    return not_before + (not_after - not_before) * (0.5 + 0.1 * min(1.0, max(0.0, jitter)))
