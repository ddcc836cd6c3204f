"""Football: from a match video or tracking data to a match report."""
