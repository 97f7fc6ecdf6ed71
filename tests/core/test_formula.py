"""Formulas of losses: what is written is read back, and every mistake is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.formula import Term, is_formula, read, same_losses, written
from explorer.core.recipe import Recipe
from explorer.core.registry import ParameterInfo, Scalar, catalogue, validated

SIMPLE = ("triplet", "contrastive", "softmax", "proxy_anchor", "arcface", "center", "soft_triple", "prototypical")


def value_of(info: ParameterInfo) -> st.SearchStrategy[Scalar]:
    if info.choices:
        return st.sampled_from(info.choices)
    if info.type == "bool":
        return st.booleans()
    low, high = info.minimum, info.maximum
    if info.type == "int":
        return st.integers(int(low or 0), int(high or 1000))
    return st.floats(low, high)


@st.composite
def terms(draw: st.DrawFn, names: tuple[str, ...] = SIMPLE) -> Term:
    name = draw(st.sampled_from(names))
    infos = draw(st.lists(st.sampled_from(catalogue("loss")[name].parameters), unique_by=lambda info: info.name))
    params = {info.name: draw(value_of(info)) for info in infos}
    return Term(draw(st.floats(0, 1e300)), name, params)


@st.composite
def nested(draw: st.DrawFn) -> Term:
    if draw(st.booleans()):
        inner = draw(terms(("triplet", "contrastive")))
        return Term(draw(st.floats(0, 10)), "cross_batch_memory", {"of": written((inner,)), "size": 64})
    inside = draw(st.lists(terms(), min_size=1, max_size=2))
    return Term(draw(st.floats(0, 10)), "part_based", {"parts": 2, "of": written(tuple(inside))})


@settings(deadline=None, max_examples=60)
@given(st.lists(terms() | nested(), min_size=1, max_size=4), st.sampled_from(["", " ", "\n  "]))
def test_what_is_written_is_read_back(given_terms: list[Term], space: str) -> None:
    formula = tuple(given_terms)
    text = written(formula)
    assert read(text) == formula
    spaced = (
        text.replace("+ ", f"+{space} ").replace("(", f"({space}").replace(",", f"{space},").replace("=", f"{space}= ")
    )
    assert read(spaced) == formula
    assert written(read(text)) == text
    assert validated("loss", "sum", {"terms": text}).model_dump()["terms"] == text


def test_it_reads_like_a_paper() -> None:
    assert read("triplet") == (Term(1.0, "triplet"),)
    assert read("0.7*triplet(margin=0.3, form=soft) + .3*center(weight=1e-2)") == (
        Term(0.7, "triplet", {"margin": 0.3, "form": "soft"}),
        Term(0.3, "center", {"weight": 0.01}),
    )
    assert read("triplet()") == read(" triplet ( ) ")
    assert [term.at for term in read("triplet + 0.1*softmax")] == [1, 11]
    assert read('prototypical(learned=true, geometry="recipe")')[0].params == {"learned": True, "geometry": "recipe"}
    assert read("cross_batch_memory(of=contrastive(margin=0.5), size=8) + softmax")[0].params["of"] == (
        "contrastive(margin=0.5)"
    )


WRONG = {
    "": (1, "a loss is missing", "triplet"),
    "triplet +": (10, "a loss is missing", "softmax"),
    "triplit": (1, "no loss 'triplit'", "triplet"),
    "triplet softmax": (9, "'softmax' does not belong here", "+"),
    "triplet + 2 softmax": (13, "a * is missing", "0.1*softmax"),
    "triplet - softmax": (9, "cannot be taken away", "0 or more"),
    "triplet + softmax -0.1*center": (19, "cannot be taken away", "0 or more"),
    "cross_batch_memory(of=contrastive - triplet)": (35, "cannot be taken away", "0 or more"),
    "-1*triplet": (1, "cannot be negative", "0 or more"),
    "1e999*triplet": (1, "too large", ""),
    "triplet & softmax": (9, "'&' means nothing here", ""),
    "triplet(marge=1)": (9, "triplet has no parameter 'marge'", "margin"),
    "triplet(margin)": (15, "a = is missing", "margin"),
    "triplet(margin=": (16, "the value of margin is missing", "float"),
    "triplet(form=)": (14, "the value of form is missing", "hinge, soft"),
    "triplet(margin=0.1": (19, "a , or a ) is missing", "margin"),
    "triplet(": (9, "a ) is missing", "margin"),
    "triplet(margin=0.1, margin=0.2)": (21, "given twice", ""),
    "softmax + triplet(margin=9)": (11, "loss.margin", ""),
    "triplet(margin=wide)": (1, "loss.margin", ""),
    "triplet(form=round)": (1, "not a choice", "hinge, soft"),
    "triplet(margin=-soft)": (17, "the value of margin is missing", "float"),
    "sum": (1, "cannot stand in another formula", "triplet"),
    "0.5*sum(terms=triplet)": (5, "cannot stand in another formula", "triplet"),
    "cross_batch_memory(of=softmax)": (1, "does not compare rows", "contrastive"),
    "cross_batch_memory(of=triplet + contrastive)": (1, "2 losses", "cross_batch_memory(of=triplet) + contrastive"),
    "cross_batch_memory(of=cross_batch_memory)": (1, "does not compare rows", "contrastive"),
    "part_based(of=part_based)": (1, "looks inside the encoder", "softmax"),
    "part_based(of=sum)": (15, "cannot stand in another formula", "triplet"),
    "part_based(of=" * 9: (57, "too many formulas in one another", "4"),
}


@pytest.mark.parametrize("text", WRONG)
def test_every_mistake_is_told_with_its_place_and_what_is_known(text: str) -> None:
    at, what, known = WRONG[text]
    with pytest.raises(UserError) as told:
        read(text)
    assert f"wrong at character {at}: " in told.value.message
    assert what in told.value.message
    assert known in told.value.remedy
    with pytest.raises(UserError):
        Recipe().with_settings(["loss=sum", f"loss.terms={text}"])


@pytest.mark.parametrize(
    "text", ["triplet - softmax", "triplet -softmax", "triplet-softmax", "-triplet", "- triplet", "triplet & softmax"]
)
def test_a_loss_that_joins_losses_by_another_sign_is_told_what_joins_them(text: str) -> None:
    assert is_formula(text)
    with pytest.raises(UserError, match=r"The formula .* is wrong at character"):
        Recipe().with_value("loss", text)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("multi-similarity", "multi_similarity"),
        ("triplet-center", "triplet_center"),
        ("Multi Similarity", ""),
        ("triplit", "triplet"),
        ("", ""),
    ],
)
def test_a_name_is_no_formula_however_it_is_typed(text: str, near: str) -> None:
    assert not is_formula(text)
    with pytest.raises(UserError, match="There is no loss") as told:
        Recipe().with_value("loss", text)
    assert near in told.value.remedy


@settings(deadline=None)
@given(st.text(st.sampled_from("triplet softmax0.1*+()=,-\"'margin of 9é\\"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        formula = read(text)
    except UserError:
        return
    assert read(written(formula)) == formula


def test_weights_and_live_parameters_leave_the_losses_what_they_are() -> None:
    assert same_losses("triplet + softmax", "0*triplet(margin=0.5) + 9*softmax")
    assert same_losses("triplet", "triplet(form=hinge)")
    assert same_losses("cross_batch_memory(of=contrastive)", "cross_batch_memory(of=contrastive(margin=2), start=7)")
    assert not same_losses("triplet + softmax", "triplet")
    assert not same_losses("triplet + softmax", "softmax + triplet")
    assert not same_losses("triplet", "triplet(form=soft)")
    assert not same_losses("cross_batch_memory(of=contrastive)", "cross_batch_memory(of=triplet)")
    assert not same_losses("cross_batch_memory", "cross_batch_memory(size=7)")
