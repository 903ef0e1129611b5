"""Salesforce's side of a login: hosts, assertion, token endpoint, session, verification, revocation."""
