"""The one error of this package."""


class CaptureError(ValueError):
    """Something cannot be exported as given; the message says what to do. Nothing was written."""
