"""Fleet Console: what is true of an ACK One Fleet, and carrying out what was decided."""

__version__ = "0.1.0"
