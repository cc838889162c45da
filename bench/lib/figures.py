"""Figures of rows that are not images a second: one number each, with its rounds and its goal."""

import statistics


def figure(name, values, goal=None, unit="", ours=None, rival=None):
    """`values`: of each round. `ours` and `rival`: what a ratio is of, or what the rival has beside."""
    return {"name": name, "value": statistics.median(values), "low": min(values), "high": max(values),
            "goal": goal, "unit": unit, "ours": ours, "rival": rival}


def ratios(above, below):
    return [a / b for a, b in zip(above, below)]


def of_both(name, ours, theirs, goal):
    """A ratio, and the medians that it is of."""
    return figure(name, ratios(ours, theirs), goal, ours=statistics.median(ours), rival=statistics.median(theirs))
