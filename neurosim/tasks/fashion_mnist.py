"""Tell articles of clothing apart: Fashion-MNIST, 70,000 images of 28 × 28 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source
from neurosim.tasks._images import idx_examples
from neurosim.tasks._task import check, whole

SOURCE = Source(
    folder="fashion_mnist",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    files={
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    },
)
"""The four files as Zalando publishes them (MIT licence), with the checksums of its README."""

TRAINING, TESTS = 60_000, 10_000


@dataclass(frozen=True)
class FashionMnist(DataSetTask):
    """Tell articles of clothing apart: y*ᵢ = on for the article's unit, off for the others.

    The ten classes are T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot. The files
    are looked for and fetched as those of `mnist`, whose names they have: so keep them in the subfolder `fashion_mnist`.
    Order, passes and types are those of `mnist`.

    Args:
        on, off: targets of the article's own unit and of the other nine.
        normalise: "global", "centred", "pixel" or "none", as in `mnist`.
        training, tests: how many images are used, the first ones of the files.

    Raises InputError for parameters out of range; when the images are first asked for, DataError for a damaged file
    and EnvironmentFailure when the files cannot be had.

    Note: H. Xiao, K. Rasul and R. Vollgraf 2017, arXiv:1708.07747. Not in the paper.

    >>> task = FashionMnist(on=0.9, off=-0.9)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (784, 10, 60000)
    """

    on: float = 1.0
    off: float = 0.0
    normalise: str = "global"
    training: int = TRAINING
    tests: int = TESTS

    inputs = 784
    outputs = 10

    def __post_init__(self) -> None:
        sizes = [whole("training", self.training, 1, TRAINING), whole("tests", self.tests, 1, TESTS)]
        check("fashion_mnist", [*problems(self.on, self.off, self.normalise), *sizes])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.training

    def data_set(self) -> DataSet:
        """The first images of the training and of the test files."""
        return _load(self.training, self.tests, self.normalise)


@lru_cache(maxsize=4)
def _load(training: int, tests: int, normalise: str) -> DataSet:
    train, test = images()
    return DataSet("fashion_mnist", train.first(training), test.first(tests), 10, normalise, top=255)


@lru_cache(maxsize=1)
def images() -> tuple[Examples, Examples]:
    """Training and test images, as stored: one byte per pixel."""
    return idx_examples(SOURCE, TRAINING, TESTS)


task = FashionMnist
