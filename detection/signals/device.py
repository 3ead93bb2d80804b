"""Device family: two owners logged in from one device.

A device key is a secret of whoever holds it, so this is two-sided.
Innocent readings: a family's tablet, a shared kiosk, a device sold on.
"""

from detection.signals.evidence import Evidence, shared_values
from detection.terms import DetectionTerms
from warehouse.findings import Sightings

FAMILY = "device"


def device_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that were seen on one device."""
    return shared_values(sightings.devices, FAMILY, "device", population, terms.device)
