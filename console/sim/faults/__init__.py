"""What goes wrong in a simulation: faults as values, what each does, and the endpoint that takes them while it runs."""
