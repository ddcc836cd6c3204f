"""Run stores."""
