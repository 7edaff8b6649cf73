"""Carries out one task of a set-up over the wire, and tells apart what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.cloud.outcome import Declined, may_have_happened
from console.cloud.papers import Papers
from console.cloud.provision import Provision
from console.decide.setup.manifests import key_of
from console.decide.setup.task import Agent, Apply, CloudCall, Delete, Files, Kubeconfig, Requests, Task
from console.errors import Answered, Denied, FleetConsoleError, Refused, Superseded, Throttled, Unsent
from console.kube import write
from console.kube.apply import Applier, Conflict
from console.kube.connect import Hub
from console.kube.lease import FleetLease
from console.kube.manifest import named_alone
from console.model.ground import Key
from console.model.hub import RUN_NAMESPACE
from console.model.text import inert
from console.model.topology import Topology
from console.run.setup.eyes import WireEyes
from console.run.setup.requests import FirstRequests
from console.run.setup.shelf import Shelf, kubeconfig_of
from console.run.setup.sides import MADE, TASK, WRITTEN, Again, NotKnown

_AGAIN = (
    "IncorrectStatus", "IncorrectBusinessStatus", "ResourceInConfiguring", "SystemBusy", "IdempotenceProcessing",
    "Conflict.Lock", "OperationConflict", "DependencyViolation", "TaskConflict", "InvalidStatus",
    "IncorrectVpcStatus", "IncorrectVSwitchStatus", "ErrorClusterState",
)  # fmt: skip
"""Codes of services that are busy with something else just now (domain.md 5.4; the others by the services' manner):
nothing was done, and the same call is taken later."""

_TOO_MANY = 429


class WireHands:
    """Writes for one topology, under the Fleet's Lease wherever the Fleet has one."""

    def __init__(
        self, topology: Topology, eyes: WireEyes, shelf: Shelf, lease: Callable[[Hub], FleetLease],
        requests: FirstRequests, files: Callable[[], str],
    ) -> None:  # fmt: skip
        self._topology = topology
        self._eyes = eyes
        self._shelf = shelf
        self._provision = Provision(eyes.openapis, topology.region, eyes.account.remember)
        self._papers = Papers(eyes.openapis)
        self._make_lease = lease
        self._lease: FleetLease | None = None
        self._uid = ""
        """Of the Fleet that was written to first: a Fleet is its UID."""
        self._requests = requests
        self._files = files

    def carry_out(self, task: Task, token: str) -> str:
        """As `Hands` says."""
        try:
            return self._obey(task.call, token)
        except Conflict as error:
            raise Refused(str(error.args[0]), fix="Keep theirs in the topology, or take them: --take OBJECT.") from None
        except (Throttled, Unsent, Superseded) as error:  # an object that changed meanwhile is looked at anew
            raise Again(str(error)) from None
        except Declined as error:
            if error.gone and task.verb == "delete":
                return "gone already"
            if error.code.startswith(_AGAIN):
                raise Again(str(error)) from None
            raise
        except (Refused, Denied):
            raise
        except FleetConsoleError as error:
            if isinstance(error, Answered) and error.status == _TOO_MANY:
                raise Again(str(error)) from None
            if may_have_happened(error) or write.still_unknown(error):
                raise NotKnown(str(error)) from None
            raise

    def close(self) -> None:
        """Give the Fleet's Lease back, where it was taken and still can be."""
        if self._lease is not None:
            self._lease.release()

    def _obey(self, call: Any, token: str) -> str:
        match call:
            case CloudCall():
                done = self._provision.call(call.product, call.action, call.params, token)
                told = ((MADE, done.id), (TASK, done.task), ("request", done.request))
                return ", ".join(f"{word} {one}" for word, one in told if one)
            case Apply():
                return self._apply(call)
            case Delete():
                there = Applier(self._locked(call.key)).delete(call.key)
                return "deleted" if there else "gone already"
            case Agent():
                return self._agent(call)
            case Kubeconfig():
                paper = self._papers.hub_kubeconfig(call.fleet, private=not self._topology.fleet.public)
                return f"{WRITTEN}{self._shelf.write(kubeconfig_of(call.fleet), paper.text)}"
            case Requests():
                return self._requests.send()
            case Files():
                return self._files()
        raise AssertionError(f"nobody carries out {type(call).__name__}")

    def _apply(self, call: Apply) -> str:
        key = key_of(call.manifest)
        applied = Applier(self._locked(key)).apply(call.manifest, force=call.take)
        version = applied.get("metadata", {}).get("resourceVersion", "")
        return f"applied at version {inert(str(version), 40)}"

    def _locked(self, key: Key) -> Hub:
        """The Fleet's API, with its Lease held: only the namespace in which the Lease lies is written without."""
        hub = self._eyes.hub
        if hub is None:
            raise Again("the Fleet's API is not reached")
        uid = hub.fleet_uid()
        if uid != (self._uid or uid):
            raise Refused(f"the server is another Fleet now ({uid})", fix="Check what stands before it, then resume.")
        self._uid = uid
        if (key.kind, key.name) != ("Namespace", RUN_NAMESPACE):
            if self._lease is None:
                self._lease = self._make_lease(hub)
                self._lease.acquire()
            elif self._lease.lost.is_set():
                raise Refused("the Fleet's Lease is no longer ours", fix="Look at fleet-console runs, then resume.")
        return hub

    def _agent(self, call: Agent) -> str:
        part = self._topology.member(call.member)
        paper = self._papers.agent(call.cluster, private=not self._topology.fleet.public)
        if part is None or part.context is None:
            self._shelf.write(self._shelf.agent_objects(call.member).name, named_alone(paper.text))
            return f"{WRITTEN}{self._shelf.write(self._shelf.agent(call.member).name, paper.text)}"
        hub = self._eyes.site(call.member)
        try:
            applier = Applier(hub)
            if not call.remove:
                return f"{len(applier.apply_all(paper.text))} objects applied"
            return f"{len(applier.delete_all(paper.text))} objects deleted"
        finally:
            hub.close()
