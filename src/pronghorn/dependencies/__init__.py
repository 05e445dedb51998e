"""Door to what FastAPI keeps of declarations."""
