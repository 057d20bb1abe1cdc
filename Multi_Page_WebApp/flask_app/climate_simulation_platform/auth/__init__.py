"""Accounts: names, passwords, sessions, and the pages for them."""
