"""The platform as processes of one machine: a supervisor, the pages, workers."""
