"""Every option that an app, a router, a route or a parameter takes, written once.

`parameter`, `route` and `application` are the tables, `signatures` says which callable
takes which options in which order, and `takes` gives a function such a signature.
"""
