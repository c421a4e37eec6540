"""`audit`, and what it returns: a file of weights, tensor by tensor."""

from dataclasses import dataclass
from pathlib import Path

from vscore._typing import Check, Progress, Shape
from vscore.fans import Fans


@dataclass(frozen=True, slots=True)
class TensorAudit:
    """What is known of one tensor.

    Attributes
    ----------
    name : str
    shape : tuple of int
    dtype : str
    layer, part, layout : str
        What it is for, guessed from name and shape, or known from a Keras file; "?" where nothing
        tells. `layout` is "in, out", "out, in", or empty for a vector.
    fans : Fans or None
    mean, std, kurtosis, minimum, maximum : float
        Of its values; kurtosis is 3 for a normal law, nan for a constant.
    not_finite : int
        Values that are infinite or no numbers.
    consistent : tuple of str
        Initializers that neither a Kolmogorov-Smirnov test nor one of the std refuses at 1e-4,
        best first; also "zeros", "ones", "orthogonal", "unit_forget_bias".
    default : bool
        Whether the first of them is what the layer starts with by its own file, or by default.
    nearest : str
        The first of them; where there is none, what the tensor is compared with.
    std_ratio, ks : float
        Its std over that one's, and the largest distance of their cdfs; nan where that is a
        constant or a matrix law.
    verdict : str
        In words.
    """

    name: str
    shape: Shape
    dtype: str
    layer: str
    part: str
    layout: str
    fans: Fans | None
    mean: float
    std: float
    kurtosis: float
    minimum: float
    maximum: float
    not_finite: int
    consistent: tuple[str, ...]
    default: bool
    nearest: str
    std_ratio: float
    ks: float
    verdict: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A file of weights, tensor by tensor.

    Attributes
    ----------
    path : str
    format : str
        "npz", "safetensors", "hdf5" or "keras".
    tensors : tuple of TensorAudit
        In the file's order.
    left_out : tuple of (str, str)
        Names of what was not looked at, and what it is.
    """

    path: str
    format: str
    tensors: tuple[TensorAudit, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def untouched(self) -> int:
        """Tensors that are consistent with some initializer."""
        return sum(bool(tensor.consistent) for tensor in self.tensors)


def audit(
    path: str | Path, *, check: Check | None = None, progress: Progress | None = None
) -> AuditReport:
    """Say what each tensor of a file was started with, or how far training has moved it.

    Parameters
    ----------
    path : str or Path
        A .npz, .safetensors, .keras or .h5 file; the last two need h5py.
    check : callable, optional
        Called at least once every 2^20 values; may raise to cancel.
    progress : callable, optional
        Called as progress(done, total), in tensors.

    Returns
    -------
    AuditReport

    Raises
    ------
    AuditError
        If the file cannot be read, is damaged, holds a pickle, or would unpack to far more than
        it is.

    Notes
    -----
    No code from the file is run. At most 2^24 values are held at a time; of a larger tensor an
    even part is tested, and all of it goes into the moments. A right initializer is refused once
    in 5000 tensors.
    """
    from vscore.audit.reading import read  # zipfile and the tests take 20 ms to load

    return read(Path(path), check, progress)
