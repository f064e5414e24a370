"""The rows of a quantity in pieces, as pynwb asks for them while it writes.

It imports hdmf, which comes with pynwb: only `nwb` imports this file, when it writes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hdmf.data_utils import GenericDataChunkIterator

from neurosim.recording import Recording

BUFFER_GIGABYTES = 0.03
CHUNK_MEGABYTES = 0.25


class Rows(GenericDataChunkIterator):
    """The committed rows of one quantity of an opened recording."""

    def __init__(self, recording: Recording, address: str) -> None:
        quantity = recording.quantity(address)
        self._recording = recording
        self._address = address
        self._shape = (recording.rows(address), *quantity.row_shape)
        self._kind = np.dtype(quantity.dtype)
        super().__init__(buffer_gb=BUFFER_GIGABYTES, chunk_mb=CHUNK_MEGABYTES)

    def _get_data(self, selection: Any) -> np.ndarray:
        return self._recording.part(self._address, *selection)

    def _get_maxshape(self) -> tuple[int, ...]:
        return self._shape

    def _get_dtype(self) -> np.dtype:
        return self._kind
