"""Who is who: a tracker's tracks cut where people met, and joined again on the pitch."""
