"""The service of the editors."""
