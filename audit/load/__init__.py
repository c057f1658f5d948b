"""Folder to `Export`: the only layer that reads inputs. Nothing in an export is executed."""

from audit.load.compare import same_content
from audit.load.discover import is_file, is_folder
from audit.load.loader import NothingToAudit, load, read_config

__all__ = ["NothingToAudit", "is_file", "is_folder", "load", "read_config", "same_content"]
