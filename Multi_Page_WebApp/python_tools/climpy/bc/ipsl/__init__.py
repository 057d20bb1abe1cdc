"""Boundary conditions of IPSL-CM5A2: one module per step, pure functions over arrays."""
