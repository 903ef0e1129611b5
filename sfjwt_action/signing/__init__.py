"""What signs an assertion, and the certificate that Salesforce verifies it with."""
