"""Terms of what is not a shared value: how owners came, and when evidence is enough."""

from typing import Annotated

from pydantic import Field

from warehouse.declarations import Declaration


class SiblingsTerms(Declaration):
    """How accounts weigh that one brought and that are joined by several things they share.

    Attributes:
        cost_millibits: Taken off log2(N/d), where d are such siblings of one referrer.
        cap: Most siblings.
        least: Fewest of them that share something else than what most of them share ...
        least_bps: ... and of 10,000 of them.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)] = 2_000
    cap: Annotated[int, Field(ge=2, le=1_000)] = 80
    least: Annotated[int, Field(ge=2, le=1_000)] = 4
    least_bps: Annotated[int, Field(ge=1, le=10_000)] = 5_000


class BurstTerms(Declaration):
    """How signing up at the same time weighs; only for owners with other evidence.

    Attributes:
        cost_millibits: Taken off log2(N/d), where d owners signed up from the one to the other.
        hours: Two that are further apart did not sign up together.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)] = 6_000
    hours: Annotated[int, Field(ge=1, le=1_000)] = 24


class MoveTerms(Declaration):
    """How moving to one country together weighs; only for owners with other evidence.

    Attributes:
        cost_millibits: Taken off log2(N/d), where d owners moved there from the one to the other.
        days: Two that are further apart did not move together.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)] = 6_000
    days: Annotated[int, Field(ge=1, le=365)] = 14


class HandOverTerms(Declaration):
    """How changing hands weighs; only for owners with other evidence.

    Attributes:
        cost_millibits: Taken off log2(N/d), where d owners have an account that changed hands.
        days: Device, country and sink change together within so many days.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)] = 4_000
    days: Annotated[int, Field(ge=1, le=365)] = 14


class GroundsTerms(Declaration):
    """When evidence is enough without a model; see `detection.grounds`.

    Attributes:
        most_bps: A kind of evidence counts where it covers so many of 10,000 owners.
        least_owners: Place, money and arrival say nothing of fewer owners.
        least_on_devices: Main devices in common are enough from so many owners on.
        least_brought: That one brought them counts as arrival, beside money, from so many owners
            on: fewer may be a family among the friends of one.
        household_owners: Most owners with one home whose shared wallet may be a family's ...
        household_hours: ... unless more than three, all of them, signed up within so many hours.
        arrival_millibits: Signing up together counts from so surprising on ...
        arrival_each_millibits: ... and of a larger group from so much an owner.
    """

    most_bps: Annotated[int, Field(ge=1, le=10_000)] = 5_000
    least_owners: Annotated[int, Field(ge=2, le=1_000)] = 3
    least_on_devices: Annotated[int, Field(ge=2, le=1_000)] = 4
    least_brought: Annotated[int, Field(ge=2, le=1_000)] = 6
    household_owners: Annotated[int, Field(ge=1, le=1_000)] = 5
    household_hours: Annotated[int, Field(ge=0, le=1_000)] = 2
    arrival_millibits: Annotated[int, Field(ge=0, le=100_000)] = 5_000
    arrival_each_millibits: Annotated[int, Field(ge=0, le=100_000)] = 1_000
