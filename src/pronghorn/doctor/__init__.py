"""Look at an application and say what it does and why."""
