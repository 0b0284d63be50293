"""What kubectl's users have in their fingers works in a lab, and prints what they expect."""

from __future__ import annotations

import os
import signal
import subprocess
from datetime import UTC, datetime

import pytest

from tests.e2e.kubectl_habits import HABITS
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def habits(lab: Lab) -> Lab:
    """The lab, up as far as it comes: three of its pods are in trouble on purpose."""
    path = lab.home / "habits.yaml"
    path.write_text(HABITS)
    lab.run("up", str(path), "--detach", "--name", lab.name, ok=False)
    return lab


def ask(lab: Lab, *words: str, ok: bool = True) -> str:
    return lab.run(*words, "--name", lab.name, ok=ok).stdout


def rows(lab: Lab, *words: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell."""
    lines = [line.split() for line in ask(lab, *words).splitlines()[1:] if line]
    return {line[0]: line for line in lines}


def test_pods_have_the_words_of_kubectl(habits: Lab) -> None:
    """READY, STATUS and RESTARTS of pods that run, crash, wait, cannot start, and have ended."""

    def states() -> dict[str, str]:
        return {name: " ".join(row[1:3]) for name, row in rows(habits, "get", "pods").items()}

    def as_expected() -> bool:
        found = states()
        web = [state for name, state in found.items() if name.startswith("web-")]
        once = [state for name, state in found.items() if name.startswith("once-")]
        assert (web, once) == (["2/2 Running"] * 2, ["0/2 Completed"])
        assert found["two"] == "3/3 Running"
        assert found["unknown"] == "0/2 NoCommand"
        assert found["unprepared"] == "0/2 Init:Error"
        return found["crashing"] == "1/2 CrashLoopBackOff"

    until(as_expected)
    assert int(rows(habits, "get", "pods")["crashing"][3]) >= 1


def test_several_kinds_names_and_selectors(habits: Lab) -> None:
    """Kinds with commas, KIND/NAME, sets of labels, names for scripts, and jsonpath."""
    mixed = ask(habits, "get", "pods,svc", "-l", "app in (web,two)")
    assert "pod/two" in mixed
    assert "crashing" not in mixed
    assert "deployment.apps/web" in ask(habits, "get", "all")
    assert rows(habits, "get", "deploy/web")["web"][1:4] == ["2/2", "2", "2"]
    assert ask(habits, "get", "svc/web", "-o", "name") == "service/web\n"
    phase = ask(habits, "get", "pod", "two", "-o", "jsonpath={.status.phase}")
    assert phase == "Running"
    images = ask(habits, "get", "pods", "-l", "!tier", "-o", "jsonpath={.items[*]..image}")
    assert "nobody/knows:1" in images


def test_what_is_not_there_is_told(habits: Lab) -> None:
    """An unknown kind and an unknown name are exit 1, each with the near one."""
    kind = habits.run("get", "deploymnts", "--name", habits.name, ok=False)
    assert (kind.returncode, "did you mean `deployments`" in kind.stderr) == (1, True)
    name = habits.run("get", "pod", "twoo", "--name", habits.name, ok=False)
    assert (name.returncode, "did you mean 'two'" in name.stderr) == (1, True)


def test_a_watch_goes_on_and_ends_with_130(habits: Lab) -> None:
    """Rows come as they change; Ctrl-C is how it ends."""
    watching = habits.start("get", "pods", "-w", "-l", "app=web", "--name", habits.name)
    assert watching.stdout
    heads = watching.stdout.readline().split()
    assert heads[:3] == ["NAME", "READY", "STATUS"]
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 130


def test_events_tell_what_happened(habits: Lab) -> None:
    """Created, started, backed off; counted where it happens again."""
    told = until(lambda: "BackOff" in (said := ask(habits, "get", "events")) and said)
    assert "SuccessfulCreate" in told
    assert "NoCommand" in told
    assert "Started container first" in told
    warnings = ask(habits, "get", "events", "--field-selector", "type=Warning")
    assert "Started" not in warnings


def test_a_shell_in_a_pod_is_a_shell(habits: Lab) -> None:
    """`exec -it`: Ctrl-C ends what runs in it; size and exit status are passed on."""
    shell = Terminal(habits, "exec", "--name", habits.name, "-it", "two", "--", "sh")
    shell.until("#" if os.geteuid() == 0 else "$")
    shell.type("tty; stty size\n")
    shell.until("/dev/pts/")
    shell.until("33 111")
    shell.type("sh -c 'echo begun; exec sleep 100'\n")
    shell.until("begun\r\n")
    shell.type("\x03")
    shell.type("echo status=$?\n")
    shell.until("status=130")
    shell.resize(40, 90)
    shell.type("stty size\n")
    shell.until("40 90")
    shell.type("(exit 7)\n\x04")
    assert shell.status() == 7


def test_exec_reads_only_when_it_is_asked_to(habits: Lab) -> None:
    """`-i` passes a pipe on; without it a loop over a file's lines keeps them."""
    head = ("exec", "--name", habits.name)
    assert habits.run(*head, "-i", "two", "--", "cat", input="hello\n").stdout == "hello\n"
    assert habits.run(*head, "two", "--", "cat", input="hello\n").stdout == ""
    piped = habits.run(*head, "-it", "two", "--", "cat", input="hello\n")
    assert piped.stdout == "hello\n"
    assert "not a terminal" in piped.stderr
    ended = habits.run(*head, "deploy/web", "-c", "app", "--", "sh", "-c", "exit 9", ok=False)
    assert ended.returncode == 9


def test_logs_of_several_pods_and_containers(habits: Lab) -> None:
    """By workload, service and labels; with the pod before each line; init containers by name."""
    for whose in (["deploy/web"], ["svc/web"], ["-l", "tier=front"]):
        assert ask(habits, "logs", *whose) == "serving as green\n" * 2
    lines = ask(habits, "logs", "two", "--all-containers", "--prefix").splitlines()
    assert sorted(lines) == [
        "[pod/two/first] one",
        "[pod/two/first] two",
        "[pod/two/second] other",
        "[pod/two/setup] prepared",
    ]
    assert ask(habits, "logs", "two", "-c", "setup") == "prepared\n"
    assert ask(habits, "logs", "two", "--tail", "1") == "two\n"


def test_logs_by_time(habits: Lab) -> None:
    """Each line has its time, and old ones can be left out."""
    (line,) = ask(habits, "logs", "two", "--timestamps", "--tail=1").splitlines()
    moment, _, text = line.partition(" ")
    assert text == "two"
    assert datetime.fromisoformat(moment) < datetime.now(UTC)
    assert ask(habits, "logs", "two", "--since=1h") == "one\ntwo\n"
    assert ask(habits, "logs", "two", "--since-time=2199-01-01T00:00:00Z") == ""


def test_the_log_of_the_run_before(habits: Lab) -> None:
    """`--previous` of what crashed is one run; of what never did, an error."""
    until(lambda: int(rows(habits, "get", "pods")["crashing"][3]) >= 1)
    (line,) = ask(habits, "logs", "crashing", "--previous").splitlines()
    assert line.startswith("this run is ")
    until(lambda: len(ask(habits, "logs", "crashing").splitlines()) == 1)
    none = habits.run("logs", "two", "-p", "--name", habits.name, ok=False)
    assert (none.returncode, "no previous log" in none.stderr) == (1, True)


def test_following_a_job_ends_with_it(habits: Lab) -> None:
    """A script that follows a Job is not held for ever."""
    followed = habits.start("logs", "-f", "job/once", "--name", habits.name)
    assert followed.communicate(timeout=30)[0] == "done\n"
    waiting = habits.run("logs", "unknown", "--name", habits.name, ok=False)
    assert "waiting to start: NoCommand" in waiting.stderr


def test_describe_tells_all_of_a_pod(habits: Lab) -> None:
    """Containers with their last state, the mesh's view, and events; nothing of it is a riddle."""
    until(lambda: int(rows(habits, "get", "pods")["crashing"][3]) >= 1)
    told = ask(habits, "describe", "pod", "crashing")
    for text in ("Exit Code:", "Restart Count:", "Last State:", "BackOff", "spiffe://"):
        assert text in told
    assert "nobody/knows:1" in ask(habits, "describe", "pod/unknown")
    service = ask(habits, "describe", "svc/web")
    assert "Endpoints:" in service
    assert service.count("Running") == 2
    assert "2 desired | 2 updated" in ask(habits, "describe", "deploy", "web")


def test_waiting_for_what_is_and_what_never_comes(habits: Lab) -> None:
    """Conditions, values and labels; late is exit 1 with the name."""
    done = ask(habits, "wait", "pod", "-l", "app in (web,two)", "--for=condition=Ready")
    assert done.count("condition met") == 3
    assert "condition met" in ask(habits, "wait", "job/once", "--for=condition=complete")
    phase = "--for=jsonpath={.status.phase}=Running"
    assert ask(habits, "wait", "pod/two", phase) == "pod/two condition met\n"
    words = ("wait", "pod/unknown", "--for=condition=Ready", "--timeout=1s")
    late = habits.run(*words, "--name", habits.name, ok=False)
    assert (late.returncode, "timed out waiting" in late.stderr) == (1, True)


def test_a_rollout_is_watched_and_taken_back(habits: Lab) -> None:
    """status waits for new pods, history numbers templates, undo brings the one before back."""
    habits.apply(HABITS.partition("---")[0].replace("green", "blue").replace("first", "second"))
    told = ask(habits, "rollout", "status", "deploy/web")
    assert 'deployment "web" successfully rolled out' in told
    assert ask(habits, "logs", "deploy/web", "--tail=1") == "serving as blue\n" * 2
    history = ask(habits, "rollout", "history", "deploy/web")
    assert [line.split() for line in history.splitlines()[1:]] == [["1", "first"], ["2", "second"]]
    ask(habits, "rollout", "undo", "deploy/web")
    ask(habits, "rollout", "status", "deploy/web")
    assert ask(habits, "logs", "deploy/web", "--tail=1") == "serving as green\n" * 2
    none = habits.run(
        "rollout", "undo", "deploy/web", "--to-revision=9", "--name", habits.name, ok=False
    )
    assert (none.returncode, "earlier ones" in none.stderr) == (1, True)


def test_versions_and_live_completion(habits: Lab) -> None:
    """Every part has its version; a Tab finds kinds, pods and services of the lab that runs."""
    parts = habits.json("version")
    assert parts["client"] == parts["plane"]
    assert parts["envoy"].count(".") == 2

    def tab(line: str) -> list[str]:
        words = line.split(" ")
        asked = {"_GOSSAMER_COMPLETE": "bash_complete", "COMP_WORDS": line}
        env = {**asked, "COMP_CWORD": str(len(words) - 1)}
        done = subprocess.run(
            habits.command(),
            capture_output=True,
            text=True,
            check=True,
            env={**habits.variables(), **env},
        )
        return [each.partition(",")[2] for each in done.stdout.splitlines()]

    lab = f"--name {habits.name}"
    assert tab("gossamer desc") == ["describe"]
    assert "deployments" in tab("gossamer get dep")
    assert tab(f"gossamer get {lab} svc w") == ["web"]
    assert tab(f"gossamer logs {lab} tw") == ["two"]
    assert tab(f"gossamer exec {lab} deploy/") == ["deploy/web"]
    assert tab(f"gossamer get {lab} -n def") == ["default"]


def test_a_deleted_pod_is_gone_or_replaced(habits: Lab) -> None:
    """A bare one with its object; one of a Deployment comes back."""
    ask(habits, "delete", "pod", "unprepared")
    assert ask(habits, "wait", "pod/unprepared", "--for=delete") == ""
    assert "unprepared" not in ask(habits, "get", "pods")
    name = next(name for name in rows(habits, "get", "pods") if name.startswith("web-"))
    ask(habits, "delete", "pod", name)
    ask(habits, "wait", "pod", "-l", "app=web", "--for=condition=Ready")
    until(lambda: rows(habits, "get", "deploy/web")["web"][1] == "2/2")


def test_files_are_applied_into_a_namespace(habits: Lab) -> None:
    """`apply -n` is for objects that name none; one that names another stops all."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: tone\n"
    words = ("apply", "-n", "shop", "-f", "-", "--name", habits.name)
    assert habits.run(*words, input=text).stdout == "ConfigMap shop/tone created\n"
    other = habits.run(*words, input=f"{text}  namespace: other\n", ok=False)
    assert (other.returncode, "names namespace 'other'" in other.stderr) == (1, True)
    assert ask(habits, "get", "cm", "-A", "-o", "name") == "configmap/tone\n"
