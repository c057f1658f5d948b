"""What holding a composition against something gives: contradictions and agreements."""

from __future__ import annotations

from dataclasses import dataclass

from audit.model.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One statement that cannot be right.

    Parameters
    ----------
    line : int
        1-based line of the document.
    label : str
        Of the row; empty where the whole table is meant.
    text : str
        The arithmetic, for the message.
    evidence : tuple of Evidence
        At least one; what was stated first.
    certain : bool
        No other reading of the table is plausible.
    """

    line: int
    label: str
    text: str
    evidence: tuple[Evidence, ...]
    certain: bool = True

    @property
    def is_about_row(self) -> bool:
        """Whether one row is wrong, rather than a sum off."""
        return self.evidence[0].name.startswith("stated")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Contradictions, and in words what agrees; both empty where nothing could be compared."""

    contradictions: tuple[Contradiction, ...] = ()
    agreements: tuple[str, ...] = ()

    def __add__(self, other: Judgement) -> Judgement:
        return Judgement(
            self.contradictions + other.contradictions, self.agreements + other.agreements
        )
