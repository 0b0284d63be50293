"""What the holder answers has the keys, and their order, that it had before it had types.

Commands print these with `-o json`, and people's scripts read that.
"""

from __future__ import annotations

import pytest
from msgspec import Struct

from gossamer.agent.launcher import ProcessShape
from gossamer.agent.shapes import HostProxyStatus
from gossamer.lab.holder.control import answers

KEYS: dict[type[Struct], str] = {
    answers.LabPodShape: "namespace name workload kind ip ips ready phase status reason stuck "
    "created restarts restarted ready_containers total_containers proxy proxy_ready injected "
    "gateway service_account labels annotations template default_container loopback_ports "
    "init_containers containers planned_init_containers planned_containers",
    answers.ContainerShape: "name image state ready restarts reason log run last_run",
    answers.RunShape: "started ended exit_status log log_offset",
    answers.PlannedContainerShape: "name image command ports",
    answers.PlannedPortShape: "number name protocol",
    answers.LabPods: "ready pods",
    answers.LabAddress: "kind type note name port url",
    answers.GatewayAddress: "name port url",
    answers.OccurrenceShape: "type reason kind namespace name message count first last",
    answers.EnteredCommand: "argv env",
    ProcessShape: "name pid restarts state since status",
    HostProxyStatus: "pod workload pid connected served synced pending rejected "
    "certificate_expires envoy ready",
}


@pytest.mark.parametrize("shape", KEYS, ids=lambda shape: shape.__name__)
def test_keys_stay_as_they_were(shape: type[Struct]) -> None:
    """A key that is added comes at the end, here too."""
    assert shape.__struct_fields__[: len(KEYS[shape].split())] == tuple(KEYS[shape].split())
