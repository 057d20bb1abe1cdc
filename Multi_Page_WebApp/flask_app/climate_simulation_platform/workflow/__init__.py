"""What requests, results and failures do to the steps of a data file."""
