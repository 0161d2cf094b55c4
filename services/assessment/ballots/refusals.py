"""The refusals of the ballot box (docs/refusals.md)."""

from kernel.errors import Unblock
from kernel.refusals import RefusalKind

NO_SUCH_BALLOT_BOX = RefusalKind(
    "NO_SUCH_BALLOT_BOX", "没有该问卷", "No such questionnaire", rule="R34", unblock=Unblock.SELF
)
BALLOT_MALFORMED = RefusalKind(
    "BALLOT_MALFORMED", "答卷格式有误", "The ballot is malformed", rule="R34", unblock=Unblock.SELF
)
TOKEN_INVALID = RefusalKind("TOKEN_INVALID", "凭证无效", "The token is not valid", rule="R34", unblock=Unblock.SELF)
BALLOT_BOX_NOT_OPEN = RefusalKind(
    "BALLOT_BOX_NOT_OPEN", "评教尚未开始", "The box is not open yet", rule="R34", unblock=Unblock.SELF
)
BALLOT_BOX_CLOSED = RefusalKind(
    "BALLOT_BOX_CLOSED", "评教已截止", "The box is closed", rule="R34", unblock=Unblock.SELF
)

# What only the register asks for, at the internal endpoints

BALLOT_BOX_DIFFERS = RefusalKind(
    "BALLOT_BOX_DIFFERS",
    "票箱已以另一密钥建立，或已开放，不能更改",
    "The box was set up with another key, or is open, and stays as it is",
    rule="R34",
    unblock=Unblock.ADMINISTRATOR,
)
BALLOT_BOX_NOT_DUE = RefusalKind(
    "BALLOT_BOX_NOT_DUE",
    "票箱尚未截止，不能关闭或开启",
    "The box is not closed yet, and is neither counted nor opened before",
    rule="R36",
    unblock=Unblock.SELF,
)
TOO_FEW_BALLOTS = RefusalKind(
    "TOO_FEW_BALLOTS",
    "答卷不足{least}份，永不开启",
    "Fewer than {least} ballots are never opened",
    rule="R36",
    unblock=Unblock.SELF,
)
BALLOT_BOX_KEY_LOST = RefusalKind(
    "BALLOT_BOX_KEY_LOST",
    "票箱密钥已遗失，答卷无法开启",
    "The box's key is lost: its ballots cannot be opened",
    rule="R36",
    unblock=Unblock.ADMINISTRATOR,
)
