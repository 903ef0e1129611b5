"""Log a CI job in to Salesforce with the OAuth 2.0 JWT bearer flow."""

__version__ = "0.1.0"
