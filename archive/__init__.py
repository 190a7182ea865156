"""The holdings and the application: the only package with state."""
