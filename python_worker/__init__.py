"""The service that computes steps in Python."""
