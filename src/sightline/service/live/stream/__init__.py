"""One stream: its settings, frames, memory and messages."""
