"""Measurements of the methods, alone and beside other tools (`make bench`)."""
