"""Rankings of pinned queries: who is right, where the first right one stands, and what has moved."""
