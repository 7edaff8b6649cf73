"""The account of the cloud: what is in it, how it is made and taken away, and the tasks by which that happens."""
