#!/usr/bin/env bash
# One would guess that trimesh reads a binary PLY whose faces are triangles and squares, as modellers save them: it reads
# the same mesh as text, and turns squares into triangles there and in OFF and OBJ.
# What happens (trimesh 5.2.0, numpy 2.4.6, 2026-11-28): the length of the first face is taken for all, and the valid
# file is refused with "PLY is unexpected length!", whichever sort of face comes first.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check trimesh==5.2.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import io
import struct

import trimesh

POINTS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 1)]
FACES = [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4), (3, 2, 1, 0)]  # a pyramid: four triangles on a square


def head(kind: str) -> bytes:
    lines = ["ply", f"format {kind} 1.0", f"element vertex {len(POINTS)}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"element face {len(FACES)}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(lines).encode()


text = head("ascii") + "\n".join(
    [" ".join(map(str, point)) for point in POINTS] + [" ".join(map(str, (len(face), *face))) for face in FACES]
).encode()
mesh = trimesh.load_mesh(io.BytesIO(text), file_type="ply")
assert len(mesh.faces) == 6 and mesh.is_watertight
print("trimesh", trimesh.__version__, "as text: 6 triangles, closed")
for faces in (FACES, FACES[::-1]):
    binary = head("binary_little_endian") + b"".join(struct.pack("<3f", *point) for point in POINTS)
    binary += b"".join(struct.pack(f"<B{len(face)}i", len(face), *face) for face in faces)
    try:
        trimesh.load_mesh(io.BytesIO(binary), file_type="ply")
    except ValueError as error:
        print("the same in binary:", error)
    else:
        raise SystemExit("it is read now: this finding is out of date")
PYTHON
