"""The commands of `climate-sim`; each imports what computes only once it runs."""
