"""The people that the tests speak of."""

ADA = {"email": "ada@example.com", "name": "Ada", "password": "correct horse"}

# The example that the seed's schema gives.
EXAMPLE = {
    "id": 1,
    "email": "user@example.com",
    "name": "John Doe",
    "created_at": "2025-01-01T00:00:00Z",
    "is_active": True,
}

# A row of the seed's table.
ADA_ROW = {"email": "ada@example.com", "name": "Ada", "hashed_password": "not a hash"}
