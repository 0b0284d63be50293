"""What slips past every check and is refused by Envoy costs nobody but its own object.

Envoy is played by a client that refuses whatever contains a marker.
"""

from __future__ import annotations

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.findings.quarantine import RefusedVersion
from gossamer.plane.resources.view_cache import EntryId
from gossamer.store.document import Document, DocumentKey
from tests.plane.rooted_pipeline import rooted_pipeline

MARKER = "poison"
SIDECAR = ProxyRole.SIDECAR
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
"""


def key(name: str, kind: str = "VirtualService") -> DocumentKey:
    return DocumentKey(f"networking.istio.io/{kind}", "default", name)


def answering(name: str, words: str) -> Document:
    """A route at the gateway that answers these words."""
    text = f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}.example.com]
  gateways: [front]
  http: [{{directResponse: {{status: 200, body: {{string: "{words}"}}}}}}]
"""
    return Document(key(name), text.encode(), f"{name}.yaml")


class Envoy:
    """A gateway that holds one route configuration, and its plane."""

    def __init__(self) -> None:
        self.pipeline = rooted_pipeline()
        pod = Pod("default", "gw", "gw", ("10.244.0.9",), labels({"istio": "ingressgateway"}))
        front = Document(key("front", "Gateway"), GATEWAY.encode(), "front.yaml")
        self.pipeline.absorb({front.key: front})
        gateway = Pod(
            pod.namespace, pod.name, pod.workload, pod.addresses, pod.labels, role=ProxyRole.GATEWAY
        )
        self.pipeline.advance({}, observed_pods([gateway]))
        self.subscription = self.pipeline.stand(gateway.key, lambda kind, names: None)
        assert self.subscription.get(ResourceType.ROUTE, "gateway|80") is not None
        entry = self.subscription.entry_of(ResourceType.ROUTE, "gateway|80")
        assert entry is not None
        self.entry: EntryId = entry
        self.running = b""
        self.refusals = 0
        self.marker = MARKER.encode()
        self.settle()

    def apply(self, *documents: Document) -> None:
        self.pipeline.absorb({each.key: each for each in documents})
        self.settle()

    def settle(self) -> None:
        """Take what is pushed, refuse what is marked, until nothing more comes."""
        seen = None
        while (compiled := self.pipeline.catalog.entry(self.entry).compiled) is not seen:
            seen = compiled
            if self.marker in (compiled.body or b""):
                self.refusals += 1
                words = "marked words are not taken"
                self.pipeline.quarantine.refused(
                    RefusedVersion(self.entry, compiled.version, words)
                )
            else:
                self.running = compiled.body or b""
                self.pipeline.quarantine.accepted(self.entry, compiled.version)

    def told(self) -> dict[str, str]:
        """By object, the place that its refusal is told at."""
        found = self.pipeline.findings()
        return {
            str(f.origin.object): f"{f.origin.file}:{f.origin.line}"
            for f in found
            if f.code == "rejected-by-envoy"
        }

    def serves(self, *names: str) -> bool:
        return all(f"{name}.example.com".encode() in self.running for name in names)


def test_a_new_object_that_envoy_refuses_is_named_and_left_out() -> None:
    """The others are served, with what came after it; the author hears file, line and Envoy."""
    envoy = Envoy()
    envoy.apply(answering("a", "fine"))
    envoy.apply(answering("bad", MARKER))
    envoy.apply(answering("c", "fine"))
    assert envoy.serves("a", "c")
    assert not envoy.serves("bad")
    assert envoy.told() == {"VirtualService default/bad": "bad.yaml:2"}
    messages = [f.message for f in envoy.pipeline.findings() if f.code == "rejected-by-envoy"]
    assert "marked words are not taken" in messages[0]
    assert "gateway|80" in messages[0]


def test_a_changed_object_keeps_what_it_said_before() -> None:
    """Last good wins: the refused change is as if it had not been made."""
    envoy = Envoy()
    envoy.apply(answering("a", "before"))
    envoy.apply(answering("a", MARKER))
    assert b"before" in envoy.running
    assert "VirtualService default/a" in envoy.told()


def test_it_heals_when_the_object_changes() -> None:
    """A fixed object is live at once, and nothing is said of it any more."""
    envoy = Envoy()
    envoy.apply(answering("a", MARKER))
    envoy.apply(answering("a", "fixed"))
    assert b"fixed" in envoy.running
    assert envoy.told() == {}


def test_it_is_forgotten_when_the_object_goes() -> None:
    """Deleting the culprit ends its case."""
    envoy = Envoy()
    envoy.apply(answering("a", MARKER))
    envoy.pipeline.absorb({key("a"): None})
    envoy.settle()
    assert envoy.told() == {}


def test_the_same_text_again_is_not_tried_again() -> None:
    """Re-applying the culprit pushes nothing and costs no refusal."""
    envoy = Envoy()
    envoy.apply(answering("a", MARKER))
    before = envoy.refusals
    envoy.apply(answering("a", MARKER))
    assert envoy.refusals == before
    assert "VirtualService default/a" in envoy.told()


def test_one_among_a_thousand_of_one_apply() -> None:
    """Applied together, 999 are live and one is named, after ten refusals at most."""
    envoy = Envoy()
    names = [f"n{number:03}" for number in range(1000)]
    envoy.apply(*(answering(name, MARKER if name == "n617" else "fine") for name in names))
    assert envoy.serves(*(name for name in names if name != "n617"))
    assert set(envoy.told()) == {"VirtualService default/n617"}
    assert envoy.refusals <= 11


def test_several_in_one_apply_are_all_found() -> None:
    """Three culprits among forty: three are named, thirty-seven are live."""
    envoy = Envoy()
    names = [f"n{number:02}" for number in range(40)]
    bad = {"n03", "n04", "n39"}
    envoy.apply(*(answering(name, MARKER if name in bad else "fine") for name in names))
    assert envoy.serves(*(name for name in names if name not in bad))
    assert set(envoy.told()) == {f"VirtualService default/{name}" for name in bad}


def test_the_culprit_is_found_behind_a_newer_innocent() -> None:
    """Where the verdict comes late, the newest change is blamed first, and cleared."""
    envoy = Envoy()
    envoy.apply(answering("a", "fine"))
    bad, late = answering("bad", MARKER), answering("late", "fine")
    envoy.pipeline.absorb({bad.key: bad})
    envoy.pipeline.absorb({late.key: late})
    envoy.settle()
    assert set(envoy.told()) == {"VirtualService default/bad"}
    assert envoy.serves("a", "late")


def test_a_refusal_that_no_object_explains_withholds_nobody() -> None:
    """Where Envoy refuses whatever it is sent, that is reported on the resource, and all stay
    in."""
    envoy = Envoy()
    envoy.marker = b"gateway"
    envoy.apply(answering("a", "fine"), answering("b", "fine"))
    assert set(envoy.told()) == {"RouteConfiguration gateway|80"}
    assert {"a", "b"} <= {ref.name for ref in envoy.pipeline.mesh.contributions}


def test_a_refusal_of_what_others_run_withholds_nobody() -> None:
    """Such as a file that one host lacks: it is reported on the resource, and the mesh stays
    whole."""
    envoy = Envoy()
    envoy.apply(answering("a", "fine"))
    compiled = envoy.pipeline.catalog.entry(envoy.entry).compiled
    envoy.pipeline.quarantine.differs(RefusedVersion(envoy.entry, compiled.version, "no such file"))
    assert set(envoy.told()) == {"RouteConfiguration gateway|80"}
    assert envoy.serves("a")
    envoy.apply(answering("a", "changed"))
    assert envoy.told() == {}


def test_a_change_during_a_trial_is_not_lost() -> None:
    """An object on trial that changes ends the trial; it goes on with the next refusal."""
    envoy = Envoy()
    documents = [answering(f"n{number}", "fine") for number in range(8)]
    documents[5] = answering("n5", MARKER)
    envoy.pipeline.absorb({each.key: each for each in documents})
    compiled = envoy.pipeline.catalog.entry(envoy.entry).compiled
    envoy.pipeline.quarantine.refused(RefusedVersion(envoy.entry, compiled.version, "no"))
    assert envoy.pipeline.quarantine.on_trial == envoy.entry
    envoy.apply(answering("n2", "changed"))
    assert b"changed" in envoy.running
    assert set(envoy.told()) == {"VirtualService default/n5"}
    assert envoy.serves(*(f"n{number}" for number in range(8) if number != 5))


def test_a_silent_proxy_does_not_keep_the_innocent_out() -> None:
    """A trial whose verdict never comes is given up, and everybody is let in again."""
    envoy = Envoy()
    documents = [answering(f"n{number}", MARKER if number else "fine") for number in range(4)]
    envoy.pipeline.absorb({each.key: each for each in documents})
    compiled = envoy.pipeline.catalog.entry(envoy.entry).compiled
    envoy.pipeline.quarantine.refused(RefusedVersion(envoy.entry, compiled.version, "no"))
    envoy.pipeline.quarantine.abandon()
    assert envoy.pipeline.quarantine.on_trial is None
    assert envoy.pipeline.catalog.entry(envoy.entry).compiled.version == compiled.version


def test_a_refused_filter_is_traced_to_the_policy_behind_it() -> None:
    """The configuration of a discovered filter is a resource as others are: its author hears."""
    pipeline = rooted_pipeline()
    pod = Pod("default", "web", "web", ("10.244.0.9",), labels({"app": "web"}), role=SIDECAR)
    pipeline.advance({}, observed_pods([pod]))
    subscription = pipeline.stand(pod.key, lambda kind, names: None)
    name = "server|access_log|http"
    before = subscription.get(ResourceType.EXTENSION, name)
    text = """
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: quiet}
spec: {accessLogging: [{disabled: true}]}
"""
    quiet = DocumentKey("telemetry.istio.io/Telemetry", "default", "quiet")
    pipeline.absorb({quiet: Document(quiet, text.encode(), "quiet.yaml")})
    changed = subscription.get(ResourceType.EXTENSION, name)
    entry = subscription.entry_of(ResourceType.EXTENSION, name)
    assert before is not None
    assert changed is not None
    assert entry is not None
    assert changed.version != before.version
    pipeline.quarantine.refused(RefusedVersion(entry, changed.version, "no such field"))
    pipeline.quarantine.accepted(entry, before.version)
    refusals = [f for f in pipeline.findings() if f.code == "rejected-by-envoy"]
    assert [str(each.origin.object) for each in refusals] == ["Telemetry default/quiet"]
    assert subscription.get(ResourceType.EXTENSION, name) == before
