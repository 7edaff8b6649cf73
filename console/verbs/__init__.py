"""The verbs of the command line, each the same core as the screen; whatever is heavy is imported when a verb runs."""
