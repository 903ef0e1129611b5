"""Keys that never leave their key management service. A login with a private key imports nothing of this."""
