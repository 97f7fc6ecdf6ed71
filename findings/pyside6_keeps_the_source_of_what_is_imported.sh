#!/usr/bin/env bash
# One would guess that importing a module after PySide6 costs what it costs without it.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-30): a hook of the import statement looks for the
# name PySide6 in the source of every module that is imported later, in whichever thread, and Python keeps the lines it
# has read in linecache, for good: with the 484 sources that sympy loads, 11 million characters, 33 MB of memory.
# Nothing that uses no `from __feature__ import ...` gains by it.
# Way out: linecache.clearcache() soon after; it does not spare the reading, and what was freed lies scattered.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3 sympy==1.14.0
cat > "$folder/measure.py" <<'PYTHON'
import sys

if sys.argv[1] == "with":
    import PySide6.QtCore

import linecache

linecache.clearcache()
import sympy

entries = [entry for entry in linecache.cache.values() if len(entry) > 2]
kept = sum(len(line) for entry in entries for line in entry[2])
memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
print(len(entries), kept, memory)
PYTHON
read -r files characters kilobytes < <("$folder/env/bin/python" "$folder/measure.py" without)
read -r hooked_files hooked_characters hooked_kilobytes < <("$folder/env/bin/python" "$folder/measure.py" with)
echo "import sympy: $files sources kept, $characters characters, $kilobytes kB of memory"
echo "after PySide6: $hooked_files sources kept, $hooked_characters characters, $hooked_kilobytes kB of memory"
if [ "$files" -gt 5 ] || [ "$hooked_files" -lt 100 ] || [ "$hooked_characters" -lt 3000000 ]; then
    echo "the sources are not kept: out of date"
    exit 1
fi
