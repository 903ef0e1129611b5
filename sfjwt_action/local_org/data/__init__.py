"""Records: which objects an org has, what can be done with their records, and SOQL."""
