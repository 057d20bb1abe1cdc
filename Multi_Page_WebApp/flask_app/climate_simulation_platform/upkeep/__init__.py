"""What is set right and cleared away while the platform runs, records and files apart."""
