"""`python -m gossamer.dns`: the resolver process of one host. It imports no gRPC."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from gossamer.dns.forward import Forwarder
from gossamer.dns.listen import Listening, NoListener, open_here, open_inside
from gossamer.dns.lookup import RESOLVERS, endpoint, upstreams
from gossamer.dns.plan import CLUSTER_DOMAIN
from gossamer.dns.serve import Resolver, serve
from gossamer.dns.watch import INTERVAL, NameTable, every
from gossamer.process.event_log import EventLog, set_up_logs
from gossamer.process.signals import on_end_signal

log = EventLog("gossamer.dns")


def settings(arguments: list[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="gossamer.dns", description=__doc__)
    parser.add_argument("--names", type=Path, required=True, help="the table, a JSON file")
    parser.add_argument("--listen", type=endpoint, action="append", required=True)
    parser.add_argument(
        "--listen-for-proxies",
        type=endpoint,
        action="append",
        default=[],
        help="where hosts outside the cluster's domain are where they really are",
    )
    parser.add_argument(
        "--upstream",
        type=endpoint,
        action="append",
        default=[],
        help=f"a resolver for all other names (default: {RESOLVERS}, else those of --resolv-conf)",
    )
    parser.add_argument("--resolv-conf", type=Path, default=Path("/etc/resolv.conf"))
    parser.add_argument("--enter-user", type=Path, help="user namespace to listen in")
    parser.add_argument("--enter-net", type=Path, help="network namespace to listen in")
    parser.add_argument("--domain", default=CLUSTER_DOMAIN)
    return parser.parse_args(arguments)


def open_sockets(given: argparse.Namespace) -> list[Listening]:
    """The listening sockets, those for proxies last, inside the namespaces if some are named."""
    inside = [path for path in (given.enter_user, given.enter_net) if path]
    endpoints = [*given.listen, *given.listen_for_proxies]
    return open_inside(endpoints, inside) if inside else open_here(endpoints)


async def run(given: argparse.Namespace, sockets: list[Listening]) -> None:
    """Answer until SIGTERM or SIGINT; SIGHUP reads the table again."""
    names = NameTable(given.names, given.domain)
    forwarder = Forwarder(given.upstream)
    configured = os.environ.get(RESOLVERS, "")

    def look() -> None:
        names.refresh()
        # A laptop that changes networks changes its resolvers.
        forwarder.upstreams = tuple(given.upstream) or upstreams(configured, given.resolv_conf)

    look()
    for_pods = Resolver(lambda: names.current, forwarder, given.domain)
    for_proxies = Resolver(lambda: names.for_proxies, forwarder, given.domain)
    count = len(given.listen)
    held = await serve(for_pods, sockets[:count]) + await serve(for_proxies, sockets[count:])
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, names.read)
    on_end_signal(ended.set)
    log.info("answering", at=[f"{host} port {port}" for host, port in given.listen])
    looking = asyncio.create_task(every(INTERVAL, look))
    await ended.wait()
    looking.cancel()
    for each in held:
        each.close()


def main() -> int:
    """The process: 0 when asked to end, 1 when it cannot listen."""
    set_up_logs(os.environ)
    given = settings(sys.argv[1:])
    try:
        sockets = open_sockets(given)
    except NoListener as error:
        log.error("resolver-cannot-listen", reason=error)
        return 1
    asyncio.run(run(given, sockets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
