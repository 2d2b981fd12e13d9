# SPDX-License-Identifier: MIT
"""Reading and writing results: JSON in Google Benchmark's layout, names ROW/KIND/N/PEER; and tools/shared's lines."""
import json
import re
import statistics
from collections import defaultdict

FACTOR = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class Unreadable(Exception):
    """A file of results is not one: which, and why."""


class Samples:
    """The measurements of one name: `time` in ns per operation, counted figures by their own names."""

    def __init__(self):
        self.values = defaultdict(list)

    def add(self, entry):
        if "cpu_time" in entry:
            self.values["time"].append(entry["cpu_time"] * FACTOR[entry["time_unit"]])
        for figure in ("allocations_per_op", "bytes_per_op", "resident_per_op", "instructions_per_op"):
            if figure in entry:
                self.values[figure].append(entry[figure])

    def median(self, figure="time"):
        return statistics.median(self.values[figure]) if self.values[figure] else None

    def least(self, figure="time"):
        return min(self.values[figure], default=None)

    def middle_half(self, figure="time"):
        """From where to where the middle half of the samples goes."""
        values = self.values[figure]
        if len(values) < 2:
            return values[0], values[0]
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return low, high

    def spread(self, figure="time"):
        """Half of the range of the middle half of the samples, as a part of the median."""
        middle = statistics.median(self.values[figure])
        low, high = self.middle_half(figure)
        return (high - low) / 2 / middle if middle else 0.0


def read(path):
    """(context, benchmarks) as they stand in a file."""
    with open(path) as file:
        data = json.load(file)
    return data["context"], data["benchmarks"]


def load(paths):
    """(contexts, {(row, kind, n, peer): Samples}) of all files together."""
    contexts, found = [], defaultdict(Samples)
    for path in paths:
        context, entries = read(path)
        contexts.append(context)
        for entry in entries:
            parts = entry.get("run_name", entry["name"]).split("/")
            if entry.get("run_type", "iteration") == "iteration" and len(parts) == 4 and not entry.get("error_occurred"):
                row, kind, n, peer = parts
                found[row, kind, int(n), peer].add(entry)
    return contexts, found


def kind_of(path):
    """"timed" or "shared": the file is whole."""
    try:
        with open(path) as file:
            text = file.read()
        if '"benchmarks"' in text:
            _, found = load([path])
            if not any(samples.values["time"] for samples in found.values()):
                raise Unreadable(f"{path}: no times of rows ROW/KIND/N/PEER")
            return "timed"
        load_shared([path])
        return "shared"
    except OSError as why:
        raise Unreadable(f"{path}: {why.strerror}") from why
    except (ValueError, TypeError, AttributeError) as why:
        raise Unreadable(f"{path}: {why}") from why
    except KeyError as why:
        raise Unreadable(f"{path}: an entry without {why}") from why


def load_shared(paths):
    """{(case, keys, peer, threads): [million operations a second]}"""
    found = defaultdict(list)
    for path in paths:
        with open(path) as file:
            for at, line in enumerate(file, 1):
                try:
                    r = json.loads(line)
                    if "mops" in r or "allocs" not in r:
                        found[r["case"], int(r["keys"]), r["peer"], int(r["threads"])].append(float(r["mops"]))
                except (ValueError, TypeError, KeyError) as why:
                    raise Unreadable(f"{path}:{at}: not a measurement of bench/tools/shared: {why!r}") from why
    if not found:
        raise Unreadable(f"{', '.join(paths)}: no measurements")
    return found


def save(path, context, benchmarks):
    with open(path, "w") as file:
        json.dump({"context": context, "benchmarks": benchmarks}, file, indent=1)
        file.write("\n")


def names(listing, *patterns):
    """Those that match all patterns."""
    return [name for name in listing.split() if all(re.search(pattern, name) for pattern in patterns)]
