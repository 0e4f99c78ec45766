"""What a command's exit code says."""

from typing import Final

OK: Final = 0
FAILED: Final = 1
"""An analysis failed; the others are in the results."""
BAD_PLAN: Final = 2
BAD_DATA: Final = 3
