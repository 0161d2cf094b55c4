"""The write path: the code before bulk commands and group commit beside the code of this tree, in one run."""
