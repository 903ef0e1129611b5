"""Apex, as far as the local org knows it: which classes and methods are tests. It doesn't compile or run anything."""
