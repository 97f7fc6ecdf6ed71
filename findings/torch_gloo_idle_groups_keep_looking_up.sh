#!/usr/bin/env bash
# One would guess that a process group of gloo over which nothing is sent costs nothing.
# What happens (torch 2.13.0, Python 3.11, Linux, 2026-11-30): each that was ever used has three threads, and one of these
# looks up a hundred times a second for as long as the group is there; a program that makes a group for each of its
# trainings and never destroys any, as `dist.new_group` invites to, has hundreds of such threads after some hours, which
# beside two busy processes took more of two cores than the training.
# Way out: dist.destroy_process_group(group) once every rank has heard that it is over, and let go of all references.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import os
import time

import torch
import torch.distributed as dist

GROUPS, SECONDS = 10, 2.0


def turns() -> dict[str, int]:
    """Return how often each thread of gloo has gone to sleep."""
    found = {}
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/status") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        if "gloo" in status["Name"]:
            found[task] = int(status["voluntary_ctxt_switches"])
    return found


dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
groups = [dist.new_group(backend="gloo") for _ in range(GROUPS)]
for group in groups:
    dist.all_reduce(torch.ones(1), group=group)
time.sleep(SECONDS)
before = turns()
time.sleep(SECONDS)
after = turns()
often = [(after[task] - count) / SECONDS for task, count in before.items()]
busy = [round(rate) for rate in often if rate > 10]
print(f"torch {torch.__version__}: {GROUPS + 1} idle groups, {len(before)} threads; look up so often a second: {busy}")
assert len(before) >= 3 * GROUPS and len(busy) >= GROUPS and min(busy) > 50, "they rest: out of date"
PYTHON
