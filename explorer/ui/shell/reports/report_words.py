"""What stands in a report, in the language of the window."""

from __future__ import annotations

from explorer.ui.widgets.language import LANGUAGE, localised, said, tr

ENDS = {
    " cosine": f" ({tr('cosine')})",
    " Euclidean": f" ({tr('Euclidean')})",
    " in %": " in %",
    " items/s": f" {tr('items/s')}",
    " s since it was branched": f" s {tr('since it was branched')}",
}
"""How texts end that are put together, and how they end in the language of the window."""


def said_in_report(text: str) -> str:
    """Return a text, or a number, as the window says it; what is not known stays as it is."""
    if LANGUAGE == "en":
        return text
    if not any(letter.isalpha() for letter in text):
        return localised(text)
    if (told := said(text)) != text:
        return told
    if (step := text.removeprefix("step ")) != text:
        return tr("step {step}", step=localised(step))
    for end, words in ENDS.items():
        if text.endswith(end):
            return said_in_report(text.removesuffix(end)) + words
    small = text[:1].lower() + text[1:]
    told = said(small) if small != text else text
    return text if told == small else told[:1].upper() + told[1:]
