"""Videos that users give to the server: taken in, looked at, found, removed."""
