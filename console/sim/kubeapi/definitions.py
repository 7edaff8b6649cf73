# ruff: noqa: E501 - a line is a field with its description
"""The built-in types that are served, in the notation of `notation.py`, in the words of the Kubernetes reference."""

from __future__ import annotations

META = """
OwnerReference object | OwnerReference contains enough information to let you identify an owning object.
  apiVersion! string | API version of the referent.
  kind! string | Kind of the referent.
  name! string | Name of the referent.
  uid! string | UID of the referent.
  controller boolean | If true, this reference points to the managing controller.
  blockOwnerDeletion boolean | If true, the owner cannot be deleted from the store until this reference is removed (foreground deletion).
ManagedFieldsEntry object | ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the fieldset applies to.
  manager string | Manager is an identifier of the workflow managing these fields.
  operation string | Operation is the type of operation which lead to this entry being created: Apply or Update.
  apiVersion string | APIVersion defines the version of this resource that this field set applies to.
  time date-time | Time is the timestamp of when the entry was added, or a field of it last changed.
  fieldsType string | FieldsType is the discriminator for the fields format. There is currently only one possible value: FieldsV1.
  fieldsV1 any | FieldsV1 holds the first JSON version format as described in the "FieldsV1" type.
  subresource string | Subresource is the name of the subresource used to update that object, or empty if the object was updated through the main resource.
ObjectMeta object | ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.
  annotations map(string) | Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata.
  creationTimestamp date-time | CreationTimestamp is the server time when this object was created. Populated by the system. Read-only.
  deletionGracePeriodSeconds int64 | Number of seconds allowed for this object to gracefully terminate before it will be removed from the system. Read-only.
  deletionTimestamp date-time | DeletionTimestamp is the date and time at which this resource will be deleted. Set by the server when a graceful deletion is requested. Read-only.
  finalizers {string} | Must be empty before the object is deleted from the registry. Each entry is an identifier for the responsible component that will remove the entry from the list.
  generateName string | GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided.
  generation int64 | A sequence number representing a specific generation of the desired state. Populated by the system. Read-only.
  labels map(string) | Map of string keys and values that can be used to organize and categorize (scope and select) objects.
  managedFields [ManagedFieldsEntry] | ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow.
  name string | Name must be unique within a namespace. Cannot be updated.
  namespace string | Namespace defines the space within which each name must be unique. Cannot be updated.
  ownerReferences {OwnerReference uid} | List of objects depended by this object. If ALL objects in the list have been deleted, this object will be garbage collected.
  resourceVersion string | An opaque value that represents the internal version of this object. Populated by the system. Read-only.
  selfLink string | Deprecated: selfLink is a legacy read-only field that is no longer populated by the system.
  uid string | UID is the unique in time and space value for this object. Populated by the system. Read-only.
Condition object | Condition contains details for one aspect of the current state of this API Resource.
  type! string | Type of condition.
  status! string | Status of the condition, one of True, False, Unknown.
  observedGeneration int64 | The .metadata.generation that the condition was set based upon.
  lastTransitionTime date-time | The last time the condition transitioned from one status to another.
  lastUpdateTime date-time | The last time this condition was updated.
  reason string | A programmatic identifier indicating the reason for the condition's last transition.
  message string | A human readable message indicating details about the transition.
LabelSelectorRequirement object | A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.
  key! string | key is the label key that the selector applies to.
  operator! string | operator represents a key's relationship to a set of values: In, NotIn, Exists and DoesNotExist.
  values [string] | values is an array of string values.
LabelSelector atomic | A label selector is a label query over a set of resources.
  matchLabels map(string) | matchLabels is a map of {key,value} pairs.
  matchExpressions [LabelSelectorRequirement] | matchExpressions is a list of label selector requirements. The requirements are ANDed.
ObjectReference atomic | ObjectReference contains enough information to let you inspect or modify the referred object.
  apiVersion string | API version of the referent.
  fieldPath string | If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement.
  kind string | Kind of the referent.
  name string | Name of the referent.
  namespace string | Namespace of the referent.
  resourceVersion string | Specific resourceVersion to which this reference is made, if any.
  uid string | UID of the referent.
LocalObjectReference atomic | LocalObjectReference lets you locate the referenced object inside the same namespace.
  name string | Name of the referent.
LoadBalancerPortStatus object | The status of one port of a load balancer.
  port! int32 | Port is the port number.
  protocol! string | Protocol is TCP, UDP or SCTP.
  error string | Error is to record the problem with the port.
LoadBalancerIngress object | LoadBalancerIngress represents the status of a load-balancer ingress point.
  hostname string | Hostname is set for load-balancer ingress points that are DNS based.
  ip string | IP is set for load-balancer ingress points that are IP based.
  ipMode string | IPMode specifies how the load-balancer IP behaves.
  ports [LoadBalancerPortStatus] | Ports provides information about the ports exposed by this LoadBalancer.
LoadBalancerStatus object | LoadBalancerStatus represents the status of a load-balancer.
  ingress [LoadBalancerIngress] | Ingress is a list containing ingress points for the load-balancer.
"""

CORE = """
Namespace object | Namespace provides a scope for Names. Use of multiple namespaces is optional.
  spec NamespaceSpec | Spec defines the behavior of the Namespace.
    finalizers [string] | Finalizers is an opaque list of values that must be empty to permanently remove object from storage.
  status NamespaceStatus | Status describes the current status of a Namespace.
    phase string | Phase is the current lifecycle phase of the namespace: Active or Terminating.
    conditions {Condition type} | Represents the latest available observations of a namespace's current state.
ConfigMap object | ConfigMap holds configuration data for pods to consume.
  data map(string) | Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'.
  binaryData map(byte) | BinaryData contains the binary data, base64-encoded.
  immutable boolean | Immutable, if set to true, ensures that data stored in the ConfigMap cannot be updated (only object metadata can be modified).
Secret object | Secret holds secret data of a certain type. The total bytes of the values in the Data field must be less than MaxSecretSize bytes.
  data map(byte) | Data contains the secret data, base64-encoded.
  stringData map(string) | stringData allows specifying non-binary secret data in string form. It is write-only and merged into data on write.
  type string | Used to facilitate programmatic handling of secret data.
  immutable boolean | Immutable, if set to true, ensures that data stored in the Secret cannot be updated (only object metadata can be modified).
EventSource object | EventSource contains information for an event.
  component string | Component from which the event is generated.
  host string | Node name on which the event is generated.
EventSeries object | EventSeries contain information on series of events, i.e. thing that was/is happening continuously for some time.
  count int32 | Number of occurrences in this series up to the last heartbeat time
  lastObservedTime micro-time | Time of the last occurrence observed
Event object | Event is a report of an event somewhere in the cluster. Events have a limited retention time.
  involvedObject! ObjectReference | The object that this event is about.
  reason string | This should be a short, machine understandable string that gives the reason for the transition into the object's current status.
  message string | A human-readable description of the status of this operation.
  source EventSource | The component reporting this event. Should be a short machine understandable string.
  firstTimestamp date-time | The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)
  lastTimestamp date-time | The time at which the most recent occurrence of this event was recorded.
  count int32 | The number of times this event has occurred.
  type string | Type of this event (Normal, Warning), new types could be added in the future
  eventTime micro-time | Time when this Event was first observed.
  series EventSeries | Data about the Event series this event represents or nil if it's a singleton Event.
  action string | What action was taken/failed regarding to the Regarding object.
  related ObjectReference | Optional secondary object for more complex actions.
  reportingComponent string | Name of the controller that emitted this Event, e.g. `kubernetes.io/kubelet`.
  reportingInstance string | ID of the controller instance, e.g. `kubelet-xyzf`.
ServicePort object | ServicePort contains information on service's port.
  name string | The name of this port within the service.
  protocol string | The IP protocol for this port. Supports "TCP", "UDP", and "SCTP".
  appProtocol string | The application protocol for this port.
  port! int32 | The port that will be exposed by this service.
  targetPort int-or-string | Number or name of the port to access on the pods targeted by the service.
  nodePort int32 | The port on each node on which this service is exposed when type is NodePort or LoadBalancer.
Service object | Service is a named abstraction of software service (for example, mysql) consisting of local port that the proxy listens on, and the selector that determines which pods will answer requests sent through the proxy.
  spec ServiceSpec | Spec defines the behavior of a service.
    ports {ServicePort port,protocol} | The list of ports that are exposed by this service.
    selector map(string) | Route service traffic to pods with label keys and values matching this selector.
    clusterIP string | clusterIP is the IP address of the service and is usually assigned randomly.
    clusterIPs [string] | ClusterIPs is a list of IP addresses assigned to this service.
    type string(ClusterIP,ExternalName,LoadBalancer,NodePort) | type determines how the Service is exposed.
    externalIPs [string] | externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.
    sessionAffinity string | Supports "ClientIP" and "None".
    sessionAffinityConfig any | sessionAffinityConfig contains the configurations of session affinity.
    loadBalancerIP string | Deprecated: the load balancer's address.
    loadBalancerSourceRanges [string] | Traffic through the cloud-provider load-balancer will be restricted to these client IPs.
    loadBalancerClass string | loadBalancerClass is the class of the load balancer implementation this Service belongs to.
    externalName string | externalName is the external reference that discovery mechanisms will return as an alias for this service.
    externalTrafficPolicy string | externalTrafficPolicy describes how nodes distribute service traffic they receive.
    internalTrafficPolicy string | InternalTrafficPolicy describes how nodes distribute service traffic they receive on the ClusterIP.
    healthCheckNodePort int32 | healthCheckNodePort specifies the healthcheck nodePort for the service.
    publishNotReadyAddresses boolean | publishNotReadyAddresses indicates that any agent which deals with endpoints should disregard any indications of ready/not-ready.
    allocateLoadBalancerNodePorts boolean | Defines if NodePorts will be automatically allocated for services with type LoadBalancer.
    ipFamilies [string] | IPFamilies is a list of IP families (e.g. IPv4, IPv6) assigned to this service.
    ipFamilyPolicy string | IPFamilyPolicy represents the dual-stack-ness requested or required by this Service.
    trafficDistribution string | TrafficDistribution offers a way to express preferences for how traffic is distributed to Service endpoints.
  status ServiceStatus | Most recently observed status of the service.
    loadBalancer LoadBalancerStatus | LoadBalancer contains the current status of the load-balancer, if one is present.
    conditions {Condition type} | Current service state.
ServiceAccount object | ServiceAccount binds together a name, a principal that can be authenticated and a set of secrets.
  secrets {ObjectReference name} | Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use.
  imagePullSecrets [LocalObjectReference] | ImagePullSecrets is a list of references to secrets used for pulling images.
  automountServiceAccountToken boolean | AutomountServiceAccountToken indicates whether pods running as this service account should have an API token automatically mounted.
Node object | Node is a worker node in Kubernetes. Each node will have a unique identifier in the cache.
  spec NodeSpec | Spec defines the behavior of a node.
    podCIDR string | PodCIDR represents the pod IP range assigned to the node.
    podCIDRs {string} | podCIDRs represents the IP ranges assigned to the node for usage by Pods on that node.
    providerID string | ID of the node assigned by the cloud provider.
    unschedulable boolean | Unschedulable controls node schedulability of new pods.
    taints [any] | If specified, the node's taints.
  status NodeStatus | Most recently observed status of the node.
    capacity map(quantity) | Capacity represents the total resources of a node.
    allocatable map(quantity) | Allocatable represents the resources of a node that are available for scheduling.
    conditions {NodeCondition type} | Conditions is an array of current observed node conditions.
      type! string | Type of node condition.
      status! string | Status of the condition, one of True, False, Unknown.
      lastHeartbeatTime date-time | Last time we got an update on a given condition.
      lastTransitionTime date-time | Last time the condition transit from one status to another.
      reason string | (brief) reason for the condition's last transition.
      message string | Human readable message indicating details about last transition.
    addresses {NodeAddress type} | List of addresses reachable to the node.
      type! string | Node address type, one of Hostname, ExternalIP or InternalIP.
      address! string | The node address.
    nodeInfo open | Set of ids/uuids to uniquely identify the node.
    images [any] | List of container images on this node.
    daemonEndpoints open | Endpoints of daemons running on the Node.
    phase string | Deprecated: the lifecycle phase of the node.
Pod object | Pod is a collection of containers that can run on a host.
  spec open | Specification of the desired behavior of the pod.
  status open | Most recently observed status of the pod.
"""

GROUPS = """
Lease object | Lease defines a lease concept.
  spec LeaseSpec | spec contains the specification of the Lease.
    acquireTime micro-time | acquireTime is a time when the current lease was acquired.
    holderIdentity string | holderIdentity contains the identity of the holder of a current lease.
    leaseDurationSeconds int32 | leaseDurationSeconds is a duration that candidates for a lease need to wait to force acquire it. This is measured against the time of last observed renewTime.
    leaseTransitions int32 | leaseTransitions is the number of transitions of a lease between holders.
    preferredHolder string | PreferredHolder signals to a lease holder that the lease has a more optimal holder and should be given up.
    renewTime micro-time | renewTime is a time when the current holder of a lease has last updated the lease.
    strategy string | Strategy indicates the strategy for picking the leader for coordinated leader election.
TypedLocalObjectReference atomic | TypedLocalObjectReference contains enough information to let you locate the typed referenced object inside the same namespace.
  apiGroup string | APIGroup is the group for the resource being referenced.
  kind! string | Kind is the type of resource being referenced.
  name! string | Name is the name of resource being referenced.
IngressBackend object | IngressBackend describes all endpoints for a given service and port.
  resource TypedLocalObjectReference | resource is an ObjectRef to another Kubernetes resource in the namespace of the Ingress object. If resource is specified, a service.Name and service.Port must not be specified.
  service IngressServiceBackend | service references a service as a backend. This is a mutually exclusive setting with "Resource".
    name! string | name is the referenced service. The service must exist in the same namespace as the Ingress object.
    port ServiceBackendPort | port of the referenced service. A port name or port number is required for a IngressServiceBackend.
      name string | name is the name of the port on the Service. This is a mutually exclusive setting with "Number".
      number int32 | number is the numerical port number (e.g. 80) on the Service. This is a mutually exclusive setting with "Name".
IngressTLS object | IngressTLS describes the transport layer security associated with an ingress.
  hosts [string] | hosts is a list of hosts included in the TLS certificate.
  secretName string | secretName is the name of the secret used to terminate TLS traffic on port 443.
Ingress object | Ingress is a collection of rules that allow inbound connections to reach the endpoints defined by a backend. An Ingress can be configured to give services externally-reachable urls, load balance traffic, terminate SSL, offer name based virtual hosting etc.
  spec IngressSpec | spec is the desired state of the Ingress.
    ingressClassName string | ingressClassName is the name of an IngressClass cluster resource. Ingress controller implementations use this field to know whether they should be serving this Ingress resource.
    defaultBackend IngressBackend | defaultBackend is the backend that should handle requests that don't match any rule. If Rules are not specified, DefaultBackend must be specified.
    rules [IngressRule] | rules is a list of host rules used to configure the Ingress. If unspecified, or no rule matches, all traffic is sent to the default backend.
      host string | host is the fully qualified domain name of a network host, as defined by RFC 3986.
      http HTTPIngressRuleValue | HTTPIngressRuleValue is a list of http selectors pointing to backends.
        paths! [HTTPIngressPath] | paths is a collection of paths that map requests to backends.
          backend! IngressBackend | backend defines the referenced service endpoint to which the traffic will be forwarded to.
          path string | path is matched against the path of an incoming request. Paths must begin with a '/' and must be present when using PathType with value "Exact" or "Prefix".
          pathType! string(Exact,ImplementationSpecific,Prefix) | pathType determines the interpretation of the path matching.
    tls [IngressTLS] | tls represents the TLS configuration. Currently the Ingress only supports a single TLS port, 443.
  status IngressStatus | status is the current state of the Ingress.
    loadBalancer LoadBalancerStatus | loadBalancer contains the current status of the load-balancer.
IngressClass object | IngressClass represents the class of the Ingress, referenced by the Ingress Spec. The `ingressclass.kubernetes.io/is-default-class` annotation can be used to indicate that an IngressClass should be considered default.
  spec IngressClassSpec | spec is the desired state of the IngressClass.
    controller string | controller refers to the name of the controller that should handle this class. This allows for different "flavors" that are controlled by the same controller.
    parameters IngressClassParametersReference | parameters is a link to a custom resource containing additional configuration for the controller.
      apiGroup string | apiGroup is the group for the resource being referenced.
      kind! string | kind is the type of resource being referenced.
      name! string | name is the name of resource being referenced.
      namespace string | namespace is the namespace of the resource being referenced. This field is required when scope is set to "Namespace".
      scope string(Cluster,Namespace) | scope represents if this refers to a cluster or namespace scoped resource.
EndpointSlice object | EndpointSlice represents a subset of the endpoints that implement a service.
  addressType! string | addressType specifies the type of address carried by this EndpointSlice.
  endpoints [any] | endpoints is a list of unique endpoints in this slice.
  ports [any] | ports specifies the list of network ports exposed by each endpoint in this slice.
PodTemplateSpec object | PodTemplateSpec describes the data a pod should have when created from a template
  metadata ObjectMeta | Standard object's metadata.
  spec PodSpec | Specification of the desired behavior of the pod.
    containers! {Container name} | List of containers belonging to the pod.
      name! string | Name of the container specified as a DNS_LABEL.
      image string | Container image name.
      imagePullPolicy string | Image pull policy. One of Always, Never, IfNotPresent.
      command [string] | Entrypoint array. Not executed within a shell.
      args [string] | Arguments to the entrypoint.
      workingDir string | Container's working directory.
      env {EnvVar name} | List of environment variables to set in the container.
        name! string | Name of the environment variable.
        value string | The value of the variable.
        valueFrom any | Source for the environment variable's value.
      envFrom [any] | List of sources to populate environment variables in the container.
      ports {ContainerPort containerPort,protocol} | List of ports to expose from the container.
        name string | If specified, this must be an IANA_SVC_NAME and unique within the pod.
        containerPort! int32 | Number of port to expose on the pod's IP address.
        protocol string | Protocol for port. Must be UDP, TCP, or SCTP. Defaults to "TCP".
        hostPort int32 | Number of port to expose on the host.
        hostIP string | What host IP to bind the external port to.
      resources ResourceRequirements | Compute Resources required by this container.
        limits map(quantity) | Limits describes the maximum amount of compute resources allowed.
        requests map(quantity) | Requests describes the minimum amount of compute resources required.
        claims [any] | Claims lists the names of resources that are used by this container.
      livenessProbe any | Periodic probe of container liveness.
      readinessProbe any | Periodic probe of container service readiness.
      startupProbe any | StartupProbe indicates that the Pod has successfully initialized.
      lifecycle any | Actions that the management system should take in response to container lifecycle events.
      securityContext any | SecurityContext defines the security options the container should be run with.
      volumeMounts [any] | Pod volumes to mount into the container's filesystem.
      volumeDevices [any] | volumeDevices is the list of block devices to be used by the container.
      restartPolicy string | RestartPolicy defines the restart behavior of individual containers in a pod.
      resizePolicy [any] | Resources resize policy for the container.
      stdin boolean | Whether this container should allocate a buffer for stdin.
      stdinOnce boolean | Whether the container runtime should close the stdin channel after it has been opened by a single attach.
      tty boolean | Whether this container should allocate a TTY for itself.
      terminationMessagePath string | Path at which the file to which the container's termination message will be written is mounted.
      terminationMessagePolicy string | Indicate how the termination message should be populated.
    initContainers [any] | List of initialization containers belonging to the pod.
    ephemeralContainers [any] | List of ephemeral containers run in this pod.
    volumes [any] | List of volumes that can be mounted by containers belonging to the pod.
    nodeSelector map(string) | NodeSelector is a selector which must be true for the pod to fit on a node.
    nodeName string | NodeName indicates in which node this pod is scheduled.
    affinity any | If specified, the pod's scheduling constraints
    tolerations [any] | If specified, the pod's tolerations.
    topologySpreadConstraints [any] | TopologySpreadConstraints describes how a group of pods ought to spread across topology domains.
    serviceAccountName string | ServiceAccountName is the name of the ServiceAccount to use to run this pod.
    serviceAccount string | Deprecated alias for ServiceAccountName.
    automountServiceAccountToken boolean | AutomountServiceAccountToken indicates whether a service account token should be automatically mounted.
    restartPolicy string | Restart policy for all containers within the pod.
    terminationGracePeriodSeconds int64 | Optional duration in seconds the pod needs to terminate gracefully.
    activeDeadlineSeconds int64 | Optional duration in seconds the pod may be active on the node.
    dnsPolicy string | Set DNS policy for the pod.
    dnsConfig any | Specifies the DNS parameters of a pod.
    hostAliases [any] | HostAliases is an optional list of hosts and IPs that will be injected into the pod's hosts file.
    hostname string | Specifies the hostname of the Pod.
    subdomain string | If specified, the fully qualified Pod hostname will be built from it.
    hostNetwork boolean | Host networking requested for this pod.
    hostPID boolean | Use the host's pid namespace.
    hostIPC boolean | Use the host's ipc namespace.
    hostUsers boolean | Use the host's user namespace.
    imagePullSecrets [any] | ImagePullSecrets is an optional list of references to secrets in the same namespace.
    priority int32 | The priority value.
    priorityClassName string | If specified, indicates the pod's priority.
    preemptionPolicy string | PreemptionPolicy is the Policy for preempting pods with lower priority.
    readinessGates [any] | If specified, all readiness gates will be evaluated for pod readiness.
    runtimeClassName string | RuntimeClassName refers to a RuntimeClass object.
    schedulerName string | If specified, the pod will be dispatched by specified scheduler.
    schedulingGates [any] | SchedulingGates is an opaque list of values that if specified will block scheduling the pod.
    securityContext any | SecurityContext holds pod-level security attributes and common container settings.
    setHostnameAsFQDN boolean | If true the pod's hostname will be configured as the pod's FQDN.
    shareProcessNamespace boolean | Share a single process namespace between all of the containers in a pod.
    enableServiceLinks boolean | EnableServiceLinks indicates whether information about services should be injected into pod's environment variables.
    overhead map(quantity) | Overhead represents the resource overhead associated with running a pod for a given RuntimeClass.
    os any | Specifies the OS of the containers in the pod.
    resourceClaims [any] | ResourceClaims defines which ResourceClaims must be allocated and reserved before the Pod is allowed to start.
Deployment object | Deployment enables declarative updates for Pods and ReplicaSets.
  spec DeploymentSpec | Specification of the desired behavior of the Deployment.
    replicas int32 | Number of desired pods. This is a pointer to distinguish between explicit zero and not specified. Defaults to 1.
    selector! LabelSelector | Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.
    template! PodTemplateSpec | Template describes the pods that will be created.
    strategy DeploymentStrategy | The deployment strategy to use to replace existing pods with new ones.
      type string(Recreate,RollingUpdate) | Type of deployment. Can be "Recreate" or "RollingUpdate". Default is RollingUpdate.
      rollingUpdate RollingUpdateDeployment | Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate.
        maxSurge int-or-string | The maximum number of pods that can be scheduled above the desired number of pods.
        maxUnavailable int-or-string | The maximum number of pods that can be unavailable during the update.
    minReadySeconds int32 | Minimum number of seconds for which a newly created pod should be ready without any of its container crashing, for it to be considered available.
    revisionHistoryLimit int32 | The number of old ReplicaSets to retain to allow rollback.
    paused boolean | Indicates that the deployment is paused.
    progressDeadlineSeconds int32 | The maximum time in seconds for a deployment to make progress before it is considered to be failed.
  status DeploymentStatus | Most recently observed status of the Deployment.
    observedGeneration int64 | The generation observed by the deployment controller.
    replicas int32 | Total number of non-terminated pods targeted by this deployment.
    updatedReplicas int32 | Total number of non-terminated pods targeted by this deployment that have the desired template spec.
    readyReplicas int32 | Total number of pods targeted by this Deployment with a Ready Condition.
    availableReplicas int32 | Total number of available pods (ready for at least minReadySeconds) targeted by this deployment.
    unavailableReplicas int32 | Total number of unavailable pods targeted by this deployment.
    collisionCount int32 | Count of hash collisions for the Deployment.
    conditions {Condition type} | Represents the latest available observations of a deployment's current state.
ReplicaSet object | ReplicaSet ensures that a specified number of pod replicas are running at any given time.
  spec open | Spec defines the specification of the desired behavior of the ReplicaSet.
  status open | Status is the most recently observed status of the ReplicaSet.
MetricTarget object | MetricTarget defines the target value, average value, or average utilization of a specific metric
  type string | type represents whether the metric type is Utilization, Value, or AverageValue
  averageUtilization int32 | averageUtilization is the target value of the average of the resource metric across all relevant pods, represented as a percentage of the requested value of the resource for the pods.
  averageValue quantity | averageValue is the target value of the average of the metric across all relevant pods
  value quantity | value is the target value of the metric
ResourceMetric object | ResourceMetric is a resource metric known to Kubernetes, as specified in requests and limits.
  name! string | name is the name of the resource in question.
  target MetricTarget | target specifies the target value for the given metric
  current MetricTarget | current contains the current value for the given metric
MetricSpec object | MetricSpec specifies how to scale based on a single metric.
  type! string | type is the type of metric source: ContainerResource, External, Object, Pods or Resource.
  resource ResourceMetric | resource refers to a resource metric known to Kubernetes.
  containerResource any | containerResource refers to a resource metric of a single container.
  external any | external refers to a global metric that is not associated with any Kubernetes object.
  object any | object refers to a metric describing a single Kubernetes object.
  pods any | pods refers to a metric describing each pod in the current scale target.
HorizontalPodAutoscaler object | HorizontalPodAutoscaler is the configuration for a horizontal pod autoscaler, which automatically manages the replica count of any resource implementing the scale subresource based on the metrics specified.
  spec HorizontalPodAutoscalerSpec | spec is the specification for the behaviour of the autoscaler.
    scaleTargetRef! CrossVersionObjectReference | scaleTargetRef points to the target resource to scale.
      apiVersion string | apiVersion is the API version of the referent
      kind! string | kind is the kind of the referent
      name! string | name is the name of the referent
    minReplicas int32 | minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down. It defaults to 1 pod.
    maxReplicas! int32 | maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up.
    metrics [MetricSpec] | metrics contains the specifications for which to use to calculate the desired replica count.
    behavior any | behavior configures the scaling behavior of the target in both Up and Down directions.
  status HorizontalPodAutoscalerStatus | status is the current information about the autoscaler.
    observedGeneration int64 | observedGeneration is the most recent generation observed by this autoscaler.
    lastScaleTime date-time | lastScaleTime is the last time the HorizontalPodAutoscaler scaled the number of pods.
    currentReplicas int32 | currentReplicas is current number of replicas of pods managed by this autoscaler.
    desiredReplicas int32 | desiredReplicas is the desired number of replicas of pods managed by this autoscaler.
    currentMetrics [MetricSpec] | currentMetrics is the last read state of the metrics used by this autoscaler.
    conditions {Condition type} | conditions is the set of conditions required for this autoscaler to scale its target.
CustomResourceDefinition object | CustomResourceDefinition represents a resource that should be exposed on the API server. Its name MUST be in the format <.spec.name>.<.spec.group>.
  spec! CustomResourceDefinitionSpec | spec describes how the user wants the resources to appear
    conversion any | conversion defines conversion settings for the CRD.
    group! string | group is the API group of the defined custom resource.
    names! CustomResourceDefinitionNames | names specify the resource and kind names for the custom resource.
      categories [string] | categories is a list of grouped resources this custom resource belongs to (e.g. 'all').
      kind! string | kind is the serialized kind of the resource. It is normally CamelCase and singular.
      listKind string | listKind is the serialized kind of the list for this resource. Defaults to "`kind`List".
      plural! string | plural is the plural name of the resource to serve.
      shortNames [string] | shortNames are short names for the resource, exposed in API discovery documents.
      singular string | singular is the singular name of the resource. It must be all lowercase. Defaults to lowercased `kind`.
    preserveUnknownFields boolean | preserveUnknownFields indicates that object fields which are not specified in the OpenAPI schema should be preserved when persisting to storage.
    scope! string(Cluster,Namespaced) | scope indicates whether the defined custom resource is cluster- or namespace-scoped.
    versions! [CustomResourceDefinitionVersion] | versions is the list of all API versions of the defined custom resource.
      name! string | name is the version name, e.g. "v1", "v2beta1", etc.
      served! boolean | served is a flag enabling/disabling this version from being served via REST APIs
      storage! boolean | storage indicates this version should be used when persisting custom resources to storage.
      deprecated boolean | deprecated indicates this version of the custom resource API is deprecated.
      deprecationWarning string | deprecationWarning overrides the default warning returned to API clients.
      schema CustomResourceValidation | schema describes the schema used for validation, pruning, and defaulting of this version of the custom resource.
        openAPIV3Schema any | openAPIV3Schema is the OpenAPI v3 schema to use for validation and pruning.
      subresources CustomResourceSubresources | subresources specify what subresources this version of the defined custom resource have.
        status open | status indicates the custom resource should serve a `/status` subresource.
        scale any | scale indicates the custom resource should serve a `/scale` subresource.
      additionalPrinterColumns [CustomResourceColumnDefinition] | additionalPrinterColumns specifies additional columns returned in Table output.
        name! string | name is a human readable name for the column.
        type! string | type is an OpenAPI type definition for this column.
        jsonPath! string | jsonPath is a simple JSON path (i.e. with array notation) which is evaluated against each custom resource to produce the value for this column.
        description string | description is a human readable description of this column.
        format string | format is an optional OpenAPI type definition for this column.
        priority int32 | priority is an integer defining the relative importance of this column compared to others; columns above 0 are shown in wide mode only.
      selectableFields [SelectableField] | selectableFields specifies paths to fields that may be used as field selectors.
        jsonPath! string | jsonPath is a simple JSON path which is evaluated against each custom resource to produce a field selector value.
  status CustomResourceDefinitionStatus | status indicates the actual state of the CustomResourceDefinition
    acceptedNames any | acceptedNames are the names that are actually being used to serve discovery.
    conditions {Condition type} | conditions indicate state for particular aspects of a CustomResourceDefinition
    storedVersions [string] | storedVersions lists all versions of CustomResources that were ever persisted.
SelfSubjectAccessReview object | SelfSubjectAccessReview checks whether or the current user can perform an action.
  spec! SelfSubjectAccessReviewSpec | Spec holds information about the request being evaluated. user and groups must be empty
    resourceAttributes ResourceAttributes | ResourceAuthorizationAttributes describes information for a resource access request
      namespace string | Namespace is the namespace of the action being requested.
      verb string | Verb is a kubernetes resource API verb, like: get, list, watch, create, update, delete, proxy. "*" means all.
      group string | Group is the API Group of the Resource. "*" means all.
      version string | Version is the API Version of the Resource. "*" means all.
      resource string | Resource is one of the existing resource types. "*" means all.
      subresource string | Subresource is one of the existing resource types. "" means none.
      name string | Name is the name of the resource being requested for a "get" or deleted for a "delete". "" (empty) means all.
      fieldSelector any | fieldSelector describes the limitation on access based on field.
      labelSelector any | labelSelector describes the limitation on access based on labels.
    nonResourceAttributes NonResourceAttributes | NonResourceAttributes describes information for a non-resource access request
      path string | Path is the URL path of the request
      verb string | Verb is the standard HTTP verb
  status SubjectAccessReviewStatus | Status is filled in by the server and indicates whether the request is allowed or not
    allowed boolean | Allowed is required. True if the action would be allowed, false otherwise.
    denied boolean | Denied is optional. True if the action would be denied, otherwise false.
    evaluationError string | EvaluationError is an indication that some error occurred during the authorization check.
    reason string | Reason is optional. It indicates why a request was allowed or denied.
SelfSubjectRulesReview object | SelfSubjectRulesReview enumerates the set of actions the current user can perform within a namespace.
  spec! SelfSubjectRulesReviewSpec | Spec holds information about the request being evaluated.
    namespace string | Namespace to evaluate rules for. Required.
  status any | Status is filled in by the server and indicates the set of actions a user can perform.
SelfSubjectReview object | SelfSubjectReview contains the user information that the kube-apiserver has about the user making this request.
  status any | Status is filled in by the server with the user attributes.
PolicyRule object | PolicyRule holds information that describes a policy rule.
  verbs! [string] | Verbs is a list of Verbs that apply to ALL the ResourceKinds contained in this rule. '*' represents all verbs.
  apiGroups [string] | APIGroups is the name of the APIGroup that contains the resources. "" represents the core API group and "*" represents all API groups.
  resources [string] | Resources is a list of resources this rule applies to. '*' represents all resources.
  resourceNames [string] | ResourceNames is an optional white list of names that the rule applies to. An empty set means that everything is allowed.
  nonResourceURLs [string] | NonResourceURLs is a set of partial urls that a user should have access to.
RoleRef atomic | RoleRef contains information that points to the role being used
  apiGroup! string | APIGroup is the group for the resource being referenced
  kind! string | Kind is the type of resource being referenced
  name! string | Name is the name of resource being referenced
Subject atomic | Subject contains a reference to the object or user identities a role binding applies to.
  kind! string | Kind of object being referenced. Values defined by this API group are "User", "Group", and "ServiceAccount".
  name! string | Name of the object being referenced.
  namespace string | Namespace of the referenced object.
  apiGroup string | APIGroup holds the API group of the referenced subject.
ClusterRole object | ClusterRole is a cluster level, logical grouping of PolicyRules that can be referenced as a unit by a RoleBinding or ClusterRoleBinding.
  rules [PolicyRule] | Rules holds all the PolicyRules for this ClusterRole
  aggregationRule any | AggregationRule is an optional field that describes how to build the Rules for this ClusterRole.
ClusterRoleBinding object | ClusterRoleBinding references a ClusterRole, but not contain it.
  roleRef! RoleRef | RoleRef can only reference a ClusterRole in the global namespace.
  subjects [Subject] | Subjects holds references to the objects the role applies to.
Role object | Role is a namespaced, logical grouping of PolicyRules that can be referenced as a unit by a RoleBinding.
  rules [PolicyRule] | Rules holds all the PolicyRules for this Role
RoleBinding object | RoleBinding references a role, but does not contain it.
  roleRef! RoleRef | RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace.
  subjects [Subject] | Subjects holds references to the objects the role applies to.
"""
