"""Decisions, pure: facts and an intent in, a plan or a refusal with all its reasons out."""
