"""From positions on a pitch to what happened in the match."""
