"""The one owner of what was observed: facts in, one picture out."""
