"""Regular, LMDZ and ORCA grids."""
