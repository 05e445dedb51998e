"""What is watched: statements counted, and commits that come late."""
