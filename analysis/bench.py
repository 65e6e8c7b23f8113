"""How fast the whole pipeline is on one core, beside bare spaCy with the same components on the same text.

Every measured slice of text is new to both, so neither profits from words it has just seen; they take turns in going
first. All of it happens in processes of its own, pinned to one processor: nothing here changes the caller. Time is the
processor's, not the clock's: with one thread the two are the same, and only the first is fair on a machine that is
shared.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
# Short turns, many of them: whatever else the machine does then weighs on both alike.
SLICES = 25
PASSAGES = 128
LEAST_SHARE_OF_BARE = 0.6
MOST_MEMORY_MB = 600


def run() -> dict:
    """Statements a second (pipeline and bare spaCy), their ratio, and the peak memory of a process that analyses."""
    speed, memory = _child("speed"), _child("memory")
    reached = speed["share_of_bare_spacy"] >= LEAST_SHARE_OF_BARE and memory["peak_memory_mb"] <= MOST_MEMORY_MB
    aims = {"least_share_of_bare_spacy": LEAST_SHARE_OF_BARE, "most_memory_mb": MOST_MEMORY_MB}
    return {**speed, **memory, **aims, "reached": reached}


def _child(what: str) -> dict:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "analysis.bench", what]
    place = Path(__file__).parent.parent
    done = subprocess.run(command, env={**os.environ, **threads}, cwd=place, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _speed() -> dict:
    from analysis import pipeline, statements

    _pin()
    language, ours = statements.load_language(), pipeline.load()
    slices = _slices()
    _both(slices[0], language, ours)
    times = [_both(texts, language, ours, first=number % 2) for number, texts in enumerate(slices[1:])]
    ratios = [bare / whole for bare, whole, _ in times]
    return {
        "statements_per_second": round(statistics.median(count / whole for _, whole, count in times), 1),
        "bare_spacy_statements_per_second": round(statistics.median(count / bare for bare, _, count in times), 1),
        "share_of_bare_spacy": round(statistics.median(ratios), 3),
        "share_lowest": round(min(ratios), 3),
        "share_highest": round(max(ratios), 3),
        "spacy_components": list(language.pipe_names),
        "slices": len(times),
        "passages_per_slice": PASSAGES,
    }


def _both(texts: Sequence[str], language, ours, first: int = 0) -> tuple[float, float, int]:
    """Seconds that bare spaCy takes, seconds that the pipeline takes, and how many statements it found."""
    from analysis.passages import Passage

    passages = [Passage(str(number), text) for number, text in enumerate(texts)]
    found: list = []
    runs: dict[str, Callable] = {
        "bare": lambda: [None for _ in language.pipe(texts, batch_size=64)],
        "whole": lambda: found.extend(ours.analyse(passages)),
    }
    order = list(runs) if first == 0 else list(runs)[::-1]
    taken = {name: _seconds(runs[name]) for name in order}
    return taken["bare"], taken["whole"], sum(len(findings.statements) for findings in found)


def _memory() -> dict:
    from analysis import pipeline
    from analysis.passages import Passage

    ours = pipeline.load()
    for texts in _slices():
        ours.analyse([Passage("", text) for text in texts])
    return {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}


def _slices() -> list[list[str]]:
    texts = [
        json.loads(line)["text"] for file in sorted(CORPUS.glob("*.jsonl")) for line in file.open(encoding="utf-8")
    ]
    step = len(texts) // PASSAGES
    return [texts[start::step][:PASSAGES] for start in range(SLICES)]


def _seconds(what: Callable) -> float:
    started = time.process_time()
    what()
    return time.process_time() - started


def _pin() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    print(json.dumps({"speed": _speed, "memory": _memory}[sys.argv[1]]()))
