"""The Metadata API: what a deploy sends, what the org has, and what it answers.

An archive has files. A manifest names components. Files become components. A deploy checks them and stores them.
"""
