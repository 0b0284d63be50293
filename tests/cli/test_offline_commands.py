"""Commands that need no lab: analyze and compile, and every command's refusal without one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gossamer.cli.main import COMMANDS
from tests.cli.command_line import CommandLine

Write = Callable[[str, str], Path]
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec:
  containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]
"""
BAD = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
  - timeout: soon
    route: [{destination: {host: web}}]
"""
FINDING_KEYS = {
    "severity",
    "code",
    "object",
    "file",
    "line",
    "field",
    "message",
    "effect",
    "remedy",
}


def test_analyze_of_good_manifests_is_quiet(gossamer: CommandLine, write: Write) -> None:
    """Exit 0, nothing on standard output, and a word that something was read."""
    ran = gossamer("analyze", str(write("web.yaml", SERVICE + POD)))
    assert (ran.status, ran.out) == (0, "")
    assert "nothing to say of 2 objects" in ran.err


def test_analyze_fails_on_an_error(gossamer: CommandLine, write: Write) -> None:
    """Exit 1; the line in the file is shown as a compiler shows it."""
    path = write("bad.yaml", BAD)
    ran = gossamer("analyze", str(path))
    assert ran.status == 1
    assert f"{path}:7: error:" in ran.out
    assert "    7 |   - timeout: soon" in ran.out
    assert "effect: " in ran.out
    assert "remedy: " in ran.out


def test_analyze_as_json_has_the_promised_keys(gossamer: CommandLine, write: Write) -> None:
    """The shape that other programs read."""
    ran = gossamer("analyze", str(write("bad.yaml", BAD)), "-o", "json")
    found = json.loads(ran.out)
    assert ran.status == 1
    assert all(set(each) >= FINDING_KEYS for each in found)
    assert {each["object"] for each in found} == {"VirtualService shop/web"}


def test_analyze_as_json_of_nothing_wrong_is_an_empty_list(
    gossamer: CommandLine, write: Write
) -> None:
    """A program never has to read prose."""
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    ran = gossamer("analyze", str(write("shop.yaml", namespace)), "-o", "json")
    assert (ran.status, json.loads(ran.out)) == (0, [])


def test_analyze_reads_standard_input(gossamer: CommandLine) -> None:
    """`-` is a file like others."""
    assert gossamer("analyze", "-", stdin=BAD).status == 1


@pytest.mark.parametrize("text", ["a: [1\n", "\x00", "- 1\n- 2\n", "&a [*a]", "{}", "\ufeff"])
def test_whatever_is_in_a_file_no_command_stumbles(
    gossamer: CommandLine, write: Write, text: str
) -> None:
    """Bad input is a finding or a sentence; a traceback is a bug."""
    path = str(write("bad.yaml", text))
    for words in (("analyze", path), ("compile", path, "--proxy", "a/b")):
        assert "Traceback" not in gossamer(*words).err


def test_a_file_that_is_not_there_is_named(gossamer: CommandLine) -> None:
    """Who, what, effect, remedy; exit 1."""
    ran = gossamer("analyze", "/nowhere/web.yaml")
    assert ran.status == 1
    assert "/nowhere/web.yaml: no such file or folder. Nothing is read." in ran.err


def test_compile_is_deterministic(gossamer: CommandLine, write: Write) -> None:
    """The same files give the same bytes, in any order of files and under any hash seed."""
    one, two = str(write("one.yaml", SERVICE)), str(write("two.yaml", POD))
    there = gossamer("compile", one, two, "--proxy", "shop/web-1", env={"PYTHONHASHSEED": "1"})
    back = gossamer("compile", two, one, "--proxy", "shop/web-1", env={"PYTHONHASHSEED": "2"})
    assert there.status == 0
    assert there.out == back.out
    assert "inbound|8080||" in yaml.safe_load(there.out)["Cluster"]


def test_compile_takes_a_workload_for_its_pod(gossamer: CommandLine) -> None:
    """Nobody has to know the name that a lab gives to a pod; JSON and YAML say the same."""
    words = ("compile", "examples/httpbin", "--proxy", "default/httpbin")
    as_json, as_yaml = gossamer(*words, "-o", "json"), gossamer(*words)
    assert json.loads(as_json.out) == yaml.safe_load(as_yaml.out)


def test_compile_names_the_workloads_there_are(gossamer: CommandLine, write: Write) -> None:
    """A pod of nothing is refused with those that could be meant."""
    ran = gossamer("compile", str(write("web.yaml", POD)), "--proxy", "shop/wob")
    assert ran.status == 1
    assert "workloads: shop/web-1" in ran.err


ASKING = (
    ("status",),
    ("get", "pods"),
    ("get", "vs"),
    ("apply", "-f", "examples/httpbin"),
    ("delete", "vs", "web"),
    ("delete", "pod", "web"),
    ("logs", "web"),
    ("exec", "web", "--", "true"),
    ("restart", "deploy/web"),
    ("scale", "deploy/web", "--replicas", "2"),
    ("proxy", "clusters", "web"),
    ("traffic",),
    ("plane", "stop"),
    ("analyze", "--live"),
)


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_without_a_lab_every_command_says_so(gossamer: CommandLine, words: tuple[str, ...]) -> None:
    """Who, what, effect, remedy; exit 1 and no traceback."""
    ran = gossamer(*words[:1], "--name", "absent", *words[1:])
    assert ran.status == 1
    assert ran.err.startswith("gossamer: no lab 'absent' runs, so nothing was done; ")
    assert "gossamer up PATH..." in ran.err


@pytest.mark.parametrize("words", [("get",), ("frobnicate",), ("scale", "deploy/web"), ("up",)])
def test_wrong_usage_ends_with_two(gossamer: CommandLine, words: tuple[str, ...]) -> None:
    """So that a script can tell it from a refusal."""
    assert gossamer(*words).status == 2


def test_down_of_nothing_is_well(gossamer: CommandLine) -> None:
    """Ending what does not run is what was asked for."""
    ran = gossamer("down", "-o", "json")
    assert (ran.status, json.loads(ran.out)) == (0, {"lab": "default", "ran": False})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_lab_of_another_user_is_told_as_such(gossamer: CommandLine) -> None:
    """Not a traceback, and not `no lab`: it may well run."""
    folder = gossamer.home / "labs" / "default"
    folder.mkdir(parents=True)
    folder.chmod(0)
    ran = gossamer("status")
    folder.chmod(0o700)
    assert "belongs to another user" in ran.err


def test_a_state_folder_that_is_a_file_is_told_as_such(gossamer: CommandLine) -> None:
    """`up` names the folder and the variable that moves it; `check` has an error of its own."""
    (gossamer.home / "file").write_text("")
    env = {"GOSSAMER_HOME": str(gossamer.home / "file")}
    ran = gossamer("check", "-o", "json", env=env)
    found = {each["code"]: each["status"] for each in json.loads(ran.out)}
    assert ran.status == 1
    assert found["state-folder"] == "error"


def test_check_without_a_lab_looks_at_machine_and_installation(gossamer: CommandLine) -> None:
    """The rest is skipped with the reason; the shape is the promised one."""
    found = json.loads(gossamer("check", "-o", "json").out)
    assert set(found[0]) == {"area", "code", "status", "message", "remedy", "link"}
    by_area: dict[str, set[str]] = {}
    for each in found:
        by_area.setdefault(each["area"], set()).add(each["status"])
    assert by_area["proxies"] == {"skipped"}
    assert by_area["machine"] & {"ok"}


@pytest.mark.parametrize("name", [n for n in COMMANDS if n != "demo"])
def test_every_command_has_help(gossamer: CommandLine, name: str) -> None:
    """`--help` works for each, and says what its arguments are."""
    ran = gossamer(name, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: gossamer {name}")
