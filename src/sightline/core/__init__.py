"""Values and rules that all agree on."""
