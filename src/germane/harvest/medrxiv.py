"""medRxiv: preprints of medicine.

API: https://api.medrxiv.org/. Terms, pace, look-back and deletion are as for `biorxiv`, whose server answers for both.
"""

from dataclasses import dataclass
from typing import ClassVar

from germane.harvest import biorxiv


@dataclass(frozen=True)
class Live(biorxiv.Live):
    """The details of medRxiv's preprints."""

    NAME: ClassVar[str] = "medrxiv"
    SERVER: ClassVar[str] = "medrxiv"
