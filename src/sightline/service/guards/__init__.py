"""What stands between a request from outside and this machine: places, addresses, files."""
