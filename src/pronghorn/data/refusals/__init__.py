"""What a database refuses, and the answers that it gets."""
