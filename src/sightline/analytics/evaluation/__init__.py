"""How good results are, measured against truth."""
