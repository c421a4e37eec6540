"""What `import vscore` offers, what it costs, and that all of it is documented."""

import dataclasses
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import vscore

PUBLIC = [
    "ACTIVATIONS",
    "CUSTOM_OBJECTS",
    "DISTRIBUTIONS",
    "EXPORTERS",
    "GRU",
    "INITIALIZERS",
    "LAYERS",
    "LSTM",
    "MEASURES",
    "PARAMETERS",
    "Activation",
    "AuditError",
    "AuditReport",
    "Axis",
    "Constant",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Dense",
    "Density",
    "DepthwiseConv2D",
    "Distribution",
    "Embedding",
    "Experiment",
    "Fans",
    "Fit",
    "FormulaError",
    "Gains",
    "Initializer",
    "Kernel",
    "MultiHeadAttention",
    "Network",
    "Orthogonal",
    "Parameter",
    "PhaseMap",
    "Prediction",
    "Propagation",
    "RandomNormal",
    "RandomUniform",
    "RawKernel",
    "SeparableConv2D",
    "SimpleRNN",
    "Sweep",
    "SweepError",
    "TensorAudit",
    "TrainingRun",
    "TruncatedNormal",
    "VarianceScaling",
    "WeightSample",
    "Zeros",
    "audit",
    "c_map",
    "chi_1",
    "compute_fans",
    "convnet",
    "critical_line",
    "critical_sigma_b2",
    "critical_sigma_w2",
    "depth_scale",
    "export_code",
    "fans",
    "fixed_point",
    "gains",
    "mlp",
    "phase_map",
    "predict",
    "q_map",
    "recurrent",
    "sample",
    "simulate",
    "sweep",
    "train",
]
"""By hand: a name that comes or goes is a decision, not an accident."""

IMPORT_SECONDS = 0.15
NOT_LOADED = (
    "dask",
    "distributed",
    "h5py",
    "jax",
    "keras",
    "matplotlib",
    "pandas",
    "plotly",
    "pyarrow",
    "scipy",
    "streamlit",
    "torch",
)

CALLABLE = [name for name in PUBLIC if callable(getattr(vscore, name, None))]
CLASSES = [name for name in CALLABLE if inspect.isclass(getattr(vscore, name))]


def test_all_is_the_list() -> None:
    assert vscore.__all__ == PUBLIC


def test_every_name_is_there() -> None:
    assert [name for name in PUBLIC if not hasattr(vscore, name)] == []


def test_version_is_the_package_s() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", vscore.__version__)


@pytest.mark.parametrize("name", CALLABLE)
def test_docstring_names_every_parameter(name: str) -> None:
    """In its own docstring, or in the one of a class that it inherits from."""
    public = getattr(vscore, name)
    text = documentation(public)
    missing = [p for p in parameter_names(public) if not re.search(rf"\b{re.escape(p)}\b", text)]
    assert missing == []
    assert public.__doc__.splitlines()[0].strip()  # the first line says what it is


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_member_has_a_docstring(name: str) -> None:
    public = getattr(vscore, name)
    own = {key: member for key, member in vars(public).items() if not key.startswith("_")}
    bare = [key for key, member in own.items() if needs_docstring(member) and not doc(public, key)]
    assert bare == []


def documentation(public: Callable[..., Any]) -> str:
    if not inspect.isclass(public):
        return public.__doc__ or ""
    return "\n".join(cls.__doc__ or "" for cls in public.__mro__ if cls is not object)


def parameter_names(public: Callable[..., Any]) -> list[str]:
    if inspect.isclass(public) and dataclasses.is_dataclass(public):
        return [f.name for f in dataclasses.fields(public) if f.init]
    if inspect.isclass(public):
        return []
    return list(inspect.signature(public).parameters)


def needs_docstring(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, property | classmethod)


def doc(public: type, key: str) -> str | None:
    """Its own docstring, or the inherited one that it fulfils."""
    return inspect.getdoc(getattr(public, key))


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    loaded = run("import sys, vscore; print(*{name.split('.')[0] for name in sys.modules})").split()
    assert sorted(set(loaded) & set(NOT_LOADED)) == []


@pytest.mark.slow  # of a machine, as much as of the code
@pytest.mark.alone
def test_import_is_quick() -> None:
    """Beyond numpy, in the processor time of its own thread, the best of seven interpreters."""
    code = (
        "import time, numpy; t = time.thread_time(); import vscore; print(time.thread_time() - t)"
    )
    assert min(float(run(code)) for _ in range(7)) <= IMPORT_SECONDS
