"""Boundary conditions, one package per family of models."""
