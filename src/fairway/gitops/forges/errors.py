"""What can go wrong with a forge. Section 4.0 of the contract."""

from __future__ import annotations

from fairway.kit.errors import FairwayError, Forbidden, NotFound, PayloadTooLarge, Unavailable


class ForgeUnavailable(Unavailable):
    """No answer, or only 408, 429 and 5xx, after all attempts."""

    code = "forge_unavailable"


class ForgeRefused(Forbidden):
    """The credentials are wrong, locked or may not do this. Two in a row open the circuit: nobody is asked again."""

    code = "forge_refused"


class CircuitOpen(ForgeRefused):
    """Two refusals in a row: the forge is not asked any more, until there is a new client with other credentials."""

    code = "forge_circuit_open"


class NotPermitted(ForgeRefused):
    """The login is good, but this may not be done with it. It does not count towards the circuit."""

    code = "forge_not_permitted"


class RepositoryGone(NotFound):
    """The repository does not exist any more, or may not be seen."""

    code = "repository_gone"


class RepositoryBlocked(RepositoryGone):
    """The forge shows it to nobody, for legal reasons. It is still in listings, so nothing of it is deleted."""

    code = "repository_blocked"


class ListingIncomplete(Unavailable):
    """A page of a listing failed, repeated or never ended: what was not listed may still exist."""

    code = "listing_incomplete"


class FileTooBig(PayloadTooLarge):
    """A file is over the limit it was asked with."""

    code = "file_too_big"


class ForgeBroken(FairwayError):
    """The forge answered something that its API does not have."""

    code = "forge_broken"
    status = 502
