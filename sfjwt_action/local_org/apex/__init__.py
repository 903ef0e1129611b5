"""Apex in the local org: find the classes and methods that are tests. Nothing is compiled or run."""
