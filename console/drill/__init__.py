"""Drills: a simulated emergency, played with the real command line by a person or by a script, and judged at its end.

Nothing here shares code with what is drilled: commands and screens are processes, what they say is text.
"""
