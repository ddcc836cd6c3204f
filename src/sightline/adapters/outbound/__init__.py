"""What this server sends to addresses that others gave it."""
