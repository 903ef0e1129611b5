"""CI systems: how each shows a login to people and passes it to later steps."""
