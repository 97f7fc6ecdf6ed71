"""The vocabulary that every room of the house shares; standard library, numpy and pydantic only."""
