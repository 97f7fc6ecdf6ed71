from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.recipe import AS_FITTED, AS_THEY_ARE, PART_KINDS, DataOptions, Part, Recipe

scalars = st.one_of(
    st.booleans(), st.integers(-(2**31), 2**31), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
parts = st.builds(Part, name=st.text(), params=st.dictionaries(st.text().filter(lambda key: key != "name"), scalars))
recipes = st.builds(
    Recipe,
    data=st.builds(DataOptions, size=st.integers(0, 512), path_column=st.text(), label_column=st.text()),
    epochs=st.integers(0, 100_000),
    seed=st.integers(0, 2**31 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda", "cuda:3"]),
    precision=st.sampled_from(["auto", "float32", "bfloat16"]),
    **dict.fromkeys(PART_KINDS, parts),
)


@given(recipes)
def test_toml_brings_every_recipe_back(recipe: Recipe) -> None:
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_settings_change_parts_and_their_parameters() -> None:
    recipe = Recipe().with_settings(["loss=contrastive", "loss.margin=0.5", "encoder.dimension=128", "epochs=3"])
    assert recipe.loss == Part(name="contrastive", params={"margin": 0.5})
    assert recipe.encoder.params == {"dimension": 128}
    assert recipe.epochs == 3


def test_another_loss_drops_the_parameters_of_the_first() -> None:
    recipe = Recipe().with_settings(["loss.margin=0.5", "loss=contrastive"])
    assert recipe.loss.params == {}
    assert Recipe().with_settings(["loss.margin=0.5", "loss=triplet"]).loss.params == {"margin": 0.5}


@pytest.mark.parametrize("text", ["triplet + 0.1*softmax", "0.5*contrastive(margin=0.7)", "triplet(form=soft)"])
def test_a_loss_may_be_a_formula(text: str) -> None:
    recipe = Recipe().with_settings([f"loss={text}"])
    assert recipe.loss == Recipe().with_settings(["loss=sum", f"loss.terms={text}"]).loss
    assert recipe.loss == Part(name="sum", params={"terms": text})
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert recipe.with_value("loss", "triplet") == Recipe()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("loss", "KEY=VALUE"),
        ("loss=nonsense", "Choose one of"),
        ("loss=triplett", "There is no loss 'triplett'. Did you mean triplet?"),
        ("loss=triplet softmax", "There is no loss 'triplet softmax'"),
        ("loss=triplet + sofmax", "wrong at character 11: there is no loss 'sofmax'"),
        ("loss=triplet(margin=-1)", "wrong at character 1: loss.margin"),
        ("miner=all + hard", "There is no miner 'all + hard'"),
        ("nothing=1", "no key"),
        ("margin=0.3", "The recipe has no key 'margin'. Did you mean loss.margin?"),
        ("los.margin=0.3", "Did you mean loss.margin?"),
        ("epoch=3", "Did you mean epochs?"),
        ("size=64", "Did you mean data.size?"),
        ("loss.margin=-3", "loss.margin"),
        ("loss.margin=wide", "loss.margin"),
        ("loss.colour=red", "Parameters of triplet"),
        ("epochs=-1", "epochs"),
        ("device=tpu", "device"),
        ("precision=bfloat17", "precision = bfloat17 is not auto, float32 or bfloat16"),
        ("data.size=100000", "data.size"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(setting: str, words: str) -> None:
    with pytest.raises(UserError) as raised:
        Recipe().with_settings([setting])
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["loss = 3", "[loss]\nmargin = 1", "seed = 'x'", "= =", "[data]\nsize = -1"])
def test_a_file_that_is_no_recipe_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.toml"):
        Recipe.load(path)
    with pytest.raises(UserError, match="cannot be read"):
        Recipe.load(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a=" + "[" * 5000 + "]" * 5000, "nested deeper than any recipe"),
        ("seed = " + "9" * 5000, "thousands of digits"),
        ("epochs = 2020-01-01", "epochs = 2020-01-01 is not a whole number from 0 to 100000"),
        ("seed = 0x" + "f" * 9000, "seed = a number of so many digits is not a whole number"),
        ("seed = true", "seed = true is not a whole number"),
        ('epochs = "3"', "epochs = '3' is not a whole number"),
        ("[data]\nsize = true", "data.size = true is not a whole number"),
        ('[data]\nsize = "32"', "data.size = '32' is not a whole number"),
        ("[data]\ncrop = 1", "data.crop = 1 is not true or false"),
        ('device = "' + "x" * 9000 + '"', "xxx…"),
    ],
)
def test_what_a_file_cannot_say_is_told_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(UserError) as raised:
        Recipe.from_toml(text)
    assert words in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('loss = { name = "triplet", margin = true }', "loss.margin = true is not a number from 0 to 2"),
        ('loss = { name = "triplet", margin = "0.3" }', "loss.margin = '0.3' is not a number from 0 to 2"),
        ('encoder = { name = "pixels", standardise = 1 }', "encoder.standardise = 1 is not true or false"),
        ('[data]\nmodality = "<i>"', "<i> is no kind of items"),
    ],
)
def test_values_of_another_type_and_items_of_no_kind_are_refused_before_anything_is_done(text: str, words: str) -> None:
    with pytest.raises(UserError, match=re.escape(words)):
        Recipe.from_toml(text).resolved()


def test_texts_of_a_command_still_stand_for_numbers() -> None:
    recipe = Recipe().with_settings(["loss.margin=0.3", "encoder=pixels", "encoder.standardise=false"]).resolved()
    assert recipe.loss.params["margin"] == 0.3
    assert recipe.encoder.params["standardise"] is False


@pytest.mark.parametrize(("content", "words"), [(b"\xe0\xff", "it is not text in UTF-8"), (None, "it is not there")])
def test_why_a_file_cannot_be_read_is_said_without_the_words_of_python(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        Recipe.load(path)
    assert str(raised.value) == f"{path} cannot be read: {words}. Give the path of a recipe in TOML"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among files on Windows")
def test_a_pipe_a_device_and_a_huge_file_are_refused_at_once(tmp_path: Path) -> None:
    pipe, huge = tmp_path / "pipe", tmp_path / "huge.toml"
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(1 << 32)
    for path in (pipe, Path("/dev/zero"), huge, tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            Recipe.load(path)


def test_a_resolved_recipe_lists_every_parameter() -> None:
    resolved = Recipe().resolved()
    assert resolved.loss.params["margin"] == Recipe().params("loss").margin
    assert resolved.resolved() == resolved


def test_a_fitter_brings_its_distance_unless_one_was_chosen() -> None:
    fitted = Recipe().with_value("fitter", "lmnn")
    assert fitted.part("distance") == AS_FITTED
    assert fitted.resolved().distance == AS_FITTED
    assert fitted.with_value("fitter", "none") == Recipe()
    assert fitted.resolved().with_value("fitter", "none").part("distance") == Recipe().distance
    for settings in (["distance=cosine", "fitter=lmnn"], ["fitter=lmnn", "distance=cosine"]):
        assert Recipe().with_settings(settings).part("distance") == Part(name="cosine")
    unit = ["distance.normalise=true", "fitter=lmnn"]
    assert Recipe().with_settings(unit).resolved().distance.params == {"normalise": True}
    free = Recipe().with_settings(["distance.normalise=false", "fitter=none"])
    assert free.distance == AS_FITTED  # chosen, and there was no fitter to bring it


def test_a_recipe_can_be_held_without_torch() -> None:
    code = (
        "import sys; from explorer.core.recipe import Recipe; Recipe.from_toml(Recipe().to_toml());"
        "sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_fitter_that_fits_nothing_leaves_the_numbers_as_they_are() -> None:
    plain = Recipe().with_value("fitter", "identity")
    assert plain.encoder == AS_THEY_ARE
    assert Recipe().with_settings(["encoder=pixels", "fitter=identity"]).encoder == AS_THEY_ARE
    asked = Recipe().with_settings(["fitter=identity", "encoder.standardise=true"])
    assert asked.params("encoder").standardise
    assert plain.with_value("fitter", "lmnn").encoder == Part(name="pixels")
    assert plain.with_value("fitter", "none") == Recipe()


@pytest.mark.parametrize("encoder", ["cnn", "mlp"])
def test_a_fitter_takes_the_pixels_instead_of_a_network_nobody_trained(encoder: str) -> None:
    fitted = Recipe().with_settings([f"encoder={encoder}", "fitter=lmnn"])
    assert fitted.encoder == Part(name="pixels")
    assert fitted.with_value("fitter", "none").encoder == Part(name="cnn")
    assert Recipe().with_settings(["encoder=kernel", "fitter=lmnn"]).encoder.name == "kernel"
    assert Recipe().with_settings(["fitter=lmnn", "encoder=cnn"]).encoder.name == "cnn"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html>", "it is no TOML"),
        ("los = { name = 'triplet' }", "it has a key 'los', which no recipe has. Did you mean loss?"),
        ("[data]\nsiz = 3", "it has a key 'data.siz', which no recipe has. Did you mean size?"),
        ("[data]\nsize = -1", "data.size = -1 is not a whole number from 0 to 512"),
        ("data = 3", "data = 3 is not a table"),
        ("epochs = -3", "epochs = -3 is not a whole number from 0"),
        ("device = 'tpu'", "device = 'tpu' is not auto, cpu"),
        ("precision = 'float16'", "precision = 'float16' is not auto, float32 or bfloat16"),
        ("precision = 32", "precision = 32 is not auto, float32 or bfloat16"),
        ("loss = 3", 'loss has no name, such as loss = { name = "triplet" }'),
        ("loss = { name = 'triplet', margin = [1] }", "loss.margin = [1] is not a number, a text, true or false"),
        (
            "[loss]\nname = 'triplet'\n[loss.params]\nmargin = 0.3",
            "loss.params is a table: parameters stand beside the",
        ),
        ("\x00", "it is no TOML"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(UserError) as raised:
        Recipe.from_toml(text, source="The text")
    assert words in str(raised.value)
    assert str(raised.value).isprintable()


@given(st.text())
def test_any_text_is_a_recipe_or_refused(text: str) -> None:
    with suppress(UserError):
        Recipe.from_toml(text)


def test_a_recipe_that_an_editor_has_marked_as_utf_8_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("epochs = 3\n", encoding="utf-8-sig")
    assert Recipe.load(tmp_path / "r.toml").epochs == 3
