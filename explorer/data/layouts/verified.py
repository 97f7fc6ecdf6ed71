"""Faces and voices that are verified by lists of pairs: LFW, CFP, AgeDB, VoxCeleb; their lists: ``data.pair_files``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from explorer.core.types import Skipped
from explorer.data.layouts.layout import Found, Layout, Row, by_index
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing
from explorer.data.names import listed, natural

LFW_LISTS = ("pairs.txt", "pairsDevTest.txt", "peopleDevTest.txt", "people.txt", "pairs.csv")
VIEW_1 = {"peopleDevTrain.txt": "train", "peopleDevTest.txt": "test"}
AGED = re.compile(r"\d+_([^_]+)_(\d+)_([fm])\.\w+")
"""0_MariaCallas_35_f.jpg: a count, the name, the age, the gender."""
SPEAKER = re.compile(r"id\d{5}/")
POSES = ("frontal", "profile")
SAMPLED = 50


def _sees_lfw(place: Place, root: str) -> str:
    """Look for a list, here or below, and a picture such as Aaron_Eckhart/Aaron_Eckhart_0001.jpg."""
    inside = next((name for name in place.children(root) if name.lower().startswith("lfw") and name[-1] == "/"), "")
    lists = sorted(name for name in LFW_LISTS if name in place.children(root) | place.children(root + inside))
    for folder in (root, root + inside):
        person = min((name for name in place.children(folder) if "_" in name and name.endswith("/")), default="")
        first = min(place.children(folder + person) if lists and person else (), default="")
        if re.fullmatch(rf"{re.escape(person[:-1])}_\d{{4}}\.\w+", first):
            return f"{listed(lists, 3)} and people such as {person}{first}"
    return ""


def _lfw(found: Found) -> Listing:
    """Read Aaron_Eckhart/Aaron_Eckhart_0001.jpg; split by the people of view 1, else by the folds of view 2."""
    where, told = _people(found)
    rows = []
    for path in found.base.ids:
        *_, person, _ = ("", *path.removeprefix(found.root).split("/"))
        columns = {"split": where.get(person, "train")} if where else {}
        rows.append(Row(path.removeprefix(found.root), person, columns))
    names = sorted({row.label for row in rows if row.label}, key=natural)
    return by_index(found, "the layout", rows, names, (), told)


def _people(found: Found) -> tuple[Mapping[str, str], list[str]]:
    """Return the part of each person, and what is said of that."""
    there = {path: part for path, part in VIEW_1.items() if found.first(path)}
    if len(there) == len(VIEW_1):
        parts = {line.split()[0]: part for path, part in there.items() for _, line in found.lines(path)}
        return parts, [f"Split by people, as view 1 of LFW: {' and '.join(there)}"]
    pairs = found.first("pairs.txt")
    lines = [line.split() for _, line in found.lines(pairs)] if pairs else []
    head, *rows = lines or [[]]
    if len(head) != 2 or not all(cell.isdecimal() for cell in head) or int(head[0]) < 2:
        return {}, []
    size = 2 * int(head[1])
    last = rows[size * (int(head[0]) - 1) :]
    parts = dict.fromkeys((name for row in last for name in row if not name.isdecimal()), "test")
    return parts, [
        f"Split by people: those of the last of {head[0]} folds of {pairs} are test, all others train"
    ] * bool(parts)


def _sees_cfp(place: Place, root: str) -> str:
    images, protocol = f"{root}Data/Images/", f"{root}Protocol/"
    if not (place.has(images) and place.has(protocol)):
        return ""
    first = min(place.children(images), default="")
    return "Data/Images with frontal and profile, and Protocol" if place.has(f"{images}{first}{POSES[0]}/") else ""


def _cfp(found: Found) -> Listing:
    """Read Data/Images/001/frontal/01.jpg: the person, and the pose; people of the last fold are test."""
    names = {str(number): name for number, (_, name) in enumerate(found.lines("Data/list_name.txt", needed=False), 1)}
    last = _last_fold(found)
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for path in found.base.ids:
        cells = path.removeprefix(found.root).split("/")
        if len(cells) != 5 or cells[3] not in POSES:
            skipped.append(Skipped(path, "it does not lie in frontal or profile of a person"))
            continue
        person = cells[2]
        columns = {"pose": cells[3]}
        columns |= {"name": names.get(person.lstrip("0"), "")} if names else {}
        columns |= {"split": "test" if person in last else "train"} if last else {}
        rows.append(Row("/".join(cells), person, columns))
    classes = sorted({row.label for row in rows}, key=natural)
    told = ["Split by people: those of the last fold of Protocol/Split/FP are test, all others train"] * bool(last)
    return by_index(found, "the layout", rows, classes, skipped, told)


def _last_fold(found: Found) -> frozenset[str]:
    """Return the people of the last fold of the protocol FP."""
    folder = "Protocol/Split/FP/"
    fold = max(found.place.children(found.root + folder), key=natural, default="")
    numbers = {
        number
        for kind in ("same", "diff")
        for _, line in found.lines(f"{folder}{fold}{kind}.txt", needed=False)
        for number in (line.partition(",")[0],)
    }
    frontal = (line.split() for _, line in found.lines("Protocol/Pair_list_F.txt", needed=False))
    return frozenset(
        row[1].split("/")[-3] for row in frontal if len(row) == 2 and row[0] in numbers and row[1].count("/") > 2
    )


def _sees_agedb(place: Place, root: str) -> str:
    names = sorted(name for name in place.children(root) if not name.endswith((".txt", ".csv", ".mat", "/")))
    if len(names) < 2 or not all(map(AGED.fullmatch, names[:SAMPLED])):
        return ""
    return f"files such as {names[0]}: number, name, age, gender"


def _agedb(found: Found) -> Listing:
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for path in found.base.ids:
        name = AGED.fullmatch(path.rpartition("/")[2])
        if name is None:
            skipped.append(Skipped(path, "its name is not number, name, age and gender"))
        else:
            rows.append(Row(path.removeprefix(found.root), name[1], {"age": str(int(name[2])), "gender": name[3]}))
    names = sorted({row.label for row in rows}, key=natural)
    return by_index(found, "the layout", rows, names, skipped, ["Age and gender are those of the file names"])


def _sees_voices(place: Place, root: str) -> str:
    """Look for id10270/5r0dWxy17C8/00001.wav, perhaps in a folder wav: a speaker, a film, an utterance."""
    for folder in ("", "wav/", "aac/"):
        speaker = min(filter(SPEAKER.fullmatch, place.children(root + folder)), default="")
        film = min(place.children(root + folder + speaker), default="") if speaker else ""
        if film.endswith("/"):
            return f"folders of speakers such as {folder}{speaker}, with films"
    return ""


def _voices(found: Found) -> Listing:
    """Read the speaker as the class, and the film as a column; speakers of the list of the test are held out."""
    lists = [name for name in sorted(found.place.children(found.root)) if name.startswith(("veri_test", "list_test"))]
    cells = [cell for name in lists for _, line in found.lines(name) for cell in line.split()]
    asked = {part for cell in cells for part in cell.split("/") if SPEAKER.fullmatch(f"{part}/")}
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for path in found.base.ids:
        *_, speaker, film, _ = ("", "", *path.split("/"))
        if SPEAKER.fullmatch(f"{speaker}/") is None:
            skipped.append(Skipped(path, "it does not lie in the folder of a film of a speaker"))
            continue
        part = {"split": "test" if speaker in asked else "train"} if asked else {}
        rows.append(Row(path.removeprefix(found.root), speaker, {"film": film, **part}))
    names = sorted({row.label for row in rows}, key=natural)
    told = [f"Split by speakers: those of {listed(lists, 3)} are test, all others train"] * bool(asked)
    return by_index(found, "the layout", rows, names, skipped, told)


LAYOUTS: Sequence[Layout] = (
    Layout("LFW", _sees_lfw, _lfw),
    Layout("CFP", _sees_cfp, _cfp),
    Layout("AgeDB", _sees_agedb, _agedb),
    Layout("VoxCeleb", _sees_voices, _voices),
)
