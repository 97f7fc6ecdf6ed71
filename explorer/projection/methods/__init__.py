"""The ways of laying out the map, one file each; ``create("projection", name, params, seed=0)`` makes one."""
