"""CronJobs run at their times, as Kubernetes' controller runs them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gossamer.lab.plan.cron.runs import next_due, runs_after, unread_schedules
from gossamer.lab.plan.cron.schedule import read_schedule
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.workloads import plan_pods
from tests.lab.plan.documents_of import documents_of

CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {{name: tidy, namespace: shop}}
spec:
  schedule: "{schedule}"
  {more}
  jobTemplate:
    spec:
      completions: 2
      template:
        metadata: {{labels: {{app: tidy}}}}
        spec: {{restartPolicy: Never, containers: [{{name: a, image: b, command: [sh]}}]}}
"""
MONDAY = datetime(2026, 3, 2, 10, 30, 15, tzinfo=UTC)


def cron(schedule: str = "*/5 * * * *", more: str = "suspend: false") -> LabDocuments:
    return documents_of(CRON.format(schedule=schedule, more=more))


def nobody(_key: str, _minute: int) -> bool:
    return False


@pytest.mark.parametrize(
    ("schedule", "moment"),
    [
        ("* * * * *", "2026-03-02 10:31"),
        ("*/5 * * * *", "2026-03-02 10:35"),
        ("30 10 * * *", "2026-03-03 10:30"),
        ("0 9-17/4 * * *", "2026-03-02 13:00"),
        ("0 0 1,15 * *", "2026-03-15 00:00"),
        ("0 0 * * SUN", "2026-03-08 00:00"),
        ("0 0 5 * mon", "2026-03-05 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("@hourly", "2026-03-02 11:00"),
        ("@daily", "2026-03-03 00:00"),
        ("15/20 * * * ?", "2026-03-02 10:35"),
        ("0 0 30 2 *", None),
    ],
)
def test_a_schedule_says_when(schedule: str, moment: str | None) -> None:
    """Lists, ranges, steps, names and words; of two restricted days either is enough."""
    read = read_schedule(schedule)
    assert read is not None
    found = read.next_after(MONDAY)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == moment


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "60 * * * *", "* * * * 7", "*/0 * * * *", "5-1 * * * *", "@often"],
)
def test_what_is_no_schedule_is_told(schedule: str) -> None:
    """At its field; such a CronJob never runs, and a cluster refuses it."""
    documents = cron(schedule)
    (told,) = unread_schedules(documents)
    assert (told.origin.field, told.code) == ("spec.schedule", "invalid-field")
    assert next_due(documents, MONDAY) is None


def test_a_time_zone_counts() -> None:
    """Noon in Tokyo is three in the morning here; an unknown zone is told."""
    due = next_due(cron("0 12 * * *", "timeZone: Asia/Tokyo"), MONDAY)
    assert due == datetime(2026, 3, 3, 3, 0, tzinfo=UTC)
    (told,) = unread_schedules(cron(more="timeZone: Tokyo/Asia"))
    assert told.origin.field == "spec.timeZone"


def test_a_suspended_one_does_not_run() -> None:
    """As its author says, until he says otherwise."""
    assert next_due(cron(more="suspend: true"), MONDAY) is None


def test_each_run_is_a_job_with_its_own_pods() -> None:
    """Named by the minute, as Kubernetes names it; a run that nobody planned has no pods."""
    due = next_due(cron(), MONDAY)
    assert due is not None
    runs = runs_after({}, cron(), due, nobody)
    settings = LabSettings(runs_here=lambda _: True, cron_runs=runs)
    planned = plan_pods(cron(), settings).pods
    minute = int(due.timestamp()) // 60
    assert {(each.kind, each.workload) for each in planned} == {("Job", f"tidy-{minute}")}
    assert len(planned) == 2
    assert plan_pods(cron(), LabSettings()).pods == ()


@pytest.mark.parametrize(
    ("policy", "busy", "kept"),
    [
        ("Allow", True, [1, 2, 3, 4]),
        ("Allow", False, [2, 3, 4]),
        ("Forbid", True, []),
        ("Replace", True, []),
    ],
)
def test_runs_give_way_to_new_ones(policy: str, busy: bool, kept: list[int]) -> None:
    """Three that are over are kept; what still runs stays, goes, or keeps the next from coming."""
    documents = cron(more=f"concurrencyPolicy: {policy}")
    before = {"shop/tidy": (1, 2, 3, 4)}
    due = next_due(documents, MONDAY)
    assert due is not None
    after = runs_after(before, documents, due, lambda _key, _minute: busy)["shop/tidy"]
    new = int(due.timestamp()) // 60
    assert after == ((1, 2, 3, 4) if policy == "Forbid" else (*kept, new))


def test_a_minute_runs_once() -> None:
    """Whatever wakes the controller twice."""
    due = next_due(cron(), MONDAY)
    assert due is not None
    once = runs_after({}, cron(), due, nobody)
    assert runs_after(once, cron(), due, nobody) == once


def test_a_replication_controller_keeps_its_pods() -> None:
    """The older sister of the ReplicaSet, which published examples still have."""
    documents = documents_of("""
apiVersion: v1
kind: ReplicationController
metadata: {name: old, namespace: shop}
spec:
  replicas: 2
  selector: {app: old}
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: a, image: b}]}
""")
    planned = plan_pods(documents, LabSettings()).pods
    assert [(each.workload, each.labels["app"]) for each in planned] == [("old", "old")] * 2
