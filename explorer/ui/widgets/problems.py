"""What is wrong with each of several fields, told together: the sentence about one takes no other's place."""

from __future__ import annotations


class Problems:
    """Keeps one sentence a field until that field is right again; ``str`` of it is a line each, the newest last."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def tell(self, field: str, problem: str) -> str:
        """Note what is wrong with a field, empty: nothing any more. Return what is wrong with all of them."""
        self._told.pop(field, None)
        if problem:
            self._told[field] = problem
        return str(self)

    def forget(self) -> bool:
        """Note that all of them are right; return whether one was not."""
        before, self._told = self._told, {}
        return bool(before)

    def __contains__(self, field: str) -> bool:
        return field in self._told

    def __str__(self) -> str:
        return "\n".join(dict.fromkeys(self._told.values()))
