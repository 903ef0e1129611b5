from faults.conftest import ca, trusted

__all__ = ["ca", "trusted"]
