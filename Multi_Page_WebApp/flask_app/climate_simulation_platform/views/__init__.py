"""Pages and what they answer to programs; one blueprint per area."""
