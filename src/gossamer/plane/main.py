"""`python -m gossamer.plane`: the control plane as a process."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

from gossamer.contract.rpc import REPORT, SIGN, TRUST
from gossamer.identity.attest.join_tokens import JoinTokens
from gossamer.identity.attest.kubernetes_api import IN_CLUSTER, KubernetesApi
from gossamer.identity.attest.token_review import TokenReview
from gossamer.identity.authority import Authority
from gossamer.identity.issuers.given import AUTHORITY_VARIABLE, UNUSABLE, AuthorityGiven
from gossamer.identity.issuers.passphrase import PASSPHRASE_VARIABLE
from gossamer.identity.join import ensure_join
from gossamer.identity.plan import LIFETIME_VARIABLE, lifetime_of
from gossamer.identity.revocation.ban_file import UnreadableBans
from gossamer.identity.rotation.opening import open_authority
from gossamer.identity.rotation.run import RootRotation
from gossamer.identity.run import CertificateSigner
from gossamer.model.assembly.visible import settings_of
from gossamer.plane.access.audit import AUDIT_LOG, Audit
from gossamer.plane.access.door import Door
from gossamer.plane.access.join_desk import JoinDesk
from gossamer.plane.access.people.access_source import (
    ACCESS_VARIABLE,
    AccessSource,
    follow_access,
    report_access,
)
from gossamer.plane.access.people.fetched_keys import FetchedKeys
from gossamer.plane.access.scoped_plane import ScopedPlane
from gossamer.plane.access.token_store import TokenStore, TokensUnreadable
from gossamer.plane.api.application import application
from gossamer.plane.api.server import SocketProblem, serving, set_open
from gossamer.plane.documents import StoreFollower
from gossamer.plane.observed.bans import BanKeeper, Signing, follow_bans
from gossamer.plane.observed.federation import (
    FederationFolder,
    FederationSource,
    follow_federation,
)
from gossamer.plane.observed.federation_fetch import BundleFetcher
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.roots import follow, look_at_all, root_sources
from gossamer.plane.observed.token_keys.fetch import Fetcher
from gossamer.plane.observed.token_keys.follow import TokenKeys
from gossamer.plane.observed.token_keys.kept import KeptKeySets
from gossamer.plane.observed.token_keys.options import add_key_options
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.plane import Plane
from gossamer.plane.revisions import Revisions
from gossamer.plane.rotation.desk import RotationDesk, Witnesses
from gossamer.plane.streams.admission import attested
from gossamer.plane.streams.ban_desk import BanDesk
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.plane.streams.server_certificate import ServerCertificate
from gossamer.process.clock import WallClock, utc_now
from gossamer.process.event_log import EventLog, set_up_logs
from gossamer.process.ownership import UnsafeFolder
from gossamer.process.signals import on_end_signal
from gossamer.store.failure import StoreUnavailable
from gossamer.store.sqlite import SqliteStore
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.evidence.kept import keep, keep_up, recalled, written
from gossamer.xds.serve import CannotListen, mutual_tls, serve

GC_THRESHOLD = 20_000, 20, 20
"""Nearly all we make is acyclic; Python's own 700 took a tenth of the CPU while proxies connect."""

_log = EventLog("gossamer.plane")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="gossamer.plane", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of store and authority")
    parser.add_argument("--api", required=True, help="unix:PATH of the HTTP API")
    parser.add_argument("--xds", action="append", required=True, help="unix:PATH or HOST:PORT")
    parser.add_argument("--join", type=Path, help="write an agent's join file here")
    parser.add_argument(
        "--roots",
        type=Path,
        help="roots (PEM) that the mesh trusts beside its own; roots.pem in the authority's folder",
    )
    parser.add_argument(
        "--access",
        type=Path,
        default=os.environ.get(ACCESS_VARIABLE),
        help=f"the access file (${ACCESS_VARIABLE}; access.yaml in the folder of --state)",
    )
    parser.add_argument("--join-host", default="lab", help="the host of that agent")
    parser.add_argument(
        "--certificate-lifetime",
        type=lifetime_of,
        default=os.environ.get(LIFETIME_VARIABLE, "24h"),
        help=f"how long a workload's certificate lives (${LIFETIME_VARIABLE}; 24h)",
    )
    parser.add_argument(
        "--kubernetes-api",
        metavar="URL",
        help="the API server that reviews pods' tokens, https://kubernetes.default.svc (none)",
    )
    parser.add_argument(
        "--kubernetes-account",
        type=Path,
        default=IN_CLUSTER,
        help="folder of this plane's token and that server's ca.crt",
    )
    parser.add_argument(
        "--authority",
        type=Path,
        default=os.environ.get(AUTHORITY_VARIABLE),
        help="folder of an authority to sign with: Istio's cacerts, cert-manager's secret, or PEM "
        f"files (${AUTHORITY_VARIABLE}; else one is made)",
    )
    parser.add_argument(
        "--authority-passphrase",
        default=os.environ.get(PASSPHRASE_VARIABLE, ""),
        help="where the passphrase of the authority's key is, file:PATH or env:VARIABLE "
        f"(${PASSPHRASE_VARIABLE}; else it rests in clear, mode 0600)",
    )
    add_key_options(parser, os.environ)
    return parser.parse_args()


async def run(asked: argparse.Namespace) -> None:
    """Open the state, take it in, serve until asked to end."""
    asked.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = AuthorityGiven(asked.authority, asked.authority_passphrase)
    authority, generations = open_authority(asked.state / "ca", given=given, environ=os.environ)
    if asked.join is not None:
        ensure_join(authority, asked.join, asked.join_host)
    pipeline = Pipeline()
    observations = Observations(asked.state / "observations", time.time)
    bundle = asked.roots or asked.state / "ca" / "roots.pem"
    roots = root_sources(authority, observations, bundle, asked.state / "ca")
    keeper = _ban_keeper(asked.state / "ca", authority, observations, lambda: roots[0].trusted)
    pipeline.advance({}, {**look_at_all(roots), **observations.recall()})
    pipeline.advance({}, keeper.recall())
    federation = asked.state / "ca" / "federation"
    bundles = BundleFetcher(
        federation, Fetcher(asked.jwks_allow, lambda: roots[1].trusted).document
    )
    others = FederationSource(
        FederationFolder(federation, lambda: settings_of(pipeline.mesh).trust_domains),
        observations,
        unfetched=lambda: bundles.problems.values(),
    )
    pipeline.advance({}, others.take(others.files.look()))
    keys = _token_keys(asked, pipeline, observations, lambda: roots[1].trusted)
    pipeline.advance({}, keys.recall())
    store = await SqliteStore.open(asked.state / "store.db")
    revisions = Revisions(time.time_ns() // 1_000_000)
    proxies = ConnectedProxies(pipeline, revisions, keeper.refusing)
    documents = StoreFollower(store, pipeline, lambda: plane.tell())
    desk = CertificateSigner(
        authority,
        lambda pod: attested(pipeline.mesh, pod),
        asked.certificate_lifetime,
        lambda: roots[0].trusted.decode(),
        keeper.refusing,
    )
    ban_desk = BanDesk(keeper, proxies, authority.trust_domain)

    def stands() -> None:
        """Roots and revocation lists at once: a list of each issuer, or Envoy refuses the rest."""
        own = roots[0].stand(authority.roots_pem.encode())
        plane.enter_bans({**own, **keeper.look()})

    witnesses = Witnesses(authority, observations, proxies, time.time)
    life = asked.certificate_lifetime
    rotation = RootRotation(authority, generations, witnesses.waiting, stands, life)
    evidence = asked.state / "evidence.json"
    contacts = recalled(evidence, time.time())
    plane = Plane(
        pipeline,
        documents,
        observations,
        proxies,
        desk,
        Edges(),
        time.time,
        ban_desk,
        RotationDesk(rotation, witnesses, time.time),
        contacts,
        revisions,
    )
    access = AccessSource((asked.access or asked.state / "access.yaml").absolute())
    issuers = FetchedKeys(access, Fetcher(asked.jwks_allow, lambda: roots[1].trusted).document)
    door = Door(
        lambda whole, actor: ScopedPlane(whole, actor, lambda: pipeline.mesh),
        TokenStore(asked.state / "tokens.json", time.time),
        Audit(asked.state / AUDIT_LOG, time.time),
        issuers.rules,
        joining=JoinDesk(
            JoinTokens(asked.state / "join-tokens.db", time.time), desk, _reviews(asked)
        ),
    )

    def admit(source: AccessSource) -> None:
        """Who may ask has changed."""
        report_access(source, observations)
        set_open(_path(asked.api), bool(source.rules.uids))
        plane.tell()

    await documents.load()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    certificate = ServerCertificate(authority, utc_now, lambda: roots[0].trusted)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            serving(
                application(plane, version("gossamer"), door), _path(asked.api), door.may_connect
            )
        )
        if access.look():
            admit(access)
        unary = {SIGN: plane.sign, REPORT: plane.report, TRUST: witnesses.trust}
        xds = await serve(asked.xds, proxies.streams, unary, mutual_tls(certificate.fetch))
        stack.push_async_callback(xds.close)
        stack.push_async_callback(store.close)
        following = asyncio.create_task(documents.follow())
        looking = asyncio.create_task(follow(roots, WallClock(), plane.enter))
        lifting = asyncio.create_task(follow_bans(keeper, WallClock(), plane.enter_bans))
        federating = asyncio.create_task(follow_federation(others, WallClock(), plane.enter))
        rotating = asyncio.create_task(rotation.run(WallClock(), plane.rotated))
        admitting = asyncio.create_task(follow_access(access, WallClock(), admit))
        asking = asyncio.create_task(issuers.run(WallClock()))
        keeping = asyncio.create_task(keep_up(evidence, contacts, WallClock()))
        bundling = asyncio.create_task(bundles.run(WallClock()))
        fetching = asyncio.create_task(keys.run(WallClock(), plane.enter))
        _log.info("plane-serving", api=asked.api, xds=asked.xds, documents=documents.revision)
        await _until_told(following, looking, lifting, federating, rotating, bundling, fetching)
        plane.end()
        following.cancel()
        looking.cancel()
        lifting.cancel()
        federating.cancel()
        rotating.cancel()
        fetching.cancel()
        bundling.cancel()
        keeping.cancel()
        admitting.cancel()
        asking.cancel()
        keep(evidence, written(contacts))


def _token_keys(
    asked: argparse.Namespace,
    pipeline: Pipeline,
    observations: Observations,
    roots: Callable[[], bytes],
) -> TokenKeys:
    ask = Fetcher(asked.jwks_allow, roots).document
    kept = KeptKeySets(asked.state / "jwks")
    keys = TokenKeys(lambda: pipeline.mesh, observations, kept, ask, asked.jwks_refresh)
    pipeline.listeners.add(keys.touched)
    return keys


def _reviews(asked: argparse.Namespace) -> TokenReview | None:
    """Who reviews pods' tokens, where a Kubernetes API is named."""
    if asked.kubernetes_api is None:
        return None
    api = KubernetesApi(asked.kubernetes_api, asked.kubernetes_account)
    return TokenReview(api.review, lifetime=asked.certificate_lifetime)


def _ban_keeper(
    folder: Path,
    authority: Authority,
    observations: Observations,
    trusted: Callable[[], bytes],
) -> BanKeeper:
    return BanKeeper(folder, Signing(lambda: authority.standing.believed, trusted), observations)


async def _until_told(*tasks: asyncio.Task[None]) -> None:
    """Until a signal comes; or until a task can go on no longer (the store fails), which raises."""
    end = asyncio.Event()
    on_end_signal(end.set)
    ending = asyncio.create_task(end.wait())
    done, _ = await asyncio.wait({ending, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for each in done:
        each.result()
    ending.cancel()


def _path(address: str) -> Path:
    return Path(address.removeprefix("unix:"))


_TOLD = (
    *UNUSABLE,
    UnreadableBans,
    StoreUnavailable,
    SocketProblem,
    CannotListen,
    UnsafeFolder,
    TokensUnreadable,
)


def main() -> None:
    """Run until SIGTERM; trouble at the start goes to standard error and exits 1."""
    import uvloop

    set_up_logs(os.environ)
    os.umask(0o077)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(arguments()))
    except _TOLD as error:
        sys.exit(f"gossamer plane: {error}")
