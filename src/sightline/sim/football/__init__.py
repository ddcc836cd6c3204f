"""A football match that plays itself, filmed: agents, cameras, pictures and their exact truth."""
