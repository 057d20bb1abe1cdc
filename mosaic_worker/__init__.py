"""The worker of coupling weights by the program mosaic: a service of its own."""
