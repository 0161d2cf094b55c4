"""The rules of enrolment as pure code: nothing here knows a database, a broker or the graph."""
