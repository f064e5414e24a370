"""Tell real handwritten digits apart: MNIST, 70,000 images of 28 × 28 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from neurosim.tasks import _distortion
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._distortion import Distortion
from neurosim.tasks._files import Source
from neurosim.tasks._images import idx_examples
from neurosim.tasks._task import check, whole

SOURCE = Source(
    folder="mnist",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    files={
        "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
)
"""The four files as Y. LeCun and C. Cortes published them (CC BY-SA 3.0)."""

TRAINING, TESTS = 60_000, 10_000
_SIDE = 28


@dataclass(frozen=True)
class Mnist(DataSetTask):
    """Tell real handwritten digits apart: y*ᵢ = on for the digit's unit, off for the others.

    The files are looked for in the folder that the environment variable NEUROSIM_DATA names (first in its subfolder
    `mnist`), then in the user's cache, else fetched into that cache once; NEUROSIM_OFFLINE=1 never fetches. Each pass
    through the training set has its own order, drawn from the run's seed; trials run on from one pass to the next.
    Dimensionless, in float32.

    Args:
        on, off: targets of the digit's own unit and of the other nine.
        normalise: "global": inputs minus the mean and over the SD of all training pixels; "centred": each pixel
            minus its own mean, and over one SD for all; "pixel": each pixel by its own mean and SD, the SD at least a tenth
            of the global one; "none": in [0, 1].
        training, tests: how many images are used, the first ones of the files.
        elastic: α of elastic distortions, in pixels, another one at every presentation of a training image (`Distortion` has
            the formula); 0 for none; Simard, Steinkraus & Platt (2003) take 34. Test images are never distorted.
        sigma: how far apart, in pixels, what is distorted in the same way; of elastic distortions only.
        shift: training images are moved by −shift … shift pixels along each axis, too, another way at every presentation.

    What is distorted is the stored image; `normalise` then goes by the statistics of the images without distortions.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a damaged file
    and EnvironmentFailure when the files cannot be had. Source: main text Fig. 3a (784-1000-10), Supp. Fig. 5;
    distortions: Supp. Note 5.

    >>> task = Mnist(training=50_000)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 10, 50000)
    """

    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"
    training: int = TRAINING
    tests: int = TESTS
    elastic: float = 0.0
    sigma: float = 4.0
    shift: int = 0

    inputs = 784
    outputs = 10

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 1, TRAINING), whole("tests", self.tests, 1, TESTS)]
        distorted = _distortion.problems(self.elastic, self.sigma, self.shift, _SIDE)
        check("mnist", [*problems(self.on, self.off, self.normalise), *sizes, *distorted])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training

    @property
    def distortion(self) -> Distortion:
        """Elastic distortions and translations of the training images, drawn by trial."""
        return Distortion("mnist.distortion", _SIDE, self.elastic, self.sigma, self.shift)

    def data_set(self) -> DataSet:
        """The first images of the training and of the test files."""
        return _load(self.training, self.tests, self.normalise)


@lru_cache(maxsize=4)
def _load(training: int, tests: int, normalise: str) -> DataSet:
    train, test = images()
    return DataSet("mnist", train.first(training), test.first(tests), 10, normalise, top=255)


@lru_cache(maxsize=1)
def images() -> tuple[Examples, Examples]:
    """Training and test images, as stored: one byte per pixel, so that 60,000 images take 47 MB."""
    return idx_examples(SOURCE, TRAINING, TESTS)


task = Mnist
