"""Which stand-in answers for an image, whatever registry it comes from."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gossamer.apps.__main__ import NAMES
from gossamer.apps.images import name_and_tag, stand_in
from gossamer.apps.shims import shims

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
CORPUS = REPOSITORY / ".." / "shared" / "corpus"


def chosen(image: str, **container: Any) -> list[str] | None:
    """The words of the stand-in."""
    found = stand_in(image, container)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("redis", ("redis", "latest")),
        ("redis:alpine", ("redis", "alpine")),
        ("registry.test:5000/a/b/redis:7@sha256:abc", ("redis", "7")),
        ("registry.test:5000/redis", ("redis", "latest")),
        ("gossamer.dev/examples/reviews:v2", ("examples/reviews", "v2")),
    ],
)
def test_only_the_images_own_name_counts(image: str, parts: tuple[str, str]) -> None:
    """Registry, port, tag and digest do not change which image it is."""
    assert name_and_tag(image) == parts


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("x/examples-bookinfo-reviews-v2:1", ["reviews", "--port", "9080", "--version", "v2"]),
        ("examples-bookinfo-ratings-v1", ["ratings", "--port", "9080", "--version", "v1"]),
        ("gossamer.dev/examples/reviews:v3", ["reviews", "--port", "9080", "--version", "v3"]),
        ("docker.io/mccutchen/go-httpbin:v2", ["httpbin", "--port", "8080", "--values", "lists"]),
        ("kennethreitz/httpbin", ["httpbin", "--port", "80", "--values", "strings"]),
        ("curlimages/curl", ["curl"]),
        ("fortio/fortio", ["fortio", "server"]),
        ("redis:alpine", ["redis", "--port", "6379"]),
        ("nginx", ["text", "-listen", ":80"]),
        ("someone/elses:1", None),
    ],
)
def test_known_images(image: str, words: list[str] | None) -> None:
    """Known images get their stand-in; of an unknown one nothing is claimed."""
    assert chosen(image) == words


def test_a_containers_own_words_are_understood() -> None:
    """Ports in gunicorn lines and flags, args of tcp-echo, sleep by any path."""
    gunicorn = ["gunicorn", "-b", "[::]:8080", "httpbin:app", "-k", "gevent"]
    assert chosen("kennethreitz/httpbin", command=gunicorn) == chosen("httpbin", args=gunicorn)
    go = chosen("go-httpbin", command=["/bin/go-httpbin"], args=["-port", "8090"])
    assert go == ["httpbin", "--port", "8090", "--values", "lists"]
    by_env = chosen("go-httpbin", env=[{"name": "PORT", "value": "81"}])
    assert by_env == ["httpbin", "--port", "81", "--values", "lists"]
    assert chosen("tcp-echo-server", args=["9000,9001", "one"]) == ["tcp-echo", "9000,9001", "one"]
    assert chosen("curl", command=["/bin/sleep", "infinity"]) == ["sleep", "infinity"]
    assert chosen("curl", command=["/bin/sh", "-c", "sleep 3650d"]) == ["sleep", "3650d"]
    assert chosen("http-echo", args=["-text=hi", "-listen=:80"]) == [
        "text",
        "-text=hi",
        "-listen=:80",
    ]
    assert chosen("fortio", args=["load", "http://x"]) == ["fortio", "load", "http://x"]


def test_a_foreign_command_is_left_to_the_lab() -> None:
    """A command that starts something else is not answered by the image's stand-in."""
    for image in ("go-httpbin", "redis", "curl", "examples-bookinfo-details-v1"):
        assert stand_in(image, {"command": ["/opt/mine"]}) is None


def test_common_names_need_their_context() -> None:
    """`frontend` is Online Boutique's only if it is configured like it."""
    env = [
        {"name": "PRODUCT_CATALOG_SERVICE_ADDR", "value": "p:1"},
        {"name": "PORT", "value": "8081"},
    ]
    assert chosen("frontend") is None
    assert chosen("frontend", env=env) == ["boutique-frontend", "--port", "8081"]


def test_helloworlds_version_lies_beneath_the_containers_own() -> None:
    """The image's built-in environment comes along, for the container to override."""
    assert stand_in("examples-helloworld-v2:1.0", {}) == (
        ["helloworld", "--port", "5000"],
        {"SERVICE_VERSION": "v2"},
    )


def containers_in(folder: Path) -> list[dict[str, Any]]:
    """Every container of every Deployment below a folder."""
    documents = [
        document
        for file in sorted(folder.rglob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text())
        if (document or {}).get("kind") == "Deployment"
    ]
    templates = [d["spec"]["template"] for d in documents]
    told = "gossamer.dev/run"  # what such a pod runs is written beside it
    plain = [t for t in templates if told not in t["metadata"].get("annotations", {})]
    return [c for template in plain for c in template["spec"]["containers"]]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of foreign manifests is not here")
def test_every_image_of_the_corpus_has_a_stand_in() -> None:
    """Upstream's unmodified manifests find an app that exists."""
    containers = containers_in(CORPUS)
    assert len(containers) > 20
    for container in containers:
        found = stand_in(container["image"], container)
        assert found is not None, container["image"]
        assert found[0][0] in NAMES


def test_every_image_of_our_examples_has_a_stand_in() -> None:
    """Our own examples run, in the versions that their tags name."""
    own = [c for c in containers_in(EXAMPLES) if c["image"].startswith("gossamer.dev/")]
    found = {c["image"]: stand_in(c["image"], c) for c in own}
    assert len(found) > 5
    assert all(found.values()), found
    reviews = found["gossamer.dev/examples/reviews:v3"]
    assert reviews is not None
    assert reviews[0][-1] == "v3"


async def test_shims_run_our_clients(tmp_path: Path) -> None:
    """A script for `curl` on a pod's PATH is our curl, exit code included."""
    script = tmp_path / "my curl"
    script.write_text(shims(sys.executable)["curl"])
    script.chmod(0o755)
    process = await asyncio.create_subprocess_exec(str(script), "-s", "gopher://x")
    assert await asyncio.wait_for(process.wait(), 30) == 1
