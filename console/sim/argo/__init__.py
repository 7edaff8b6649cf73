"""The simulated ArgoCD: ApplicationSets that become Applications, and Applications that become objects in the members.
Both controllers are clients of the simulated Kubernetes APIs."""
