"""Looks at certificates and keys on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gossamer.agent.folder import folder_name
from gossamer.cli.checks.facts import Certificate, Certificates, Lab, Words
from gossamer.cli.checks.gather.labs import mode_of, shown
from gossamer.identity.authority import BrokenAuthority
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.identity.issuance.verify import Verified, verify
from gossamer.identity.join import NoJoin, read_join
from gossamer.identity.keys import issued_under, lifespan, spiffe_of
from gossamer.identity.rotation.generations import believed_roots
from gossamer.lab.home import LabFolder
from gossamer.process.clock import utc_now


def look_at_certificates(folder: LabFolder, lab: Lab) -> Certificates:
    """Everything that proves who somebody is in this lab."""
    pods = {folder_name(f"{pod['namespace']}/{pod['name']}"): pod for pod in lab.pods}
    roots = _roots(folder.plane / "ca")
    log = _verified(folder.plane / "ca" / LOG_FOLDER)
    return Certificates(
        now=utc_now(),
        workloads=tuple(_workloads(folder, pods, roots)),
        join=_join(folder.join),
        root=_root(roots),
        loose_keys=tuple(shown(path, folder) for path in _keys(folder) if _loose(path)),
        logged=log.lines,
        log_problem=log.problem.replace(f"{folder.root}/", ""),
    )


def _verified(folder: Path) -> Verified:
    try:
        return verify(folder)
    except OSError as error:
        return Verified(0, f"{error.filename}: {error.strerror}")


def _loose(path: Path) -> bool:
    return bool((mode_of(path) or 0) & 0o077)


def _roots(authority: Path) -> str:
    """The roots that peers believe, two in the middle of a rotation; none where they are unread."""
    try:
        return believed_roots(authority)
    except (OSError, BrokenAuthority):
        return ""


def _root(roots: str) -> Certificate:
    """The last of them: in the middle of a rotation the one that stays."""
    last = roots[roots.rfind("-----BEGIN CERTIFICATE-----") :] if roots else ""
    try:
        span = lifespan(last)
    except ValueError as error:
        return Certificate("the root", problem=str(error))
    return Certificate("the root", "", span.begins, span.ends, "", "", True)


def _workloads(folder: LabFolder, pods: Mapping[str, Words], roots: str) -> Iterator[Certificate]:
    for chain in sorted(folder.agent.glob("*/chain.pem")):
        pod = pods.get(chain.parent.name)
        if pod is None:
            yield _read(chain.parent.name, chain, roots, "")
            continue
        account = f"/ns/{pod['namespace']}/sa/{pod['service_account']}"
        yield _read(f"{pod['namespace']}/{pod['name']}", chain, roots, account)


def _read(owner: str, chain: Path, roots: str, account: str) -> Certificate:
    try:
        pem = chain.read_text()
        span = lifespan(pem)
        own = str(spiffe_of(pem))
        signed = issued_under(pem, roots)
    except (OSError, ValueError) as error:
        return Certificate(owner, problem=str(error))
    domain, _, rest = own.removeprefix("spiffe://").partition("/")
    wanted = f"spiffe://{domain}{account}" if account and rest else ""
    return Certificate(owner, "", span.begins, span.ends, own, wanted, signed)


def _join(path: Path) -> Certificate | None:
    if not path.exists():
        return None
    try:
        span = lifespan(read_join(path).chain)
    except (NoJoin, ValueError) as error:
        return Certificate("the agent", problem=str(error))
    return Certificate("the agent", "", span.begins, span.ends)


def _keys(folder: LabFolder) -> Iterator[Path]:
    for pattern in ("agent/*/key.pem", "plane/ca/**/*.key", "join.json"):
        yield from folder.root.glob(pattern)
