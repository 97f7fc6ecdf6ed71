"""For tests of what happens at a pace."""

from __future__ import annotations

ERA = 1e10
"""More seconds than any machine has been up: a pace so slow keeps back all but what is due since ever."""
