"""`outlierDetection`: leaving out endpoints that fail, for a while."""

from __future__ import annotations

from datetime import timedelta

from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.outlier_detection import OutlierDetection

_LARGEST = 2**31 - 1
_DEFAULTS = OutlierDetection()


def read_outlier_detection(policy: Fields) -> OutlierDetection | None:
    """The settings; what they don't say is Istio's default."""
    stanza = policy.child("outlierDetection")
    if not stanza:
        return None
    detection = OutlierDetection(
        consecutive_5xx=stanza.integer("consecutive5xxErrors", low=0, high=_LARGEST),
        consecutive_gateway=stanza.integer("consecutiveGatewayErrors", low=0, high=_LARGEST),
        consecutive_local_origin=stanza.integer(
            "consecutiveLocalOriginFailures", low=0, high=_LARGEST
        ),
        split_local_origin=stanza.boolean("splitExternalLocalOriginErrors", False),
        interval=_time(stanza, "interval", _DEFAULTS.interval),
        base_ejection_time=_time(stanza, "baseEjectionTime", _DEFAULTS.base_ejection_time),
        max_ejection_percent=stanza.integer(
            "maxEjectionPercent", _DEFAULTS.max_ejection_percent, low=0, high=100
        ),
        min_health_percent=stanza.integer(
            "minHealthPercent", _DEFAULTS.min_health_percent, low=0, high=100
        ),
    )
    if detection.consecutive_local_origin and not detection.split_local_origin:
        _tell_unsplit(stanza)
    _tell_old(stanza)
    stanza.unsupported("outlierDetectionHttpErrorCodes", effect="only 5xx responses count")
    return None if left_out(stanza, "failing endpoints are not ejected") else detection


def _tell_unsplit(stanza: Fields) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'consecutiveLocalOriginFailures'))} is set, and "
        "splitExternalLocalOriginErrors is not",
        "Istio refuses it: the proxy's own failures are not counted separately without it",
        "Set splitExternalLocalOriginErrors: true, or remove the count",
        field="consecutiveLocalOriginFailures",
    )


def _time(stanza: Fields, name: str, default: timedelta) -> timedelta:
    time = read_duration(stanza, name)
    if time == timedelta(0):
        stanza.report(
            f"{dotted((*stanza.path, name))} is 0",
            "Envoy would refuse it",
            "Write 1ms or more",
            field=name,
            code="out-of-range",
        )
    return default if time is None else time


def _tell_old(stanza: Fields) -> None:
    stanza.skip("consecutiveErrors")
    if stanza.has("consecutiveErrors"):
        stanza.report(
            f"{dotted((*stanza.path, 'consecutiveErrors'))} is no longer read, as in Istio",
            "it has no effect",
            "Write consecutive5xxErrors or consecutiveGatewayErrors",
            field="consecutiveErrors",
            severity=Severity.WARNING,
            code="deprecated-field",
        )
