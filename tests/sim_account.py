"""From nothing to the first 200 through the gateway, and back to nothing, over the wire with the real SDKs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.account_hands import Cloud, Document, Kube, eventually, through
from tests.simulators import simulate

WEIGHT = "alb.ingress.kubernetes.io/cluster-weight."
HOST = "demo.example.com"
NAMESPACE = "gateway-demo"


class Account:
    """A simulator with an empty account, and what was made in it so far."""

    def __init__(self, directory: Path, ready: dict[str, Any]) -> None:
        self.directory = directory
        self.internet: str = ready["internet"]
        self.ready = ready
        self.settings: Document = yaml.safe_load((directory / "config.yaml").read_text("utf-8"))
        self.cloud = Cloud(self.settings)
        self.centre = Kube((directory / "kubeconfig").read_text("utf-8"))
        self.hub: Kube | None = None

    def vswitches(self) -> dict[str, Document]:
        found = self.cloud.vpc("DescribeVSwitches", PageSize=50)["VSwitches"]["VSwitch"]
        return {one["VSwitchName"]: one for one in found}

    def vpc(self) -> str:
        return str(self.cloud.vpc("DescribeVpcs")["Vpcs"]["Vpc"][0]["VpcId"])

    def fleet(self) -> str:
        """A running Fleet with ArgoCD; its id."""
        vswitches = json.dumps([self.vswitches()["gateway-h"]["VSwitchId"]])
        tags = json.dumps([{"Key": "made-by", "Value": "test"}])
        asked: dict[str, Any] = {
            "RegionId": self.cloud.region,
            "VpcId": self.vpc(),
            "VSwitches": vswitches,
            "Name": "hz-prod",
        }
        made = self.cloud.adcp("CreateHubCluster", **asked, Tag=tags)
        assert "success" == self.cloud.done(made["TaskId"]).state
        feature = self.cloud.adcp("UpdateHubClusterFeature", ClusterId=made["ClusterId"], ArgoCDEnabled="true")
        assert "success" == self.cloud.done(feature["TaskId"]).state
        self.hub = Kube(self.cloud.adcp("DescribeHubClusterKubeconfig", ClusterId=made["ClusterId"])["Kubeconfig"])
        return str(made["ClusterId"])

    def ack(self) -> str:
        """A running ACK cluster with two nodes; its id."""
        vswitches = self.vswitches()
        made = self.cloud.create_cluster(
            name="ack-prod",
            cluster_type="ManagedKubernetes",
            vpcid=self.vpc(),
            vswitch_ids=[vswitches["nodes-j"]["VSwitchId"]],
            pod_vswitch_ids=[vswitches["pods-j"]["VSwitchId"]],
            addons=[{"name": "terway-eniip"}],
            service_cidr="172.19.0.0/20",
            nodepools=[{"nodepool_info": {"name": "main"}, "scaling_group": {"desired_size": 2}, "count": 2}],
            tags=[{"key": "made-by", "value": "test"}],
            client_token="one",
        )
        assert "success" == self.cloud.done(made.task_id).state
        return str(made.cluster_id)

    def registered(self) -> str:
        """A registered cluster whose agent is applied and connected; its id."""
        from alibabacloud_cs20151215 import models

        made = self.cloud.create_cluster(
            name="idc-prod",
            cluster_type="ExternalKubernetes",
            vpcid=self.vpc(),
            vswitch_ids=[self.vswitches()["gateway-k"]["VSwitchId"]],
        )
        assert "success" == self.cloud.done(made.task_id).state
        assert "waiting" == self.cloud.state(made.cluster_id)
        request = models.DescribeExternalAgentRequest(private_ip_address="true", agent_mode="admin")
        manifest = self.cloud.cs.describe_external_agent(made.cluster_id, request).body.config
        for obj in yaml.safe_load_all(manifest):
            self.centre.apply(obj)
        eventually(lambda: self.cloud.state(made.cluster_id) == "running")
        return str(made.cluster_id)

    def attach(self, hub: str, *clusters: str) -> None:
        made = self.cloud.adcp("AttachClusterToHub", {"ClusterIds": json.dumps(clusters)}, ClusterId=hub)
        assert "success" == self.cloud.done(made["TaskId"]).state
        assert "running" == self.cloud.hub_state(hub)

    @property
    def on_hub(self) -> Kube:
        assert self.hub is not None
        return self.hub


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    where = tmp_path_factory.mktemp("unprovisioned")
    for directory, ready in simulate(where, "--scenario", "unprovisioned", "--speed", "100"):
        yield Account(directory, ready)


def application_set() -> Document:
    """seed.txt's overlay form."""
    parameters = [
        {"name": "isNodePort", "value": "{{.values.isNodePort}}"},
        {"name": "envCluster", "value": "{{.metadata.annotations.cluster_name}}"},
    ]
    source = {
        "repoURL": "https://github.com/AliyunContainerService/gitops-demo.git",
        "path": "manifests/helm/web-demo",
        "targetRevision": "main",
        "helm": {"valueFiles": ["values.yaml"], "parameters": parameters},
    }
    generators = [
        {"clusters": {"selector": {"matchLabels": {"cluster": name}}, "values": {"isNodePort": port}}}
        for name, port in (("idc", "true"), ("ack", "false"))
    ]
    name = "{{.metadata.annotations.cluster_id}}-web-demo-overlay"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "appset-web-demo-overlay", "namespace": "argocd"},
        "spec": {
            "template": {
                "metadata": {"name": name, "namespace": "argocd"},
                "spec": {
                    "destination": {"name": "{{.name}}", "namespace": NAMESPACE},
                    "project": "default",
                    "source": source,
                    "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
                },
            },
            "generators": generators,
            "goTemplateOptions": ["missingkey=error"],
            "syncPolicy": {"preserveResourcesOnDeletion": False},
            "goTemplate": True,
        },
    }


def gateway(members: list[str], vswitches: list[str]) -> list[Document]:
    return [
        {
            "apiVersion": "alibabacloud.com/v1",
            "kind": "AlbConfig",
            "metadata": {
                "name": "gw",
                "annotations": {"alb.ingress.kubernetes.io/remote-clusters": ",".join(members)},
            },
            "spec": {
                "config": {
                    "name": "gw",
                    "addressType": "Internet",
                    "addressAllocatedMode": "Fixed",
                    "zoneMappings": [{"vSwitchId": each} for each in vswitches],
                },
                "listeners": [{"port": 8001, "protocol": "HTTP"}],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "alb"},
            "spec": {
                "controller": "ingress.k8s.alibabacloud/alb",
                "parameters": {"apiGroup": "alibabacloud.com", "kind": "AlbConfig", "name": "gw"},
            },
        },
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    ]


def ingress(weights: dict[str, int]) -> Document:
    check = {
        "healthcheck-enabled": "true",
        "healthcheck-path": "/healthz",
        "listen-ports": '[{"HTTP": 8001}]',
    }
    annotations = {f"alb.ingress.kubernetes.io/{key}": value for key, value in check.items()}
    annotations |= {WEIGHT + member: str(weight) for member, weight in weights.items()}
    backend = {"service": {"name": "service1", "port": {"number": 80}}}
    path = {"path": "/svc1", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web-demo", "namespace": NAMESPACE, "annotations": annotations},
        "spec": {"ingressClassName": "alb", "rules": [{"host": HOST, "http": {"paths": [path]}}]},
    }


def unhealthy(cloud: Cloud) -> Counter[str]:
    """Reasons of servers that are not normal behind the only listener's rules."""
    listeners = cloud.call("alb", "ListListeners")["Listeners"]
    if not listeners:  # the controller has not come to it yet
        return Counter()
    (listener,) = listeners
    asked = {"ListenerId": listener["ListenerId"], "IncludeRule": "true"}
    rules = cloud.call("alb", "GetListenerHealthStatus", **asked)["RuleHealthStatus"]
    return Counter(
        server["Reason"].get("ReasonCode", server["Status"]) if server.get("Reason") else server["Status"]
        for rule in rules
        for group in rule["ServerGroupInfos"]
        for server in group["NonNormalServers"]
    )


def test_from_nothing_to_the_first_requests_and_back(account: Account) -> None:
    cloud = account.cloud
    before = {name: one["AvailableIpAddressCount"] for name, one in account.vswitches().items()}

    assert ("", {}) == (account.ready["hub"], account.ready["gateways"])
    assert [] == cloud.adcp("DescribeHubClusters")["Clusters"]

    hub, ack, idc = account.fleet(), account.ack(), account.registered()
    account.attach(hub, ack, idc)
    managed = cloud.adcp("DescribeManagedClusters", ClusterId=hub)["Clusters"]

    assert {(ack, "Successed"), (idc, "Successed")} == {
        (one["Cluster"]["ClusterID"], one["Status"]["State"]) for one in managed
    }
    members = account.on_hub.list("/apis/cluster.open-cluster-management.io/v1/managedclusters")
    assert {ack, idc} == {one["metadata"]["name"] for one in members}
    assert {"True"} == {
        condition["status"]
        for one in members
        for condition in one["status"]["conditions"]
        if condition["type"] in ("ManagedClusterJoined", "ManagedClusterConditionAvailable")
    }

    for kind, cluster in (("ack", ack), ("idc", idc)):
        secrets = "/api/v1/namespaces/argocd/secrets"
        account.on_hub.merge(f"{secrets}/cluster-{cluster}", {"metadata": {"labels": {"cluster": kind}}})
    account.on_hub.apply(application_set())

    def synced() -> bool:
        found = account.on_hub.list("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications")
        states = [(one.get("status") or {}) for one in found]
        return [("Synced", "Healthy")] * 2 == [
            ((each.get("sync") or {}).get("status"), (each.get("health") or {}).get("status")) for each in states
        ]

    eventually(synced)
    vswitches = account.vswitches()
    zones = [vswitches[name] for name in ("gateway-h", "gateway-k")]
    for obj in gateway([ack, idc], [each["VSwitchId"] for each in zones]):
        account.on_hub.apply(obj)
    account.on_hub.apply(ingress({ack: 70, idc: 30}))
    eventually(lambda: unhealthy(cloud)["CONNECT_TIMEOUT"] == 3 and sum(unhealthy(cloud).values()) == 3)

    group = cloud.cs.describe_cluster_detail(ack).body.security_group_id
    rules = {
        f"Permissions.{number}.{key}": value
        for number, zone in enumerate(zones, 1)
        for key, value in {"IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": zone["CidrBlock"]}.items()
    }
    cloud.ecs("AuthorizeSecurityGroup", SecurityGroupId=group, **rules)
    eventually(lambda: not unhealthy(cloud))
    config = account.on_hub.ask("GET", "/apis/alibabacloud.com/v1/albconfigs/gw")
    assert config is not None
    url = f"http://{config['status']['loadBalancer']['dnsname']}:8001/svc1"
    answers = [through(account.internet, url, HOST) for _ in range(200)]
    shares = Counter(document["envCluster"] for _, document in answers)

    assert {200} == {status for status, _ in answers}
    assert 110 <= shares["ack-prod"] <= 170
    assert 200 == shares["ack-prod"] + shares["idc-prod"]

    # Without its node port nobody comes through to the overlay's pods.
    service = f"/api/v1/namespaces/{NAMESPACE}/services/service1"
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    account.centre.merge(service, {"spec": {"type": "ClusterIP", "ports": [port]}})
    eventually(lambda: unhealthy(cloud)["CONNECT_TIMEOUT"] == 3 and sum(unhealthy(cloud).values()) == 3)
    take_down(account, hub, ack, idc)

    assert before == {name: one["AvailableIpAddressCount"] for name, one in account.vswitches().items()}
    assert [] == cloud.ecs("DescribeSecurityGroups", VpcId=account.vpc())["SecurityGroups"]["SecurityGroup"]
    assert [] == cloud.call("alb", "ListLoadBalancers")["LoadBalancers"]


def take_down(account: Account, hub: str, *clusters: str) -> None:
    """Everything away, in reverse order."""
    cloud = account.cloud
    account.on_hub.ask("DELETE", f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses/web-demo")
    account.on_hub.ask("DELETE", "/apis/alibabacloud.com/v1/albconfigs/gw")
    eventually(lambda: not cloud.call("alb", "ListLoadBalancers")["LoadBalancers"])
    sets = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets/appset-web-demo-overlay"
    account.on_hub.ask("DELETE", sets)
    eventually(lambda: not account.on_hub.list("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"))
    made = cloud.adcp("DetachClusterFromHub", {"ClusterIds": json.dumps(clusters)}, ClusterId=hub)
    assert "success" == cloud.done(made["TaskId"]).state
    assert "success" == cloud.done(cloud.adcp("DeleteHubCluster", ClusterId=hub)["TaskId"]).state
    from alibabacloud_cs20151215 import models

    for cluster in clusters:
        task = cloud.cs.delete_cluster(cluster, models.DeleteClusterRequest()).body.task_id
        assert "success" == cloud.done(task).state
    assert [] == cloud.cs.describe_clusters_v1(models.DescribeClustersV1Request()).body.clusters
