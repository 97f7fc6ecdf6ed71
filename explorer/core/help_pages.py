"""The pages of the help: ``resources/help/*.md``, cut into their sections, and what is found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from explorer.core.resources import resource_text

FOLDER = "help"
PAGES = (
    "first_steps", "choosing", "panels", "data", "runs", "evaluating", "losses", "miners", "distances",
    "troubleshooting", "glossary",
)  # fmt: skip
"""The pages, in the order in which they are listed."""

HELP_TOPIC = "help_topic"
"""Property of a widget that says what of the help tells of it."""

PARTS = {"loss": "losses", "miner": "miners", "distance": "distances"}
"""Which page tells of the parts of a kind; a section is called as the part is."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the second level and what stands below it, as Markdown. ``page``: the name of its page."""

    page: str
    title: str
    text: str

    @property
    def topic(self) -> str:
        """What names it among all sections, for example ``panels#Map``."""
        return f"{self.page}#{self.title}"

    @property
    def markdown(self) -> str:
        """The section with its heading."""
        return f"## {self.title}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the help: its name, its title, what stands before the first section, and the sections."""

    name: str
    title: str
    intro: str
    sections: tuple[Section, ...]

    @property
    def markdown(self) -> str:
        """The whole page."""
        return "\n\n".join((f"# {self.title}\n\n{self.intro}", *(section.markdown for section in self.sections)))


@lru_cache(maxsize=1)
def pages() -> tuple[Page, ...]:
    """Return all pages in their order; they are read once."""
    return tuple(map(_read, PAGES))


def _read(name: str) -> Page:
    head, *rest = re.split(r"^## ", resource_text(f"{FOLDER}/{name}.md"), flags=re.MULTILINE)
    title, _, intro = head.removeprefix("# ").partition("\n")
    sections = []
    for part in rest:
        heading, _, text = part.partition("\n")
        sections.append(Section(name, heading.strip(), text.strip()))
    return Page(name, title.strip(), intro.strip(), tuple(sections))


def find(topic: str) -> Page | Section:
    """Return the page or the section of a topic, ``panels`` or ``panels#Map``.

    Raises
    ------
    KeyError: there is none.
    """
    name, _, title = topic.partition("#")
    for page in pages():
        if page.name == name:
            for section in page.sections:
                if section.title == title:
                    return section
            if not title:
                return page
    raise KeyError(topic)


def search(words: str) -> list[Section]:
    """Return the sections in which all words stand, those with them in the title first."""
    wanted = words.casefold().split()
    found: list[tuple[int, Section]] = []
    for page in pages():
        for section in page.sections:
            title, text = section.title.casefold(), f"{page.title} {section.text}".casefold()
            if wanted and all(word in title or word in text for word in wanted):
                in_title = sum(word in title for word in wanted)
                begins = title.startswith(wanted[0])
                times = sum(text.count(word) for word in wanted)
                found.append((1000 * in_title + 500 * begins + min(times, 100), section))
    return [section for _, section in sorted(found, key=lambda pair: -pair[0])]
