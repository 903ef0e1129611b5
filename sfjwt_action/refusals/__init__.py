"""What Salesforce says when it refuses a login, and what is known about it."""
