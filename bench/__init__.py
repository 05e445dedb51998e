"""The bench: how fast Pronghorn is, beside FastAPI, other frameworks and the floor.

Run it by `make bench`; see README.md here.
"""
