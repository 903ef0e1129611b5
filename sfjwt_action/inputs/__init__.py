"""The inputs of a run, read and validated, and their problems."""
