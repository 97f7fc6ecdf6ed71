from __future__ import annotations

import threading

import torch

from explorer.learn.seeding import seeded


def test_two_threads_that_draw_at_once_get_the_numbers_of_their_seeds() -> None:
    alone: dict[int, torch.Tensor] = {}
    for seed in (1, 2):
        with seeded(seed):
            alone[seed] = torch.rand(200)
    found: dict[int, list[torch.Tensor]] = {1: [], 2: []}
    both = threading.Barrier(2)

    def draw(seed: int) -> None:
        both.wait()
        for _ in range(20):
            with seeded(seed):
                found[seed].append(torch.cat([torch.rand(1) for _ in range(200)]))

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(drawn, alone[seed]) for seed in (1, 2) for drawn in found[seed])


def test_the_generator_goes_on_as_if_nothing_was_drawn() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        with seeded(7):
            torch.rand(10)
        assert torch.equal(torch.rand(3), expected)
