"""The array types that the package's signatures speak of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
CodeArray = NDArray[np.int8]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]
ByteArray = NDArray[np.uint8]
LongArray = NDArray[np.int64]
