"""The map: neighbour graph, live layout, alignment and fidelity; never torch."""
