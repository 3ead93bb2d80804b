"""Reads the terms of the detection, `home/detection.toml`."""

from detection.terms import DetectionTerms, parse_detection_terms
from warehouse.home import Home


def load_detection_terms(home: Home) -> DetectionTerms:
    """Return the home's detection terms; without a file, the defaults.

    Raises:
        DetectionError: The file is malformed.
    """
    if not home.detection.exists():
        return DetectionTerms()
    return parse_detection_terms(home.detection.read_text(encoding="utf-8"))
