#!/usr/bin/env bash
# One would guess that ParquetFile(path, read_dictionary=[...]), which reads a text column as it is stored, works for the
# leaf of a struct ("image.path") as it does for a column of its own, however many row groups a batch spans.
# What happens (pyarrow 26.0.1, 2026-11-28): for a column of its own it does; for the leaf of a struct it works within
# one row group, and iter_batches and read raise ArrowNotImplementedError, "Nested data conversions not implemented for
# chunked array outputs", as soon as two row groups meet, in a valid file of ten rows. Read group by group it works.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check pyarrow==26.0.1
"$folder/env/bin/python" - "$folder" <<'PYTHON'
import sys

import pyarrow as pa
import pyarrow.parquet as pq

path = sys.argv[1] + "/ten_rows.parquet"
rows = [{"path": f"{i % 2}.png"} for i in range(10)]
kind = pa.struct([("path", pa.string())])
pq.write_table(pa.table({"image": pa.array(rows, kind), "plain": [row["path"] for row in rows]}), path, row_group_size=5)

assert pq.read_table(path, columns=["image"]).column("image").to_pylist() == rows
flat = pq.ParquetFile(path, read_dictionary=["plain"]).read(columns=["plain"])
assert flat.column("plain").to_pylist() == [row["path"] for row in rows]
print("pyarrow", pa.__version__, "a column of its own, as a dictionary, across two row groups: read")

nested = pq.ParquetFile(path, read_dictionary=["image.path"])
for group in (0, 1):
    assert nested.read_row_group(group, columns=["image"]).column("image").to_pylist() == rows[5 * group : 5 * group + 5]
print("the leaf of a struct, one row group at a time: read")
for name, read in (("read", nested.read), ("iter_batches", lambda columns: list(nested.iter_batches(10, columns=columns)))):
    try:
        read(columns=["image"])
    except pa.ArrowNotImplementedError as error:
        print(f"{name} across two row groups: {error}")
    else:
        raise SystemExit(f"{name} goes across row groups now: this finding is out of date")
PYTHON
