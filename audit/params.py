"""What a configuration says about checks, held against the checks that there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from audit.config import Config, ConfigError, unknown_key_message
from audit.model.check import Check
from audit.registry import nearest_id

_SHARES = ("share", "coverage", "significance", "rate", "fraction", "probability", "alpha")


def check_config(checks: Sequence[Check], config: Config) -> dict[str, Any]:
    """Parameters of every check, by id; fails where the configuration names what is not there.

    Raises
    ------
    ConfigError
        If the configuration names an unknown check or parameter, or a value that cannot be.
    """
    _known_checks(checks, config)
    return {check.id: check_params(check, config) for check in checks}


def check_params(check: Check, config: Config) -> Any:
    """Build the parameters of a check from its defaults and the configuration.

    Raises
    ------
    ConfigError
        If a key is unknown or a value has another type than the default.
    """
    values = config.checks.get(check.id, {})
    known = {field.name: field for field in fields(check.params)}
    defaults = check.params()
    for name, value in values.items():
        if name not in known:
            message = unknown_key_message(name, tuple(known), f"checks.{check.id}.")
            raise ConfigError(f"{config.source or 'configuration'}: {message}")
        wanted = type(getattr(defaults, name))
        fits = type(value) is wanted or (wanted is float and type(value) is int)
        if wanted is tuple and isinstance(value, list):
            fits = all(isinstance(item, str | int | float) for item in value)
        if not fits:
            raise ConfigError(
                f"{config.source or 'configuration'}: checks.{check.id}.{name} must be "
                f"{'list' if wanted is tuple else wanted.__name__}, not {type(value).__name__}"
            )
        _in_range(check.id, name, value, getattr(defaults, name), config)
    return check.params(
        **{
            name: type(getattr(defaults, name))(value)  # int to float, list to tuple
            for name, value in values.items()
        }
    )


def _in_range(check_id: str, name: str, value: Any, default: Any, config: Config) -> None:
    """Parameters are amounts: finite, not negative; shares and probabilities are at most 1.

    One whose default is infinite is a bound on the data and may be any number.
    """
    if type(value) not in (int, float):
        return
    if type(default) is float and math.isinf(default) and not math.isnan(value):
        return
    top = 1.0 if name.endswith(_SHARES) else math.inf
    if not (0 <= value <= top and math.isfinite(value)):
        wanted = "between 0 and 1" if top == 1 else "a finite number of 0 or more"
        raise ConfigError(
            f"{config.source or 'configuration'}: checks.{check_id}.{name} must be {wanted}, "
            f"not {value}"
        )


def _known_checks(checks: Sequence[Check], config: Config) -> None:
    known = tuple(check.id for check in checks)
    for prefix in (*config.select, *config.ignore, *config.require):
        if not prefix or not any(id.startswith(prefix) for id in known):
            hint = nearest_id(prefix, known)
            raise ConfigError(f"there is no check and no family {prefix!r}; {hint}")
    for id in config.checks:
        if id not in known:
            raise ConfigError(
                f"{config.source or 'configuration'}: {unknown_key_message(id, known, 'checks.')}"
            )
