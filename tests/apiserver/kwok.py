"""Nodes and pods by kwok: pods run at once, their logs come from files, exec answers.

kwok plays the kubelet of every node, so that logs go through the API server as they do on a
cluster. Log files are in the format of CRI, which the kubelet reads as well.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.apiserver.crds import KWOK_EXECS, KWOK_LOGS
from tests.apiserver.keeping import Kept, keep
from tests.apiserver.process import ApiServer, Json, binary, free_port

NODE = "worker-1"
RUN = "tests/run"
"""Pods with this label run; all others keep the status they are given."""

# An API server marks a pod that is deleted at once before it removes it. kwok deletes by name: if
# it acted on that mark, it would take the pod that was made anew under the name.
_STAGES = """\
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: pod-ready
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchLabels: {tests/run: "true"}
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.podIP, operator: DoesNotExist}
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Running
      startTime: {{ $now | Quote }}
      hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
      podIP: "10.1.0.1"
      conditions:
      - {type: Ready, status: "True", lastTransitionTime: {{ $now | Quote }}}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: true
        restartCount: 0
        state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: pod-delete
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: Exists}
    - {key: ".metadata.deletionGracePeriodSeconds | tostring", operator: NotIn, values: ["0"]}
  next:
    finalizers: {empty: true}
    delete: true
"""


@dataclass
class Kwok:
    """kwok beside one API server."""

    server: ApiServer

    def __post_init__(self) -> None:
        self._folder = self.server.folder / "kwok"
        self._folder.mkdir(exist_ok=True)
        self._program: Kept | None = None
        self._count = 0
        self.port = 0

    def start(self) -> None:
        port = self.port = free_port()
        stages = self._folder / "stages.yaml"
        stages.write_text(_STAGES)
        command = [
            str(binary("kwok")),
            f"--kubeconfig={self.server.kubeconfig(self._folder / 'kubeconfig')}",
            "--manage-all-nodes",
            "--node-ip=127.0.0.1",
            f"--node-port={port}",
            f"--server-address=127.0.0.1:{port}",
            f"--tls-cert-file={self.server.serving}",
            f"--tls-private-key-file={self.server.serving_key}",
            f"--config={stages}",
            "--enable-crds=Logs,Exec",
        ]
        self._program = keep(command, self._folder, self._folder / "kwok.log")
        self._wait_for_port(port)
        self.node(NODE)

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()
            self._program = None

    def node(self, name: str) -> None:
        """Make a node and return when it is ready and its kubelet's port is known."""
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        self.server.call("POST", "/api/v1/nodes", body)
        until = time.monotonic() + 60
        while True:
            status = self.server.done("GET", f"/api/v1/nodes/{name}").get("status", {})
            port = status.get("daemonEndpoints", {}).get("kubeletEndpoint", {}).get("Port")
            if port and any(
                c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", [])
            ):
                return
            assert time.monotonic() < until, f"node {name} never became ready: {status}"
            time.sleep(0.1)

    def log(
        self,
        namespace: str,
        pod: str,
        contents: dict[str, bytes],
        previous: dict[str, bytes] | None = None,
    ) -> None:
        """Give a pod's containers their logs; times are one second apart, the last is now."""
        entries: list[Json] = []
        for container in {**contents, **(previous or {})}:
            entry: Json = {"containers": [container]}
            for key, given in (("logsFile", contents), ("previousLogsFile", previous or {})):
                if container in given:
                    entry[key] = str(self._written(given[container]))
            entries.append(entry)
        body = {
            "apiVersion": KWOK_LOGS.api_version,
            "kind": KWOK_LOGS.kind,
            "metadata": {"name": pod, "namespace": namespace},
            "spec": {"logs": entries},
        }
        # Not deleted and made anew: there would be no log at all for a moment.
        self.server.put(f"/apis/{KWOK_LOGS.api_version}/namespaces/{namespace}/logs", body)

    def exec(self, namespace: str, pod: str, container: str) -> None:
        """Let commands be run in a pod's container: they run here, in a folder of the test's."""
        local = {"workDir": str(self._folder)}
        body = {
            "apiVersion": KWOK_EXECS.api_version,
            "kind": KWOK_EXECS.kind,
            "metadata": {"name": pod, "namespace": namespace},
            "spec": {"execs": [{"containers": [container], "local": local}]},
        }
        self.server.put(f"/apis/{KWOK_EXECS.api_version}/namespaces/{namespace}/execs", body)

    def _written(self, content: bytes) -> Path:
        self._count += 1
        path = self._folder / f"{self._count}.log"
        lines = content.splitlines(keepends=True)
        start = datetime.now(UTC).timestamp() - len(lines)
        with path.open("wb") as file:
            for number, line in enumerate(lines):
                at = datetime.fromtimestamp(start + number, UTC).strftime("%Y-%m-%dT%H:%M:%S")
                tag = "F" if line.endswith(b"\n") else "P"
                file.write(f"{at}.000000000Z stdout {tag} ".encode() + line.rstrip(b"\n") + b"\n")
        return path

    def _wait_for_port(self, port: int) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                assert self._program is not None
                if self._program.has_ended or time.monotonic() > until:
                    tail = (self._folder / "kwok.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"kwok did not start:\n{tail}") from None
                time.sleep(0.05)
            else:
                return
