"""Run in a pod: print a line of JSON for each identity that the Workload API gives."""

import json
import sys
import threading

from cryptography import x509
from spiffe import WorkloadApiClient
from spiffe.workloadapi.x509_context import X509Context


def show(context: X509Context) -> None:
    svid = context.default_svid
    names = svid.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    [bundle] = context.x509_bundle_set.bundles
    roots = {root for root in bundle.x509_authorities if issued(svid.leaf, root)}
    line = {
        "spiffe": str(svid.spiffe_id),
        "pod": names.get_values_for_type(x509.DNSName),
        "serial": f"{svid.leaf.serial_number:x}",
        "believed": len(bundle.x509_authorities),
        "proven": len(roots),
    }
    print(json.dumps(line), flush=True)


def issued(leaf: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(root)
    except Exception:
        return False
    return True


def fail(error: Exception) -> None:
    print(error, file=sys.stderr, flush=True)


with WorkloadApiClient() as client:
    stream = client.stream_x509_contexts(show, fail)
    threading.Event().wait()
