"""Scenarios: descriptions, the runner, and the claims that recordings are checked against."""
