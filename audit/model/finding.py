"""What a check found wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from audit.model.evidence import Evidence
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to change.

    Parameters
    ----------
    text : str
        One or two sentences, imperative.
    before, after : str
        Code in the export's own names, where code is at fault; otherwise empty.
    """

    text: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of an experiment.

    Parameters
    ----------
    check_id : str
        Id of the check that found it, for instance ``"CT202"``.
    severity, confidence : Severity, Confidence
        How bad, and how sure.
    message : str
        One line that says what is wrong, with the number that matters.
    locations : tuple of Location
        At least one of them primary.
    evidence : tuple of Evidence
        At least one.
    remedy : Remedy
        What to change.
    subject : str
        Stable identity of what the finding is about (a variable and its operation, a pair of
        splits, a cell of a table). Never the message and never a line number: the
        fingerprint is made of it and must survive edits elsewhere in the file.
    why : str
        Why it matters, two sentences at most.

    Raises
    ------
    ValueError
        If there is no primary location or no evidence.
    """

    check_id: str
    severity: Severity
    confidence: Confidence
    message: str
    locations: tuple[Location, ...]
    evidence: tuple[Evidence, ...]
    remedy: Remedy
    subject: str
    why: str = ""

    def __post_init__(self) -> None:
        if not any(place.role is Role.PRIMARY for place in self.locations):
            raise ValueError(f"{self.check_id}: a finding needs a primary location")
        if not self.evidence:
            raise ValueError(f"{self.check_id}: a finding needs evidence")

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits made of the check id and the subject only."""
        return hashlib.sha256(
            f"{self.check_id}\0{self.subject}".encode("utf-8", "surrogatepass")
        ).hexdigest()[:16]

    @property
    def primary(self) -> Location:
        """The first primary location."""
        return next(place for place in self.locations if place.role is Role.PRIMARY)
