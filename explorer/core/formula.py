"""Losses written as a formula, ``triplet + 0.1*softmax(proxy_rate=10)``: read, checked with the registry, written.

::

    formula  = term { "+" term }
    term     = [ number "*" ] name [ "(" [ argument { "," argument } ] ")" ]
    argument = name "=" ( number | word | "quoted text" | formula )

A parameter that is a formula itself (its ``syntax`` says so) takes one without quotes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

from explorer.core.errors import UserError, suggestion
from explorer.core.registry import Entry, ParameterInfo, Scalar, catalogue, validated

SUM = "sum"
"""The loss that is a formula; it cannot stand in one."""

DEEPEST = 4
"""So many formulas may stand in one another."""

_TOKEN = re.compile(
    r"(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<sign>[-+*(),=])"
)

_NAMES = re.compile(r"\s*[^\W\d]\w*([-\s]\w+)*\s*")

NOT_NEGATIVE = "Terms are joined by +, with weights of 0 or more"


@dataclass(frozen=True, slots=True)
class Term:
    """One loss of a formula: its weight, its name, the parameters that were given, and where it stands (from 1)."""

    weight: float
    name: str
    params: dict[str, Scalar] = field(default_factory=dict)
    at: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def read(text: str) -> tuple[Term, ...]:
    """Return the terms of a formula, their names and parameters checked.

    Raises
    ------
    UserError: one sentence with the place of the mistake (characters count from 1) and what is known there.
    """
    reader = _Reader(text)
    terms = reader.formula(1)
    reader.expect_end()
    return terms


def is_formula(text: str) -> bool:
    """Whether a text can only be meant as a formula, right or wrong, and not as the name of a loss.

    Words with single hyphens or blanks between them are a name, as it may be typed for ``multi_similarity``, unless
    each word is a loss and the whole is none: ``triplet-softmax``.
    """
    if not _NAMES.fullmatch(text):
        return bool(text.strip())
    entries, words = catalogue("loss"), text.split("-")
    return len(words) > 1 and "_".join(words) not in entries and all(word in entries for word in words)


def written(terms: tuple[Term, ...]) -> str:
    """Return terms as a formula that ``read`` gives back."""
    return " + ".join(_written_term(term) for term in terms)


def same_losses(before: str, after: str) -> bool:
    """Whether two formulas differ only in weights and in parameters that may change while a run trains."""
    return _structure(before) == _structure(after)


def _structure(text: str) -> tuple[object, ...]:
    found: list[object] = []
    for term in read(text):
        values = validated("loss", term.name, term.params).model_dump()
        for info in catalogue("loss")[term.name].parameters:
            if info.syntax:
                values[info.name] = _structure(values[info.name])
            elif info.live:
                del values[info.name]
        found.append((term.name, tuple(values.items())))
    return tuple(found)


def _written_term(term: Term) -> str:
    weight = "" if term.weight == 1 else f"{_written_number(term.weight)}*"
    infos = {info.name: info for info in catalogue("loss")[term.name].parameters}
    given = ", ".join(f"{name}={_written_value(value, infos[name])}" for name, value in term.params.items())
    return f"{weight}{term.name}({given})" if given else f"{weight}{term.name}"


def _written_value(value: Scalar, info: ParameterInfo) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _written_number(value)
    if info.syntax or (value.isidentifier() and value.isascii()):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written_number(value: float) -> str:
    return repr(value).removesuffix(".0")


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Token] = []
        self.place = 0
        at = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            match = _TOKEN.match(text, at)
            if match is None:
                self.fail(at + 1, f"{text[at]!r} means nothing here", "Write for example: triplet + 0.1*softmax")
            self.tokens.append(_Token(str(match.lastgroup), match.group(), at + 1))
            at = match.end()
        self.end = _Token("end", "", len(text) + 1)

    def fail(self, at: int, what: str, remedy: str) -> NoReturn:
        raise UserError(f"The formula {self.text!r} is wrong at character {at}: {what}", remedy=remedy)

    @property
    def next(self) -> _Token:
        return self.tokens[self.place] if self.place < len(self.tokens) else self.end

    def take(self) -> _Token:
        token = self.next
        self.place += 1
        return token

    def took(self, sign: str) -> bool:
        if self.next.kind == "sign" and self.next.text == sign:
            self.place += 1
            return True
        return False

    def expect_end(self) -> None:
        token = self.next
        if token.kind != "end":
            self.fail(token.at, f"{token.text!r} does not belong here", "Terms are joined by +")

    def formula(self, depth: int) -> tuple[Term, ...]:
        if depth > DEEPEST:
            self.fail(self.next.at, "there are too many formulas in one another", f"At most {DEEPEST} go")
        terms = [self.term(depth)]
        while self.took("+"):
            terms.append(self.term(depth))
        if self.next.text == "-":
            self.fail(self.next.at, "a loss cannot be taken away from another", NOT_NEGATIVE)
        return tuple(terms)

    def term(self, depth: int) -> Term:
        weight, at = 1.0, self.next.at
        if self.next.kind == "number":
            number = self.take()
            weight = float(number.text)
            if not math.isfinite(weight):
                self.fail(number.at, f"the weight {number.text} is too large", "Give a smaller one")
            if not self.took("*"):
                self.fail(
                    self.next.at, f"a * is missing after the weight {number.text}", "Write for example: 0.1*softmax"
                )
        elif self.next.text == "-":
            self.fail(at, "a weight cannot be negative", NOT_NEGATIVE)
        token = self.take()
        entry = self.entry(token)
        given = self.arguments(entry, depth) if self.took("(") else {}
        try:
            model = validated("loss", entry.name, given)
        except UserError as error:
            self.fail(token.at, error.message, error.remedy)
        return Term(weight, entry.name, {name: getattr(model, name) for name in given}, at)

    def entry(self, token: _Token) -> Entry:
        entries = {name: entry for name, entry in catalogue("loss").items() if name != SUM}
        known = f"Losses: {', '.join(entries)}"
        if token.kind == "end":
            self.fail(token.at, "a loss is missing", known)
        if token.text == SUM:
            self.fail(token.at, "a weighted sum cannot stand in another formula", known)
        if token.kind != "name" or token.text not in entries:
            self.fail(token.at, f"there is no loss {token.text!r}", suggestion(token.text, entries, known))
        return entries[token.text]

    def arguments(self, entry: Entry, depth: int) -> dict[str, Scalar]:
        infos = {info.name: info for info in entry.parameters}
        known = f"Parameters of {entry.name}: {', '.join(infos) or 'none'}"
        given: dict[str, Scalar] = {}
        while not self.took(")"):
            if given and not self.took(","):
                self.fail(self.next.at, "a , or a ) is missing", known)
            token = self.take()
            if token.kind != "name" or token.text not in infos:
                what = f"{entry.name} has no parameter {token.text!r}" if token.text else "a ) is missing"
                self.fail(token.at, what, known)
            if token.text in given:
                self.fail(token.at, f"{token.text} is given twice", "Give it once")
            if not self.took("="):
                self.fail(self.next.at, f"a = is missing after {token.text}", known)
            given[token.text] = self.value(infos[token.text], depth)
        return given

    def value(self, info: ParameterInfo, depth: int) -> str:
        if info.syntax and self.next.kind != "text":
            return written(self.formula(depth + 1))
        sign = "-" if self.took("-") else ""
        token = self.take()
        if token.kind == "text" and not sign:
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind != "number" and (token.kind != "name" or sign):
            allowed = ", ".join(info.choices) or info.type
            self.fail(token.at, f"the value of {info.name} is missing", f"{info.help}: {allowed}")
        return sign + token.text
