"""A round in progress for `make run`: last year's round and this year's, played in the order of their dates.

`cast.py`, `last_year.py` and `this_year.py` say what there is; `steps.py` enters it through the gateway; `chapters.py`
is the order of the steps.
"""
