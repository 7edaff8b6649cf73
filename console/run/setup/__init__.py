"""Set-up, carried out: one run provisions a topology or takes it away, task by task, from where the world stands."""
