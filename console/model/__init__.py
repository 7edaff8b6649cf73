"""Facts, frozen and comparable; no I/O, and no clock but an argument."""
