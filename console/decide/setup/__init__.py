"""Set-up, decided: a topology and the ground that was found make checks, an ordered plan, a topology of what is there,
and a teardown. Pure."""
