"""What is wrong with a file that should be a workbook; each service says it in a refusal of its own."""


class UnreadableError(ValueError):
    """It cannot be read: no workbook, damaged, or locked by a password."""


class TooLargeError(ValueError):
    """It is larger than what is read, or takes more memory or time than a file may."""
