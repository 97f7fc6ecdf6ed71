"""Train one run on the nodes of a Ray cluster: python packaging/cluster/on_ray.py NODES GPUS DATA --out RUN [OPTIONS].

Ray chooses the nodes and starts torchrun on each; all else is as anywhere. Data and run are on storage that all have.
"""

from __future__ import annotations

import subprocess
import sys

import ray
from ray.util.placement_group import placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

PORT = 29500


@ray.remote(max_retries=0)
def address() -> str:
    """Return the address of the node that this runs on."""
    return str(ray.util.get_node_ip_address())


@ray.remote(max_retries=0)
def train(nodes: int, ranks: int, first: str, job: str, options: list[str]) -> int:
    """Run torchrun on a node and return its exit status."""
    meeting = ["--rdzv-backend", "c10d", "--rdzv-id", job, "--rdzv-endpoint", f"{first}:{PORT}"]
    line = [sys.executable, "-m", "torch.distributed.run", "--nnodes", str(nodes), "--nproc-per-node", str(ranks)]
    command = ["-m", "explorer", "train", *options, "--resume-or-start"]
    return subprocess.run([*line, "--max-restarts", "3", *meeting, *command], check=False).returncode


def main(nodes: int, gpus: int, options: list[str]) -> int:
    """Train on so many nodes with so many GPUs each (0: on CPUs, in one process a node)."""
    ray.init()
    bundle = {"CPU": 1.0, "GPU": float(gpus)} if gpus else {"CPU": 1.0}
    group = placement_group([bundle] * nodes, strategy="STRICT_SPREAD")
    ray.get(group.ready())

    def on(node: int) -> PlacementGroupSchedulingStrategy:
        return PlacementGroupSchedulingStrategy(placement_group=group, placement_group_bundle_index=node)

    first = ray.get(address.options(num_cpus=0, scheduling_strategy=on(0)).remote())
    job = ray.get_runtime_context().get_job_id()
    ranks = max(1, gpus)
    waiting = [
        train.options(num_cpus=1, num_gpus=gpus, scheduling_strategy=on(node)).remote(nodes, ranks, first, job, options)
        for node in range(nodes)
    ]
    return max(ray.get(waiting))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
