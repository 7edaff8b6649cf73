"""The runner: the only process that writes to the Fleet, and what the fronts know of it."""
