"""How values look in JSON: what clients send and what they get."""
