"""The service that routes steps to workers and sees that nothing is lost."""
