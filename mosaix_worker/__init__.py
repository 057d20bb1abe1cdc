"""The worker of coupling weights by the library YAC: a service of its own."""
