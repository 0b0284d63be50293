"""Asking a Kubernetes API server to review a token: one POST over TLS, standard library only.

The plane shows its own service account's token, read anew each time, since kubelet exchanges it.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PATH = "/apis/authentication.k8s.io/v1/tokenreviews"
IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PATIENCE_S = 5.0
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class KubernetesApi:
    """An API server at `https://HOST[:PORT]`, with the plane's token and the server's roots."""

    url: str
    folder: Path = IN_CLUSTER

    def review(self, body: bytes) -> bytes:
        """The answer to a TokenReview. OSError where there is none."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname:
            raise OSError(f"{self.url} is not an https:// address")
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        token = (self.folder / "token").read_text().strip()
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, timeout=_PATIENCE_S, context=context
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            text = answer.read(_LARGEST + 1)
        except http.client.HTTPException as error:
            raise OSError(f"the answer is not HTTP: {error!r}") from error
        finally:
            connection.close()
        if answer.status not in (200, 201) or len(text) > _LARGEST:
            raise OSError(f"it answered with status {answer.status}")
        return text
