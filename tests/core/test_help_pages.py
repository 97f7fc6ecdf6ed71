from __future__ import annotations

import re

import pytest

from explorer.core.help_pages import PAGES, PARTS, Page, find, pages, search
from explorer.core.registry import catalogue
from explorer.core.resources import resource_path


def test_every_page_has_a_title_and_sections_with_words() -> None:
    assert [page.name for page in pages()] == list(PAGES)
    for page in pages():
        assert page.title
        assert page.sections
        for section in page.sections:
            assert len(section.text) > 20, section.topic
        titles = [section.title for section in page.sections]
        assert len(set(titles)) == len(titles)


def test_no_page_is_left_out_and_every_picture_is_there() -> None:
    files = {path.stem for path in resource_path("help").glob("*.md")}
    assert files == set(PAGES)
    pictures = {path.name for path in resource_path("help/pictures").iterdir()}
    shown = {name for page in pages() for name in re.findall(r"\(pictures/([^)]+)\)", page.markdown)}
    assert shown == pictures


@pytest.mark.parametrize("kind", PARTS)
def test_every_loss_miner_and_distance_is_told_of_with_a_picture_and_when_to_use_it(kind: str) -> None:
    page = find(PARTS[kind])
    assert isinstance(page, Page)
    entries = catalogue(kind)
    assert {section.title for section in page.sections} == {entry.title for entry in entries.values()}
    for section in page.sections:
        assert "*When:* " in section.text
        assert f"](pictures/{kind}_" in section.text
    for entry in entries.values():
        text = find(f"{PARTS[kind]}#{entry.title}").markdown
        assert all(f"| {info.name.replace('_', ' ')} |" in text for info in entry.parameters)


def test_every_panel_is_told_of() -> None:
    told = find("panels")
    assert isinstance(told, Page)
    assert {entry.part.title for entry in catalogue("panel").values()} <= {section.title for section in told.sections}  # type: ignore[attr-defined]


def test_what_is_not_there_is_a_key_error() -> None:
    for topic in ("nowhere", "panels#Nowhere"):
        with pytest.raises(KeyError):
            find(topic)


def test_search_wants_all_words_and_puts_titles_first() -> None:
    found = search("margin")
    assert "Margin" in found[0].title
    assert all("margin" in f"{section.title} {section.text}".casefold() for section in found)
    assert {section.topic for section in search("semi-hard MARGIN")} < {section.topic for section in found}
    assert search("") == search("   ") == []
    assert search("qwertz xylophone") == []


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("delete a run", "Deleting and bringing back"),
        ("undo delete", "Deleting and bringing back"),
        ("export", "Taking it with you"),
        ("how do I save the model", "Taking it with you"),
        ("what is a miner", "Miner"),
        ("disk full", "The run cannot be saved"),
        ("continue a run", "Opening one again"),
    ],
)
def test_a_question_finds_its_answer_among_the_first(typed: str, title: str) -> None:
    assert title in [section.title for section in search(typed)[:4]]


def test_words_in_which_not_all_are_found_lead_to_most_of_them() -> None:
    assert search("margin qwertz")[0] == search("margin")[0]
    topics = {section.topic for section in search("argin")}
    assert "glossary#Margin" not in topics, "words are found by their beginnings"


def test_pages_in_german_have_the_same_sections_in_the_same_order() -> None:
    for english, german in zip(pages(), pages("de"), strict=True):
        assert [section.topic for section in german.sections] == [section.topic for section in english.sections]
        for section in english.sections:
            told = find(section.topic, "de")
            assert told in german.sections
            assert re.findall(r"\(pictures/[^)]+\)", told.markdown) == re.findall(
                r"\(pictures/[^)]+\)", section.markdown
            )
        assert german.intro != english.intro or not german.intro
    assert find("panels#Map", "de").title == "Karte"
    assert "*Wann:* " in find("losses#Triplet", "de").markdown
    assert search("Nachbarn", "de")
