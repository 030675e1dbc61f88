"""Objects as raw items: as the API gave them, with what listings leave out, and without what nobody may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.integration.model import RawItem

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PARTIAL = "PartialObjectMetadata"


@dataclass(frozen=True, slots=True)
class Dressing:
    """Objects of one kind of one cluster."""

    cluster: str
    api_version: str
    kind: str

    def item(self, given: RawItem) -> RawItem:
        """Objects of a listing do not say what they are, and those of metadata alone say it wrongly."""
        named = given.get("kind") if given.get("kind") not in (None, _PARTIAL) else None
        found = {
            **given,
            "apiVersion": given.get("apiVersion") if named else self.api_version,
            "kind": named or self.kind,
            "metadata": _metadata(given.get("metadata") or {}, applied=self.kind != "Secret"),
            "__cluster": self.cluster,
        }
        if self.kind == "Secret":
            for name in ("data", "stringData"):
                found.pop(name, None)
        if self.kind == "Pod":
            found["__workload"] = workload_of(given)
        return found


def _metadata(given: dict[str, Any], *, applied: bool) -> dict[str, Any]:
    """Without ``managedFields``, which are longer than the object; of secrets also without the copy that kubectl keeps
    of what was applied, contents and all."""
    found = {name: value for name, value in given.items() if name != "managedFields"}
    if not applied and isinstance(found.get("annotations"), dict):
        found["annotations"] = {name: value for name, value in found["annotations"].items() if name != _APPLIED}
    return found


def workload_of(pod: RawItem) -> dict[str, str] | None:
    """Who controls a pod. A replica set of a deployment has its name, with the hash that the pod has as a label."""
    metadata = pod.get("metadata") or {}
    owner = next((each for each in metadata.get("ownerReferences") or () if each.get("controller")), None)
    if owner is None:
        return None
    kind, name = str(owner.get("kind")), str(owner.get("name"))
    suffix = "-" + str((metadata.get("labels") or {}).get("pod-template-hash"))
    if kind == "ReplicaSet" and name.endswith(suffix):
        return {"kind": "Deployment", "name": name.removesuffix(suffix)}
    return {"kind": kind, "name": name}
