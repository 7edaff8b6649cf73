"""The simulated region's ALB service: its state, its OpenAPI and its data plane."""
