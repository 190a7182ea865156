"""How the models of recognition are made: nothing here is imported by the product."""
