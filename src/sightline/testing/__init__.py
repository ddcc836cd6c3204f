"""Shipped fakes and the contract tests that every implementation passes."""
