"""Fleet Console: what is true of an ACK One Fleet, and carrying out what was decided."""
