"""How a start came out, in words: each reason once."""

from __future__ import annotations

from gossamer.cli.terminal.start_outcome import counted, next_steps, waiting_lines

REASON = (
    "no local command for image {image!r} of container 'app'; set the annotation "
    "gossamer.dev/run on the pod template, or map the image in lab.yaml"
)


def test_images_without_a_command_are_one_list() -> None:
    """Seventy pods are not seventy lines with the same remedy."""
    waiting = {
        f"shop/cart-{number}": REASON.format(image=f"shop/cart:{number % 2}") for number in range(7)
    }
    lines = list(waiting_lines(waiting))
    assert lines[0] == "2 images have no local command, so these pods are not ready:"
    assert lines[1] == "  shop/cart:0  (shop/cart-0, shop/cart-2, shop/cart-4, shop/cart-6)"
    assert "gossamer.dev/run" in lines[-1]
    assert len(lines) == 4


def test_a_pod_with_two_such_images_is_in_both() -> None:
    """Each image of it has to be named."""
    both = f"{REASON.format(image='a')}; {REASON.format(image='b')}"
    assert list(waiting_lines({"default/p": both}))[1:3] == [
        "  a  (default/p)",
        "  b  (default/p)",
    ]


def test_equal_reasons_are_told_together() -> None:
    """And others by themselves."""
    waiting = {"a/x": "ConfigMap c does not exist", "a/y": "ConfigMap c does not exist", "b/z": "?"}
    assert list(waiting_lines(waiting)) == [
        "2 pods are not ready: ConfigMap c does not exist (a/x, a/y)",
        "pod b/z is not ready: ?",
    ]


def test_a_completed_job_counts_as_done() -> None:
    """It is not one of those that should be ready."""
    ready = {"ready": True, "completed": False}
    done = {"ready": False, "completed": True}
    assert counted([ready, ready]) == "2 of 2 pods are ready"
    assert counted([ready, done]) == "1 of 1 pods are ready, 1 has completed"


def test_next_steps_name_the_lab() -> None:
    """So that they can be copied."""
    lines = list(next_steps(" --name mine", "deploy/web"))
    assert all("--name mine" in line for line in lines[1:])
    assert any("logs --name mine -f deploy/web" in line for line in lines)
