"""Maps to look at: an overview of all products, and where the poles of an ocean grid may lie."""
