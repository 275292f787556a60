"""Errors have one root, and then whose fault it is. The message names what happened, where, and what to do. Pure.

What answers or ends something without being an error, and never leaves its module, is none of these.
"""

from __future__ import annotations


class CallaheadError(Exception):
    """The root of all errors of the house's own."""


class SenderError(CallaheadError):
    """A device, a partner or whoever asks sent what cannot be taken; it is told so, and nothing else is touched."""


class LineError(CallaheadError):
    """A broker, a network, an adapter or a store is not there, or speaks nonsense: trying again may help."""


class OperatorError(CallaheadError):
    """Whoever starts or calls a program gave it what it cannot work with, or the machine lacks something."""


class AuthorError(CallaheadError):
    """A story, a catalogue, a mapping or a phrase is wrong: the message names file, entry and rule."""


class InternalError(CallaheadError):
    """Our own fault: it is to be seen with its traceback."""
