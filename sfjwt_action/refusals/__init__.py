"""Salesforce's errors for rejected logins, with causes and fixes."""
