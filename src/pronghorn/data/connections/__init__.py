"""Connections: addresses, drivers, pools, and what is seen to while they live."""
