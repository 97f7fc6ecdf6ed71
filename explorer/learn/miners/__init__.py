"""Triplet miners: one file each, registered as kind `miner`."""
