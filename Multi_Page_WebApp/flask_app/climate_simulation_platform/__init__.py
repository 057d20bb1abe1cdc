"""The platform around climpy: command line, step graph, and later the web application."""
