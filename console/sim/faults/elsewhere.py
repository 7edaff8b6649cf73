"""Faults that need a hub of the simulator's own: a server that is given keeps its clock, its connections and its
users."""

from __future__ import annotations

from console.sim.faults import specs
from console.sim.faults.specs import Fault, name_of


def impossible(fault: Fault) -> str | None:
    """Why a fault cannot be done where the hub was given, as a sentence; None where it can."""
    what = ""
    if fault.written:
        what = "its writes are not the simulator's to wait for"
    elif isinstance(fault, specs.ApiPartition):
        what = "its connections are not the simulator's to cut"
    elif isinstance(fault, specs.ClockSkew):
        what = "its clock is not the simulator's to set"
    elif isinstance(fault, specs.CredentialExpiry) and fault.of != "cloud":
        what = "its tokens are not the simulator's to take back"
    elif isinstance(fault, specs.Webhook):
        what = "its admission is not the simulator's to play"
    elif isinstance(fault, specs.WriteRefusal):
        what = "its writes are not the simulator's to refuse"
    elif isinstance(fault, specs.Denied) and fault.permissions:
        what = "its roles are not the simulator's to change"
    return f"{name_of(fault)} cannot be done to a hub that was given: {what}" if what else None
