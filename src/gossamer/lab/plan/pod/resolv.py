"""The text of a pod's /etc/resolv.conf and /etc/hosts."""

from __future__ import annotations

from gossamer.lab.plan.pod.pod import PodPlan

DOMAIN = "cluster.local"
NAMESERVER = "10.244.0.1"


def resolv_conf(namespace: str) -> str:
    """Short names resolve as in Kubernetes: own namespace first, then the cluster.

    A question that a killed resolver took with it is asked again after one second, not five.
    """
    search = f"{namespace}.svc.{DOMAIN} svc.{DOMAIN} {DOMAIN}"
    return f"nameserver {NAMESERVER}\nsearch {search}\noptions ndots:5 timeout:1 attempts:5\n"


def hostname(pod: PodPlan) -> str:
    """What the pod calls itself: 63 characters at most, as the kernel and DNS want it."""
    return (pod.hostname or pod.name)[:63].rstrip("-")


def hosts(pod: PodPlan, addresses: tuple[str, ...]) -> str:
    """Loopback, the pod itself under its names, and its hostAliases."""
    own = hostname(pod)
    names = f"{own}.{pod.subdomain}.{pod.namespace}.svc.{DOMAIN}\t{own}" if pod.subdomain else own
    lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    lines += [f"{address}\t{names}" for address in addresses]
    lines += ["\t".join((address, *aliases)) for address, aliases in pod.host_aliases]
    return "\n".join(lines) + "\n"
