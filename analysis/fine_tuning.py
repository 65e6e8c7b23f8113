"""Trains the encoder's layers and what reads labels and spans from them, all at once. Needs torch, at training alone.

The published layers are the start (Devlin et al. 2019: fine-tuning); the word table stays as it is. A passage's label
is known, and not which statement earned it: of its statements at least one must (noisy-or, as in multiple-instance
learning, Maron & Lozano-Perez 1998). Where spans are coded, their statements are known, and taught as such.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn

from analysis import encoder, store
from analysis.encoder_building import ATTENTION, HEADS, LAYERS
from analysis.lessons import Learnt, Lesson

EPOCHS, BATCH = 5, 24
LAYER_RATE, HEAD_RATE, DECAY = 1.5e-4, 1e-3, 0.01
WARM_UP = 0.06
DROPPED = 0.1
LARGEST_STEP = 1.0
# What a mistake about a span, and about the statement that holds one, weighs beside one about a passage's labels.
SPAN_WEIGHT, STATEMENT_WEIGHT = 3.0, 0.25
# Passages of about the same length are read together, out of so many batches.
SORTED_TOGETHER = 20
# More at once than these takes half as long again for each piece: their states outgrow the cache.
PIECES_TOGETHER = 1200
THREADS = 2


def teach(
    lessons: Callable[[int], Sequence[Lesson]],
    kinds_of_spans: Sequence[int],
    published: dict[str, np.ndarray],
    seed: int,
    progress: Callable[[str], None],
) -> Learnt:
    """Learn from the lessons of each epoch. `kinds_of_spans` holds the label column of each span, -1 for none."""
    torch.manual_seed(seed)
    torch.set_num_threads(THREADS)
    dice = random.Random(seed)
    first = lessons(0)
    net = _Net(published, first[0].labels.shape[1], first[0].spans.shape[1])
    optimiser = torch.optim.AdamW(net.parts(), weight_decay=DECAY, fused=True)
    steps, step = EPOCHS * math.ceil(len(first) / BATCH), 0
    # Of the first epoch; how many are read together differs a little between epochs.
    texts = sum(len(lesson.labels) for lesson in first)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in _batches(lessons(epoch), dice):
            _set_rates(optimiser, step / steps)
            optimiser.zero_grad()
            sizes = sum(len(lesson.labels) for lesson in batch), sum(lesson.span_counts.sum() for lesson in batch)
            for part in _parts(batch):
                loss = _loss(net, part, kinds_of_spans, *sizes)
                loss.backward()
                total += loss.item() * sizes[0]
            nn.utils.clip_grad_norm_(net.parameters(), LARGEST_STEP)
            optimiser.step()
            step += 1
        progress(f"Epoch {epoch + 1} of {EPOCHS}: mean loss {total / texts:.3f}")
    return net.learnt()


class _Layer(nn.Module):
    def __init__(self, published: dict[str, np.ndarray], name: str):
        super().__init__()
        parts = [f"attention.self.{part}" for part in ATTENTION]
        linear = [*parts, "attention.output.dense", "intermediate.dense", "output.dense"]
        self.linear = nn.ModuleDict({_key(part): _linear(published, f"{name}.{part}") for part in linear})
        norms = ("attention.output.LayerNorm", "output.LayerNorm")
        self.norms = nn.ModuleDict({_key(part): _norm(published, f"{name}.{part}") for part in norms})

    def forward(self, states: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        states = self.norms["attention_output_LayerNorm"](states + self._drop(self._attention(states, hidden)))
        inner = functional.gelu(self.linear["intermediate_dense"](states))
        return self.norms["output_LayerNorm"](states + self._drop(self.linear["output_dense"](inner)))

    def _attention(self, states: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        windows, length, width = states.shape
        query, key, value = (
            self.linear[f"attention_self_{part}"](states).view(windows, length, HEADS, width // HEADS).transpose(1, 2)
            for part in ATTENTION
        )
        # Written out: torch's fused form is several times slower backwards on a CPU in half precision.
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(width // HEADS) + hidden, -1).to(value.dtype)
        mixed = (weights @ value).transpose(1, 2).reshape(windows, length, width)
        return self.linear["attention_output_dense"](mixed)

    def _drop(self, states: torch.Tensor) -> torch.Tensor:
        """The same of the width for all pieces of a window: as good here, and a tenth of the random numbers."""
        if not self.training:
            return states
        kept = torch.rand(states.shape[0], 1, states.shape[2]) >= DROPPED
        return states * kept.to(states.dtype) / (1 - DROPPED)


class _Net(nn.Module):
    def __init__(self, published: dict[str, np.ndarray], labels: int, spans: int):
        super().__init__()
        table, places, kinds = (
            published[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        self.register_buffer("table", torch.tensor(table))
        self.register_buffer("places", torch.tensor(places + kinds[0]))
        self.first = _norm(published, "embeddings.LayerNorm").requires_grad_(False)
        self.layers = nn.ModuleList(_Layer(published, f"{store.LAYER}{number}") for number in range(LAYERS))
        self.labels, self.spans = _head(labels), _head(spans)

    def forward(self, pieces: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        hidden = torch.zeros(there.shape).masked_fill(~there, -1e4)[:, None, None, :].to(torch.bfloat16)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.first(self.table[pieces] + self.places[: pieces.shape[1]]).to(torch.bfloat16)
            for layer in self.layers:
                states = layer(states, hidden)
        return states.float()

    def parts(self) -> list[dict]:
        heads = [*self.labels.parameters(), *self.spans.parameters()]
        return [{"params": list(self.layers.parameters()), "peak": LAYER_RATE}, {"params": heads, "peak": HEAD_RATE}]

    def learnt(self) -> Learnt:
        layers = {}
        for number, layer in enumerate(self.layers):
            for modules in (layer.linear, layer.norms):
                for key, module in modules.items():
                    for name, values in module.named_parameters():
                        layers[f"{store.LAYER}{number}.{_name(key)}.{name}"] = values.detach().numpy()
        heads = [values.detach().numpy() for head in (self.labels, self.spans) for values in (head.weight.T, head.bias)]
        return Learnt(layers, *heads)


def _key(part: str) -> str:
    return part.replace(".", "_")


def _name(key: str) -> str:
    return key.replace("_", ".")


def _linear(published: dict[str, np.ndarray], name: str) -> nn.Linear:
    outputs, inputs = published[f"{name}.weight"].shape
    return _filled(nn.Linear(inputs, outputs), published, name)


def _norm(published: dict[str, np.ndarray], name: str) -> nn.LayerNorm:
    return _filled(nn.LayerNorm(encoder.WIDTH, eps=1e-12), published, name)


def _filled(module, published: dict[str, np.ndarray], name: str):
    module.weight.data, module.bias.data = (torch.tensor(published[f"{name}.{part}"]) for part in ("weight", "bias"))
    return module


def _head(outputs: int) -> nn.Linear:
    head = nn.Linear(encoder.WIDTH, outputs)
    nn.init.normal_(head.weight, std=0.02)
    # Most labels do not hold of most texts; learning that first would shake the layers.
    nn.init.constant_(head.bias, -3.0)
    return head


def _set_rates(optimiser: torch.optim.Optimizer, done: float) -> None:
    """Rising at first, then falling to nothing."""
    share = min(done / WARM_UP, 1.0) * max(1 - done, 0.0)
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share


def _batches(lessons: Sequence[Lesson], dice: random.Random) -> Iterator[list[Lesson]]:
    order = dice.sample(range(len(lessons)), len(lessons))
    size = BATCH * SORTED_TOGETHER
    found = []
    for start in range(0, len(order), size):
        some = sorted((lessons[place] for place in order[start : start + size]), key=lambda lesson: len(lesson.pieces))
        found += [some[first : first + BATCH] for first in range(0, len(some), BATCH)]
    dice.shuffle(found)
    yield from found


def _parts(batch: Sequence[Lesson]) -> Iterator[Sequence[Lesson]]:
    """A batch in parts whose states stay near the processor; the longest lesson is the last."""
    size = max(1, PIECES_TOGETHER // len(batch[-1].pieces))
    for first in range(0, len(batch), size):
        yield batch[first : first + size]


def _loss(
    net: _Net, batch: Sequence[Lesson], kinds_of_spans: Sequence[int], texts: int, counted: float
) -> torch.Tensor:
    """What these lessons add to the loss of a batch of so many texts, in which so much of the spans is counted."""
    states = net(
        _padded([lesson.pieces for lesson in batch], torch.long),
        _padded([[True] * len(lesson.pieces) for lesson in batch], torch.bool),
    )
    by_statement = net.labels(_pooling(batch, states.shape[1]) @ states)
    labels, counts = (
        _padded([getattr(lesson, name) for lesson in batch], torch.float32) for name in ("labels", "counts")
    )
    of_text = functional.binary_cross_entropy_with_logits(
        _any_of(by_statement, _owning(batch)), labels, reduction="none"
    )
    loss = (of_text * counts).sum() / texts
    known = [place for place, column in enumerate(kinds_of_spans) if column >= 0]
    columns = [kinds_of_spans[place] for place in known]
    taught = _padded([lesson.of_statements[:, known] for lesson in batch], torch.float32, filling=-1.0)
    of_statement = functional.binary_cross_entropy_with_logits(
        by_statement[:, :, columns], taught.clamp(min=0), reduction="none"
    )
    loss = loss + STATEMENT_WEIGHT * (of_statement * (taught >= 0)).sum() / texts
    spans, span_counts = (
        _padded([getattr(lesson, name) for lesson in batch], torch.float32) for name in ("spans", "span_counts")
    )
    of_piece = functional.binary_cross_entropy_with_logits(net.spans(states), spans, reduction="none")
    return loss + SPAN_WEIGHT * (of_piece * span_counts).sum() / max(counted, 1.0)


def _any_of(by_statement: torch.Tensor, owning: torch.Tensor) -> torch.Tensor:
    """Log odds that at least one statement of each text carries the label: 1 - p is the product of all 1 - p."""
    none = (owning @ functional.logsigmoid(-by_statement)).clamp(max=-1e-6)
    return torch.log(-torch.expm1(none) + 1e-9) - none


def _owning(batch: Sequence[Lesson]) -> torch.Tensor:
    """Which statements are of which text: windows x texts x statements."""
    texts, statements = (max(len(getattr(one, name)) for one in batch) for name in ("labels", "statements"))
    owning = torch.zeros(len(batch), texts, statements)
    for row, lesson in enumerate(batch):
        owning[row, lesson.texts, range(len(lesson.texts))] = 1
    return owning


def _pooling(batch: Sequence[Lesson], length: int) -> torch.Tensor:
    """What turns states into the means of statements."""
    pooling = torch.zeros(len(batch), max(len(lesson.statements) for lesson in batch), length)
    for row, lesson in enumerate(batch):
        for place, (first, last) in enumerate(lesson.statements):
            pooling[row, place, first:last] = 1 / (last - first)
    return pooling


def _padded(rows: Sequence, kind: torch.dtype, filling: float = 0) -> torch.Tensor:
    arrays = [torch.tensor(np.asarray(row)).to(kind) for row in rows]
    return nn.utils.rnn.pad_sequence(arrays, batch_first=True, padding_value=filling)
