"""From candidate balls to parabolas: gravity, arcs, and the moments at which they begin and end."""
