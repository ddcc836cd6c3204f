"""Pictures that come one by one: single files from clients, frames of cameras."""
