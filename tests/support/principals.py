"""Callers that tests of several services share."""

from chassis.principal import Principal, Scope

ANYBODY = Principal("anonymous", Scope.PUBLIC)
MINISTRY = Principal("ministry-1", Scope.MINISTRY, name="教师工作司")
NO_PROVINCE = Principal("p00", Scope.PROVINCE, province="00")
"""An account for the schools of line ministries, which no province has (R3)."""
