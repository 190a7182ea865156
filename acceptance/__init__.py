"""The whole of the development data through the real commands, against the figures that were promised."""
