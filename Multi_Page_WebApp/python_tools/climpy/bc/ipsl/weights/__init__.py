"""Weights with which the coupler carries fields between the ocean and the atmosphere."""
