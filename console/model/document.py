"""One object of the hub as it was read for a person: which one, when and at what version, as lines of inert YAML."""

from __future__ import annotations

from dataclasses import dataclass

from console.model.freshness import SourceName


@dataclass(frozen=True, slots=True)
class Subject:
    """One object by its kind and its key: `NAME`, or `NAMESPACE/NAME` where its kind lives in namespaces."""

    source: SourceName
    key: str


@dataclass(frozen=True, slots=True)
class Document:
    """An object as one GET answered it. `at`: monotonic second, `wall`: epoch second of the answer."""

    subject: Subject
    title: str
    """`Ingress NAMESPACE/NAME`"""
    server: str
    at: float
    wall: float
    version: str
    """resourceVersion; empty where the object names none."""
    lines: tuple[str, ...]
    """The object in the API's own order, without managedFields and last-applied-configuration."""
    managed: tuple[str, ...] = ()
    """Its managedFields, which belong before line `managed_at`."""
    managed_at: int = 0
    managers: int = 0
    """Entries of managedFields."""
    applied: bool = False
    """Whether last-applied-configuration was left out."""
