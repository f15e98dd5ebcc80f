"""Requests that are objects: a copy of an image stream, the results of a restore."""

from __future__ import annotations

from functools import partial

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from sandbox.playing.world import set_condition
from sandbox.reacting.scene import Scene

_TAKES = 3.0
"""Seconds to serve a request."""


class Requests:
    """Serves DirectImageStreamMigrations and DownloadRequests that nobody has served yet."""

    def __init__(self, scene: Scene) -> None:
        """Serve on all clusters of the scene."""
        self._scene = scene

    def look(self) -> None:
        """Take up what is new."""
        world = self._scene.world
        for copy in world.cluster("host").find_all(k.DISM, MTC_NAMESPACE):
            if not copy.get("status"):
                done = partial(self._copied, copy)
                self._scene.later(("dism", copy["metadata"]["name"]), _TAKES, done)
        for cluster in world.clusters:
            for request in world.cluster(cluster).find_all(k.DOWNLOADREQUEST, MTC_NAMESPACE):
                if not request.get("status"):
                    name = request["metadata"]["name"]
                    done = partial(self._processed, cluster, name)
                    self._scene.later(("download", cluster, name), _TAKES, done)

    def _copied(self, copy: Json) -> None:
        world, spec = self._scene.world, copy["spec"]
        reference = spec["imageStreamRef"]
        source, target = spec["srcMigClusterRef"]["name"], spec["destMigClusterRef"]["name"]
        found = world.cluster(source).find(k.IMAGESTREAM, reference["name"], reference["namespace"])
        place = str(spec.get("destNamespace") or reference["namespace"])
        if found is not None:
            there = world.cluster(target).find(k.IMAGESTREAM, reference["name"], place)
            world.cluster(target).put(_with_tags(found, there, place))
        name = copy["metadata"]["name"]

        def end(dism: Json) -> None:
            dism["status"] = {"phase": "Completed", "itinerary": "ImageStreamMigration"}
            set_condition(
                dism,
                world.stamp,
                type="Succeeded",
                category="Advisory",
                durable=True,
                reason="Completed",
                message="The migration has succeeded",
            )

        world.update_mtc(k.DISM, name, end)

    def _processed(self, cluster: str, name: str) -> None:
        url = f"https://minio.example.com/restores/{name}.gz"
        status = {"phase": "Processed", "downloadURL": url}
        self._scene.world.update_mtc(
            k.DOWNLOADREQUEST, name, lambda request: request.update(status=status), cluster
        )


def _with_tags(source: Json, there: Json | None, namespace: str) -> Json:
    """Return the destination's image stream with the source's tags beside its own."""
    made: Json = there or {
        "kind": "ImageStream",
        "metadata": {"name": source["metadata"]["name"], "namespace": namespace},
    }
    for part, key in (("spec", "name"), ("status", "tag")):
        own = made.setdefault(part, {}).setdefault("tags", [])
        known = {tag.get(key) for tag in own}
        own += [t for t in source.get(part, {}).get("tags", []) if t.get(key) not in known]
    return made
