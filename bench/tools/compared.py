# SPDX-License-Identifier: MIT
"""Builds measured by turns, and what may be concluded: medians, Mann-Whitney's U, bootstrapped intervals."""
import json
import math
import os
import random
import statistics
import subprocess
import results


class Side:
    """A bench program and the directory of the shared library it is to be measured with."""

    def __init__(self, program, library=None):
        self.program = program
        self.environment = dict(os.environ)
        self.several = True  # its --instructions takes several rows
        if library:
            self.environment["LD_LIBRARY_PATH"] = library

    def run(self, *arguments, sizes=None):
        environment = {**self.environment, "BENCH_SIZES": sizes} if sizes else self.environment
        return subprocess.run([self.program, *arguments], check=True, capture_output=True, text=True,
                              env=environment).stdout

    def times(self, pattern, sizes, seconds):
        """{ROW/KIND/N/PEER: ns} of one run of the rows that match."""
        out = json.loads(self.run(f"--benchmark_filter={pattern}", f"--benchmark_min_time={seconds}",
                                  "--benchmark_format=json", sizes=sizes))
        return {entry["name"]: entry["cpu_time"] * results.FACTOR[entry["time_unit"]] for entry in out["benchmarks"]}


def by_turns(sides, names, rounds, seconds, progress=lambda text: None):
    """{side: {name: [ns, ...]}}: each row run by each side, in an order drawn anew, as often as there are rounds."""
    found = {side: {name: [] for name in names} for side in sides}
    for number in range(rounds):
        for done, name in enumerate(names):
            progress(f"round {number + 1}/{rounds}, row {done + 1}/{len(names)}: {name}")
            for side in random.sample(list(sides), len(sides)):
                time = sides[side].times(f"^{name}$", name.split("/")[2], seconds)
                found[side][name].append(time[name])
    return found


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))


def interval(statistic, samples, draws=2000, level=0.95):
    """A bootstrapped interval of a statistic of several samples, each drawn from by itself."""
    chance = random.Random(len(samples))
    found = sorted(statistic(*[chance.choices(sample, k=len(sample)) for sample in samples]) for _ in range(draws))
    cut = (1 - level) / 2
    return found[int(cut * draws)], found[int((1 - cut) * draws) - 1]


def ratio_of_medians(a, b):
    return statistics.median(a) / statistics.median(b)


def mann_whitney(a, b):
    """The two-sided p of Mann and Whitney's test (normal approximation, ties corrected): that a and b are one."""
    ranked = sorted(a + b)
    rank = {}
    for value in ranked:
        if value not in rank:
            count = ranked.count(value)
            rank[value] = ranked.index(value) + (count + 1) / 2
    n, m = len(a), len(b)
    u = sum(rank[value] for value in a) - n * (n + 1) / 2
    ties = sum(count ** 3 - count for count in (ranked.count(value) for value in set(ranked)))
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))
