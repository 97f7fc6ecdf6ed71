"""Who is near a pinned item, where the data name queries and their gallery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.core.types import Evaluation, Neighbours
from tests.engine.analysis.scenes import Room, clusters, scene, snapshot


def test_queries_ask_the_gallery_alone(plain: Room) -> None:
    x, labels = clusters(40, 4)
    items = np.arange(len(x))
    queries, gallery = items[:20], items[20:32]
    plain.begin(labels)
    apart = scene(labels, generation=plain.generation)
    plain.client.begin(replace(apart, held_out=items, queries=queries, gallery=gallery))
    plain.client.publish(snapshot(x))
    plain.client.pin([3, 25], 15)
    found = plain.until(Neighbours)
    away = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.testing.assert_array_equal(found.indices[0, :12], gallery[np.argsort(away[3, gallery], kind="stable")])
    assert (found.indices[0, 12:] == -1).all()
    np.testing.assert_array_equal(found.indices[1], np.argsort(away[25], kind="stable")[1:16])


def test_a_filter_is_inside_the_search_also_of_a_gallery(plain: Room) -> None:
    x, labels = clusters(40, 4)
    items = np.arange(len(x))
    among = items[::3]
    plain.begin(labels)
    plain.client.publish(snapshot(x))
    plain.client.pin([3, 25], 10, among)
    found = plain.until(Neighbours)
    away = np.linalg.norm(x[:, None] - x[None], axis=2)
    for query, near in zip((3, 25), found.indices, strict=True):
        allowed = among[among != query]
        np.testing.assert_array_equal(near, allowed[np.argsort(away[query, allowed], kind="stable")][:10])
    apart = scene(labels, generation=plain.generation)
    plain.client.begin(replace(apart, held_out=items, queries=items[:20], gallery=items[20:32]))
    plain.client.pin([3], 10, np.append(among, 999))
    found = plain.until(Neighbours, lambda found: len(found.queries) == 1)
    assert np.sort(found.indices[0][:4]).tolist() == [21, 24, 27, 30]
    assert (found.indices[0][4:] == -1).all()
    plain.client.pin([3, 4, 5], 10)
    assert (plain.until(Neighbours, lambda found: len(found.queries) == 3).indices[:, :10] >= 20).all()


def test_live_recall_is_that_of_queries_in_the_gallery(plain: Room) -> None:
    people = np.arange(8)
    shots = np.repeat(people, 2)  # a query and a gallery picture each, nearest to those of the next person
    x = np.zeros((16, 9), np.float32)
    x[np.arange(16), np.where(np.arange(16) % 2 == 0, shots, (shots - 1) % 8)] = 1
    x[:, 8] = np.where(np.arange(16) % 2 == 0, 0.5, -0.5)
    items = np.arange(16)
    plain.begin(shots)
    apart = scene(shots, generation=plain.generation)
    plain.client.begin(replace(apart, held_out=items, queries=items[::2], gallery=items[1::2]))
    plain.client.publish(snapshot(x))
    found = plain.until(Evaluation, lambda found: found.part == "held-out" and found.run == "run")
    assert found.items == 8
    assert found.metrics["recall@1"] == 0
