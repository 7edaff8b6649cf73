"""Where the nodes of a new ACK cluster stand, and which addresses their pods get: free ones of its vSwitches."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from console.sim.account.state import RESERVED, Account, Cluster
from console.sim.openapis.refusal import OpenApiError
from console.sim.world import POD_BLOCK, Node

FIRST = 10
"""The first address of a vSwitch that a node may have."""


def nodes_of(account: Account, cluster: Cluster, vswitches: Sequence[str], count: int) -> tuple[Node, ...]:
    """So many nodes, over the vSwitches in turn. Raises `OpenApiError` where a vSwitch is full."""
    cpu, memory = size_of(cluster.instance_type)
    addresses = {each: _free(account, each) for each in vswitches}
    blocks = _blocks(account, cluster, count)
    made = []
    for number in range(count):
        vswitch = vswitches[number % len(vswitches)]
        ip, block = next(addresses[vswitch], None), next(blocks, None)
        if ip is None or block is None:
            words = f"VSwitch {vswitch if ip is None else ','.join(cluster.pod_vswitches)} has not enough addresses."
            raise OpenApiError("InvalidVSwitchId.IpNotEnough", words)
        made.append(Node(f"{account.region}.{ip}", str(ip), cpu, memory, str(block)))
    return tuple(made)


def size_of(instance_type: str) -> tuple[int, str]:
    """Cores and memory of an instance type: `ecs.g7.2xlarge` has 8 cores, 4 GiB each."""
    told = re.search(r"\.(\d*)(x?)large$", instance_type)
    cpu = 4 if told is None else 2 if not told[2] else 4 * int(told[1] or 1)
    return cpu, f"{4 * cpu}Gi"


def _free(account: Account, vswitch: str) -> Iterator[ipaddress.IPv4Address]:
    network = account.vswitches[vswitch].network
    taken = {node.ip for cluster in account.clusters.values() for node in cluster.nodes}
    for number in range(min(FIRST, network.num_addresses // 4), network.num_addresses - RESERVED):
        address = network.network_address + number
        if str(address) not in taken:
            yield address


def _blocks(account: Account, cluster: Cluster, count: int) -> Iterator[ipaddress.IPv4Address]:
    """A part of the pods' ranges for each node, that no other cluster's nodes have."""
    taken = {node.block for other in account.clusters.values() for node in other.nodes}
    ranges = [account.vswitches[each].network for each in cluster.pod_vswitches]
    for network in ranges or [ipaddress.IPv4Network(cluster.container_cidr)]:
        step = max(8, min(POD_BLOCK, network.num_addresses // (count + 1)))
        for start in range(step if network.num_addresses > step * count else 0, network.num_addresses - step + 1, step):
            block = network.network_address + start
            if str(block) not in taken:
                yield block
