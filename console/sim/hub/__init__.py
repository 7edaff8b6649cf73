"""The hub's Kubernetes API: the simulator's own, or a server that is given with `--hub`; what may be done to a given
one, and how the world's objects come to stand there."""
