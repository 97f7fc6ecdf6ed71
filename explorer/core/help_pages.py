"""The pages of the help: ``resources/help/*.md``, cut into their sections, and what is found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from explorer.core.resources import resource_text

FOLDER = "help"
PAGES = (
    "first_steps", "choosing", "panels", "data", "runs", "scripts", "evaluating", "losses", "miners", "distances",
    "fitters", "troubleshooting", "glossary",
)  # fmt: skip
"""The pages, in the order in which they are listed."""

HELP_TOPIC = "help_topic"
"""Property of a widget that says what of the help tells of it."""

SMALL = frozenset({
    "a", "an", "and", "are", "do", "does", "for", "how", "i", "in", "is", "it", "my", "of", "on", "the", "to", "what",
    "when", "where", "which", "why", "with", "der", "die", "das", "ein", "eine", "ich", "ist", "mein", "meine", "mit",
    "und", "was", "wie", "wann", "warum", "wo", "von", "zu",
})  # fmt: skip
"""Words of a question that are looked for in no page."""

PARTS = {"loss": "losses", "miner": "miners", "distance": "distances", "fitter": "fitters"}
"""Which page tells of the parts of a kind; a section is called as the part is."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the second level and what stands below it, as Markdown.

    ``page``: the name of its page; ``key``: its heading in English, where it is in another language.
    """

    page: str
    title: str
    text: str
    key: str = ""

    @property
    def topic(self) -> str:
        """What names it among all sections in every language, for example ``panels#Map``."""
        return f"{self.page}#{self.key or self.title}"

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


@lru_cache(maxsize=2)
def pages(language: str = "en") -> tuple[Page, ...]:
    """Return all pages in their order, in a language where they are in it; they are read once."""
    return tuple(_read(name, language) for name in PAGES)


def _read(name: str, language: str) -> Page:
    english = _cut(name, resource_text(f"{FOLDER}/{name}.md"))
    if language == "en":
        return english
    try:
        text = resource_text(f"{FOLDER}/{language}/{name}.md")
    except FileNotFoundError:
        return english
    found = _cut(name, text)
    named = zip(found.sections, english.sections, strict=True)
    return replace(found, sections=tuple(replace(one, key=other.title) for one, other in named))


def _cut(name: str, whole: str) -> Page:
    head, *rest = re.split(r"^## ", whole, flags=re.MULTILINE)
    title, _, intro = head.removeprefix("# ").partition("\n")
    sections = []
    for part in rest:
        heading, _, text = part.partition("\n")
        sections.append(Section(name, heading.strip(), text.strip()))
    return Page(name, title.strip(), intro.strip(), tuple(sections))


def find(topic: str, language: str = "en") -> Page | Section:
    """Return the page or the section of a topic, ``panels`` or ``panels#Map``, in a language.

    Raises
    ------
    KeyError: there is none.
    """
    name, _, title = topic.partition("#")
    for page in pages(language):
        if page.name == name:
            for section in page.sections:
                if title and title in (section.key, section.title):
                    return section
            if not title:
                return page
    raise KeyError(topic)


def wanted_words(typed: str) -> list[str]:
    """Return the words of a question that say something, in small letters; all of them where none does."""
    words = typed.casefold().split()
    return [word for word in words if word not in SMALL] or words


def search(typed: str, language: str = "en") -> list[Section]:
    """Return the sections in which all words begin a word, or else those with most of them; titles count most."""
    wanted = wanted_words(typed)
    found: list[tuple[int, int, Section]] = []
    for page in pages(language):
        for section in page.sections:
            title, text = section.title.casefold(), f"{page.title} {section.text}".casefold()
            heads, times = _beginnings(wanted, title), _beginnings(wanted, text)
            there = sum(bool(head or time) for head, time in zip(heads, times, strict=True))
            points = 1000 * sum(map(bool, heads)) + 500 * title.startswith(wanted[0] if wanted else "\0")
            found.append((there, points + min(sum(times), 100), section))
    most = max((there for there, _, _ in found), default=0)
    best = [(points, section) for there, points, section in found if most and there == most]
    return [section for _, section in sorted(best, key=lambda pair: -pair[0])]


def _beginnings(words: list[str], text: str) -> list[int]:
    """Return how many words of a text each of some words is the beginning of."""
    return [len(re.findall(rf"(?<!\w){re.escape(word)}", text)) for word in words]
