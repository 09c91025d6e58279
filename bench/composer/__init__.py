"""Composes whole two-channel calls with known truth from real voices, seeded and deterministic.

`voices` gives clips of real speakers, `stage` lays them on two channels and writes down the truth, `meetings`
lays every kind of overlap, `lines` and `noises` are what a telephone does to it all, `calls` has the recipes.
"""
