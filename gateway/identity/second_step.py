"""The use cases of the second factor (ADR 44): give a code, enroll a device or another one, and undo it all."""

from dataclasses import dataclass

from chassis.principal import Scope
from chassis.storage.mongo import Session as Transaction
from gateway.identity.account import Account, AccountState, login_name
from gateway.identity.deps import Deps
from gateway.identity.events import RecoveryCodesIssued, RecoveryCodeUsed, SecondFactorEnrolled, SecondFactorReset, of
from gateway.identity.holder import acts, attempt, signed_in
from gateway.identity.second_factor import (
    BY_CODE,
    CHALLENGE_LIFETIME,
    PASSWORD_ONLY,
    Challenge,
    FactorRules,
    NextStep,
    Purpose,
    SecondFactor,
    grouped,
    is_time_based,
    new_recovery_codes,
    new_secret,
    new_token,
    otpauth_uri,
    shown_secret,
    step_of,
    token_digest,
    typed,
)
from gateway.identity.sessions import Tokens, require_may_stay
from gateway.identity.store import Stay
from gateway.refusals import CHALLENGE_EXPIRED, INVALID_CREDENTIALS
from kernel.errors import Refusal
from kernel.refusals import NOT_FOUND


@dataclass(frozen=True, slots=True)
class FurtherStep:
    """What a login whose password is right wants before it opens a session.

    Attributes:
        step: A code, or first a device.
        challenge: The token that the step is taken with, good for five minutes.
        account: The account.
    """

    step: NextStep
    challenge: str
    account: Account


@dataclass(frozen=True, slots=True)
class DeviceOffer:
    """A device that is to be enrolled; both texts are shown once.

    Attributes:
        challenge: The token that the enrollment is confirmed with, good for five minutes.
        secret: The secret, as a holder types it into the device.
        uri: The same as an `otpauth` address, for a QR code.
    """

    challenge: str
    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class DeviceConfirmed:
    """A device was enrolled.

    Attributes:
        tokens: Of a new session, which has both factors.
        recovery_codes: Good once each, shown once.
    """

    tokens: Tokens
    recovery_codes: list[str]


async def proceed(
    deps: Deps,
    account: Account,
    client: str | None,
    *,
    amr: tuple[str, ...] = PASSWORD_ONLY,
    stay: Stay = Stay.TOKEN,
) -> Tokens | FurtherStep:
    """Open a session, or ask for the second factor where the account's role needs one that `amr` does not have.

    Args:
        deps: The dependencies.
        account: The account, whose password has just been proven.
        client: The client's kind, such as `Chrome, Windows`.
        amr: What the holder has proven (RFC 8176).
        stay: How the holder stays signed in; a further step says it again.

    Raises:
        Refusal: `KEEP_NOT_OFFERED`.
    """
    require_may_stay(account, stay)
    if deps.factor is None or account.state is AccountState.INITIAL or not deps.sessions.lacks_factor(account, amr):
        return await deps.sessions.open(account, client, amr=amr, stay=stay)
    is_enrolled = await deps.store.factors.find(account.id) is not None
    purpose = Purpose.LOGIN if is_enrolled else Purpose.ENROLL
    challenge, _ = await _open_challenge(deps, deps.factor, account, purpose, amr)
    step = NextStep.SECOND_FACTOR_REQUIRED if is_enrolled else NextStep.SECOND_FACTOR_ENROLLMENT_REQUIRED
    return FurtherStep(step, challenge, account)


async def give_code(
    deps: Deps,
    *,
    challenge: str,
    code: str,
    address: str = "",
    client: str | None = None,
    stay: Stay = Stay.TOKEN,
) -> Tokens:
    """Finish a login with a code of the holder's device, or with a recovery code.

    Args:
        deps: The dependencies.
        challenge: The token of the login's further step.
        code: The code, as typed.
        address: The client's network address.
        client: The client's kind.
        stay: How the holder stays signed in.

    Raises:
        Refusal: `CHALLENGE_EXPIRED`, `INVALID_CREDENTIALS`, `RATE_LIMITED`, `STALE_VERSION`, `KEEP_NOT_OFFERED`.
    """
    rules, found, account = await _challenged(deps, challenge, Purpose.LOGIN)
    require_may_stay(account, stay)
    async with attempt(deps.store.code_throttle, account.login, address):
        await _prove(deps, rules, account, code)
    if not await deps.store.factors.take_challenge(found.id):
        raise CHALLENGE_EXPIRED()
    return await deps.sessions.open(account, client, amr=(*found.amr, *BY_CODE), stay=stay)


async def start_enrollment(deps: Deps, *, challenge: str) -> DeviceOffer:
    """Make the secret of a device, for a login that wants one enrolled; each call makes another.

    Raises:
        Refusal: `CHALLENGE_EXPIRED`.
    """
    rules, found, account = await _challenged(deps, challenge, Purpose.ENROLL)
    return await _with_secret(deps, rules, account, found, challenge)


async def replace_device(deps: Deps, *, token: str, code: str, address: str = "") -> DeviceOffer:
    """Make the secret of another device; the present one is good until the other is confirmed.

    Args:
        deps: The dependencies.
        token: An access token.
        code: A code of the present device, or a recovery code.
        address: The client's network address.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `NOT_FOUND`: no device is enrolled;
            `INVALID_CREDENTIALS`, `RATE_LIMITED`, `STALE_VERSION`.
    """
    rules, account = await _proven_holder(deps, token, code, address)
    first_step = tuple(proof for proof in deps.sessions.check(token).amr if proof not in BY_CODE) or PASSWORD_ONLY
    challenge, opened = await _open_challenge(deps, rules, account, Purpose.REPLACE, first_step)
    return await _with_secret(deps, rules, account, opened, challenge)


async def confirm_enrollment(
    deps: Deps,
    *,
    challenge: str,
    code: str,
    address: str = "",
    client: str | None = None,
    stay: Stay = Stay.TOKEN,
) -> DeviceConfirmed:
    """Enrol the device by its first code, end the account's sessions, and open one that has both factors.

    Args:
        deps: The dependencies.
        challenge: The token of the enrollment.
        code: The device's code, as typed.
        address: The client's network address.
        client: The client's kind.
        stay: How the holder stays signed in.

    Raises:
        Refusal: `CHALLENGE_EXPIRED`, `INVALID_CREDENTIALS`, `RATE_LIMITED`, `STALE_VERSION`, `KEEP_NOT_OFFERED`.
    """
    rules, found, account = await _challenged(deps, challenge, Purpose.ENROLL, Purpose.REPLACE)
    require_may_stay(account, stay)
    if found.secret_sealed is None:
        raise CHALLENGE_EXPIRED()
    async with attempt(deps.store.code_throttle, account.login, address):
        step = step_of(rules.open(account, found.secret_sealed), typed(code), rules.now())
        if step is None:
            raise _wrong_code()
    codes = new_recovery_codes()
    hashes = tuple(rules.recovery_hash(account, recovery) for recovery in codes)
    factor = SecondFactor(account.id, found.secret_sealed, rules.now(), step, hashes)
    with acts(account):
        account = await _enroll(deps, account, found, factor)
    tokens = await deps.sessions.open(account, client, amr=(*found.amr, *BY_CODE), stay=stay)
    return DeviceConfirmed(tokens, [grouped(recovery) for recovery in codes])


async def renew_recovery_codes(deps: Deps, *, token: str, code: str, address: str = "") -> list[str]:
    """Other recovery codes, in place of those before.

    Args:
        deps: The dependencies.
        token: An access token.
        code: A code of the device, or a recovery code.
        address: The client's network address.

    Returns:
        The codes, which are shown once.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `NOT_FOUND`: no device is enrolled;
            `INVALID_CREDENTIALS`, `RATE_LIMITED`, `STALE_VERSION`.
    """
    rules, account = await _proven_holder(deps, token, code, address)
    codes = new_recovery_codes()
    hashes = [rules.recovery_hash(account, recovery) for recovery in codes]

    async def work(session: Transaction) -> None:
        holder = await deps.store.accounts.get(account.id, session)
        await deps.store.factors.set_recovery(account.id, hashes, session)
        await deps.store.accounts.save(holder, [RecoveryCodesIssued(**of(holder))], session)

    with acts(account):
        await deps.store.transact(work)
    return [grouped(recovery) for recovery in codes]


async def reset_factor(deps: Deps, account: Account) -> Account:
    """Remove an account's second factor, so that the next login enrols another, and end its sessions.

    Raises:
        Refusal: `NOT_FOUND`: no device is enrolled; `STALE_VERSION`.
    """

    async def work(session: Transaction) -> Account:
        if not await deps.store.factors.remove(account.id, session):
            raise _no_factor(account)
        await deps.store.factors.end_challenges(account.id, session)
        await deps.store.end_sessions(account.id, session)
        return await deps.store.accounts.save(account, [SecondFactorReset(**of(account))], session)

    without = await deps.store.transact(work)
    await deps.store.code_throttle.forget(account.login)
    return without


async def reset_factor_of(deps: Deps, *, login: str, scope: Scope) -> None:
    """Remove the second factor of the account of that login name and role, as an operator.

    Raises:
        Refusal: `NOT_FOUND`, or as `reset_factor`.
    """
    accounts = await deps.store.by_login(login_name(login), scope)
    if not accounts:
        raise NOT_FOUND(kind="account", id=login)
    await reset_factor(deps, accounts[0])


async def _open_challenge(
    deps: Deps, rules: FactorRules, account: Account, purpose: Purpose, amr: tuple[str, ...]
) -> tuple[str, Challenge]:
    token = new_token()
    until = rules.now() + CHALLENGE_LIFETIME
    challenge = Challenge(token_digest(token), account.id, account.proof, purpose, until, amr)
    await deps.store.factors.open_challenge(challenge)
    return token, challenge


async def _challenged(deps: Deps, token: str, *purposes: Purpose) -> tuple[FactorRules, Challenge, Account]:
    """The challenge of a token, if it is good for that, and its account, if its password is still the proven one.

    Raises:
        Refusal: `CHALLENGE_EXPIRED`.
    """
    if deps.factor is None:
        raise CHALLENGE_EXPIRED()
    found = await deps.store.factors.challenge(token_digest(token), deps.factor.now())
    if found is None or found.purpose not in purposes:
        raise CHALLENGE_EXPIRED()
    account = await deps.store.accounts.find(found.account)
    if account is None or account.state is not AccountState.ACTIVE or account.proof != found.proof:
        raise CHALLENGE_EXPIRED()
    return deps.factor, found, account


async def _with_secret(
    deps: Deps, rules: FactorRules, account: Account, challenge: Challenge, token: str
) -> DeviceOffer:
    secret = new_secret()
    await deps.store.factors.give_secret(challenge, rules.seal(account, secret))
    return DeviceOffer(token, shown_secret(secret), otpauth_uri(secret, account))


async def _enroll(deps: Deps, account: Account, challenge: Challenge, factor: SecondFactor) -> Account:
    """Store the factor in one transaction with its event, unless another enrollment of the account was confirmed first.

    Raises:
        Refusal: `CHALLENGE_EXPIRED`, `STALE_VERSION`.
    """

    async def work(session: Transaction) -> Account:
        before = await deps.store.factors.find(account.id, session)
        is_replacing = challenge.purpose is Purpose.REPLACE
        if not await deps.store.factors.take_challenge(challenge.id, session) or is_replacing != (before is not None):
            raise CHALLENGE_EXPIRED()
        await deps.store.factors.put(factor, session)
        await deps.store.factors.end_challenges(account.id, session)
        await deps.store.end_sessions(account.id, session)
        event = SecondFactorEnrolled(**of(account), replaced=is_replacing)
        return await deps.store.accounts.save(account, [event], session)

    return await deps.store.transact(work)


async def _proven_holder(deps: Deps, token: str, code: str, address: str) -> tuple[FactorRules, Account]:
    """The account of an access token that also gives a code: a stolen token must not replace the device.

    Raises:
        Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `NOT_FOUND`, `INVALID_CREDENTIALS`, `RATE_LIMITED`,
            `STALE_VERSION`.
    """
    account = await signed_in(deps, token)
    if deps.factor is None:
        raise _no_factor(account)
    async with attempt(deps.store.code_throttle, account.login, address):
        await _prove(deps, deps.factor, account, code)
    return deps.factor, account


async def _prove(deps: Deps, rules: FactorRules, account: Account, code: str) -> None:
    """Take a code of the account's device, or a recovery code, once.

    Raises:
        Refusal: `NOT_FOUND`: no device is enrolled; `INVALID_CREDENTIALS`, `STALE_VERSION`.
    """
    factor = await deps.store.factors.find(account.id)
    if factor is None:
        raise _no_factor(account)
    given = typed(code)
    taken = (
        await _take_step(deps, rules, account, factor, given)
        if is_time_based(given)
        else await _spend(deps, account, rules.recovery_hash(account, given))
    )
    if not taken:
        raise _wrong_code()


async def _take_step(deps: Deps, rules: FactorRules, account: Account, factor: SecondFactor, code: str) -> bool:
    step = step_of(rules.open(account, factor.secret_sealed), code, rules.now())
    return step is not None and await deps.store.factors.take_step(factor, step)


async def _spend(deps: Deps, account: Account, hashed: str) -> bool:
    """Spend a recovery code, with an event; False for a code that the account does not have."""

    async def work(session: Transaction) -> bool:
        if not await deps.store.factors.take_recovery(account.id, hashed, session):
            return False
        factor = await deps.store.factors.find(account.id, session)
        holder = await deps.store.accounts.get(account.id, session)
        event = RecoveryCodeUsed(**of(holder), left=len(factor.recovery) if factor else 0)
        await deps.store.accounts.save(holder, [event], session)
        return True

    with acts(account):
        return await deps.store.transact(work)


def _wrong_code() -> Refusal:
    return INVALID_CREDENTIALS(
        detail=("验证码错误或已使用过（每个只能用一次）", "code, or it was used before: each is good once")
    )


def _no_factor(account: Account) -> Refusal:
    return NOT_FOUND(kind="secondFactor", id=account.id)
