"""A real kube-apiserver with its etcd, as a process of the tests on loopback.

It has RBAC, a CA and a serving certificate of its own, a token file and a key for service account
tokens; nothing else of a cluster runs, so nothing changes objects behind a test's back.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec

from tests.apiserver.certificates import Authority, authority, private_pem, write_serving
from tests.apiserver.keeping import Kept, keep

BUILT = Path(
    os.environ.get("MTC_BOT_APISERVER_DIR") or Path(__file__).parents[2] / ".build" / "apiserver"
)
"""Where ``build.sh`` puts the programs, unless they were built elsewhere."""
READY_SECONDS = 90.0

Json = dict[str, Any]


class NoBinaryError(Exception):
    """There is nothing to run; ``str()`` says how to get it."""


def binary(name: str) -> Path:
    """Return one of the programs that ``build.sh`` makes."""
    path = BUILT / name
    if not os.access(path, os.X_OK):
        raise NoBinaryError(f"there is no {name} for tests: run tests/apiserver/build.sh")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class ApiServer:
    """One API server: started, stopped and started again on the same port and data."""

    folder: Path
    extra: tuple[str, ...] = ()
    admin_token: str = field(default_factory=lambda: secrets.token_hex(16))
    users: Mapping[str, str] = field(default_factory=dict)
    """User names by their static token."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self._etcd_port, self._peer_port = free_port(), free_port(), free_port()
        self.ca: Authority = authority()
        self.serving, self.serving_key = write_serving(self.ca, self.folder)
        self.account_key = ec.generate_private_key(ec.SECP256R1())
        self._programs: list[Kept] = []
        (self.folder / "ca.crt").write_bytes(self.ca.pem)
        (self.folder / "accounts.key").write_bytes(private_pem(self.account_key))
        tokens = [f"{self.admin_token},admin,admin,system:masters"]
        tokens += [f"{token},{user},{user}" for token, user in self.users.items()]
        (self.folder / "tokens.csv").write_text("\n".join(tokens) + "\n")
        self._http = urllib3.PoolManager(ca_certs=str(self.folder / "ca.crt"), retries=False)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return when it is ready."""
        for command in self._commands():
            self._programs.append(keep(command, self.folder, self.folder / "server.log"))
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if any(program.has_ended for program in self._programs) or time.monotonic() > until:
                self.stop()
                tail = (self.folder / "server.log").read_text(errors="replace")[-3000:]
                raise RuntimeError(f"the API server did not become ready:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop at once; what is stored stays for the next start."""
        for program in self._programs:
            program.stop()
        self._programs.clear()
        self._http.clear()

    def call(
        self, method: str, path: str, body: Json | None = None, content: str = "application/json"
    ) -> tuple[int, Json]:
        """Return status and answer of a call made as the administrator.

        A custom resource is served some moments after its first call; that is waited for.
        """
        until = time.monotonic() + 20
        while True:
            response = self._http.request(
                method,
                self.url + path,
                body=orjson.dumps(body) if body is not None else None,
                headers={"Authorization": f"Bearer {self.admin_token}", "Content-Type": content},
                timeout=30.0,
            )
            if response.status != 429 or time.monotonic() > until:
                break
            time.sleep(0.05)
        try:
            return response.status, orjson.loads(response.data)
        except orjson.JSONDecodeError:
            return response.status, {"text": response.data.decode(errors="replace")}

    def done(
        self, method: str, path: str, body: Json | None = None, content: str = "application/json"
    ) -> Json:
        """Return the answer of a call that must succeed."""
        status, answer = self.call(method, path, body, content)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer.get('message', answer)}"
        return answer

    def put(self, path: str, body: Json) -> Json:
        """Make an object below a collection's path, or merge it into the one that is there."""
        status, answer = self.call("POST", path, body)
        if status == 409:
            named = f"{path}/{body['metadata']['name']}"
            return self.done("PATCH", named, body, "application/merge-patch+json")
        assert status == 201, f"{body['kind']} {body['metadata']['name']}: {answer}"
        return answer

    def kubeconfig(self, path: Path, token: str = "", context: str = "tests") -> Path:
        """Write a kubeconfig for the holder of a token and return its path."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [
                {
                    "name": "c",
                    "cluster": {
                        "server": self.url,
                        "certificate-authority": str(self.folder / "ca.crt"),
                    },
                }
            ],
            "users": [{"name": "u", "user": {"token": token or self.admin_token}}],
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_bytes(orjson.dumps(content))
        return path

    def account_token(self, namespace: str, name: str) -> str:
        """Make a service account where there is none, and return a token of it."""
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.call("POST", accounts, {"metadata": {"name": name}})
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        }
        token: str = self.done("POST", f"{accounts}/{name}/token", body)["status"]["token"]
        return token

    def _is_ready(self) -> bool:
        try:
            return self.call("GET", "/readyz")[0] == 200
        except (urllib3.exceptions.HTTPError, OSError):
            return False

    def _commands(self) -> list[list[str]]:
        at = self.folder
        flags = [
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={at / 'certs'}",
            f"--tls-cert-file={self.serving}",
            f"--tls-private-key-file={self.serving_key}",
            f"--token-auth-file={at / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={at / 'accounts.key'}",
            f"--service-account-signing-key-file={at / 'accounts.key'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--kubelet-preferred-address-types=InternalIP",
            "--endpoint-reconciler-type=none",
            "--allow-privileged=true",
            "--profiling=false",
            *self.extra,
        ]
        assets = os.environ.get("KUBEBUILDER_ASSETS")
        if assets and os.access(Path(assets) / "kube-apiserver", os.X_OK):
            client = f"http://127.0.0.1:{self._etcd_port}"
            peer = f"http://127.0.0.1:{self._peer_port}"
            etcd = [
                str(Path(assets) / "etcd"),
                f"--data-dir={at / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--unsafe-no-fsync",
                "--log-level=error",
            ]
            return [
                etcd,
                [str(Path(assets) / "kube-apiserver"), f"--etcd-servers={client}", *flags],
            ]
        etcd_flags = ["--etcd-dir", str(at / "etcd"), "--etcd-client-port", str(self._etcd_port)]
        etcd_flags += ["--etcd-peer-port", str(self._peer_port)]
        return [[str(binary("apiserver")), *etcd_flags, *flags]]
