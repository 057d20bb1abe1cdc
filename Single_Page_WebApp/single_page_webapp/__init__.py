"""The stand-alone editor: open a NetCDF file, look, edit, download; no account, no database."""
