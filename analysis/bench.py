"""How fast the whole pipeline is on one core, beside what it is built on, on the same text.

Beside it stand bare spaCy with the same components, and the same encoder reading the same statements with nothing made
of it; and, where it is installed, what a data scientist would write: sentence-transformers with torch doing the
embedding alone. Every measured slice of text is new to all, so none profits from words it has just seen; they take
turns in going first. All of it happens in processes of its own, pinned to one processor: nothing here changes the
caller. Time is the processor's, not the clock's: with one thread the two are the same, and only the first is fair on a
machine that is shared.
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

from analysis import encoder

CORPUS = Path(__file__).parent / "corpus"
# Short turns, many of them: whatever else the machine does then weighs on both alike.
SLICES = 25
PASSAGES = 128
LEAST_STATEMENTS_PER_SECOND = 60
MOST_MEMORY_MB = 700


def run() -> dict:
    """Statements a second (the pipeline and each ceiling), and the peak memory of a process that analyses."""
    speed, memory = _child("speed"), _child("memory")
    fast = speed["statements_per_second"] >= LEAST_STATEMENTS_PER_SECOND
    reached = fast and memory["peak_memory_mb"] <= MOST_MEMORY_MB
    aims = {"least_statements_per_second": LEAST_STATEMENTS_PER_SECOND, "most_memory_mb": MOST_MEMORY_MB}
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
    readers = {"pipeline": _whole(ours), "bare_spacy": _bare(language), "encoder_alone": _states(ours), **_torch()}
    slices = _slices()
    turns: dict[str, list[float]] = {name: [] for name in readers}
    for number, texts in enumerate(slices):
        names = list(readers)[number % len(readers) :] + list(readers)[: number % len(readers)]
        # What is read is the same for all, and cut beforehand, so that the encoder alone has nothing else to do.
        cut = [
            text[one.start : one.end]
            for text, some in zip(texts, statements.read(texts, language), strict=True)
            for one in some
        ]
        for name in names:
            turns[name].append(len(cut) / _seconds(lambda name=name, cut=cut, texts=texts: readers[name](texts, cut)))
    speeds = {name: statistics.median(turn[1:]) for name, turn in turns.items()}
    share = [ours_ / bare for ours_, bare in zip(turns["pipeline"][1:], turns["bare_spacy"][1:], strict=True)]
    return {
        "statements_per_second": round(speeds.pop("pipeline"), 1),
        **{f"{name}_statements_per_second": round(speed, 1) for name, speed in speeds.items()},
        "share_of_bare_spacy": round(statistics.median(share), 3),
        "spacy_components": list(language.pipe_names),
        "slices": len(slices) - 1,
        "passages_per_slice": PASSAGES,
    }


# Each reads a slice: its texts, and their statements.
Read = Callable[[Sequence[str], Sequence[str]], object]


def _whole(ours) -> Read:
    from analysis.passages import Passage

    return lambda texts, _: ours.analyse([Passage("", text) for text in texts])


def _bare(language) -> Read:
    return lambda texts, _: [None for _ in language.pipe(texts, batch_size=64)]


def _states(ours) -> Read:
    reader = ours._encoder
    return lambda _, cut: [reader.states(reader.words.cut(text).ids[: encoder.LONGEST_WINDOW]) for text in cut]


def _torch() -> dict[str, Read]:
    """The published model as its makers run it, where their package and its weights are installed."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return {}
    from analysis import encoder_building

    model = SentenceTransformer(str(encoder_building.published_folder()), device="cpu")
    return {"sentence_transformers": lambda _, cut: model.encode(list(cut), batch_size=32, show_progress_bar=False)}


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
