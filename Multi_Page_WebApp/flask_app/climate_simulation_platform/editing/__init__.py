"""The editors of the platform: whom they are open to, where fields come from, where edits go."""
