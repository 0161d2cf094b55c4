"""The seal of pages, a port: now a PKCS #12 file; an e-seal service or SM2 fits behind the same function (R32)."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol, Self

from asn1crypto.cms import ContentInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from services.assessment.domain.vocabulary import SealState

TWIN = "certificate.jwt"
_FIELD = "seal"
_MOST_BYTES_OF_TWIN = 16 * 1024
_BROKEN = (
    PdfError,
    SigningError,
    SignatureValidationError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)
"""What a damaged file makes the reader raise."""


class Seal(Protocol):
    """Seals pages."""

    def seal(self, pdf: bytes) -> bytes:
        """The same page, sealed: every later change of a byte is found (PAdES, ETSI EN 319 142)."""


@dataclass(frozen=True, slots=True)
class P12Seal:
    """The seal of a PKCS #12 file.

    Attributes:
        signer: Key and certificate.
    """

    signer: signers.SimpleSigner

    @classmethod
    def load(cls, file: Path, password: Path) -> Self:
        """Read the key and its certificate.

        Raises:
            ValueError: The file is no PKCS #12 file, or the password is another.
        """
        signer = signers.SimpleSigner.load_pkcs12(  # type: ignore[no-untyped-call]
            str(file), passphrase=password.read_text(encoding="utf-8").strip().encode()
        )
        if signer is None:
            raise ValueError(f"{file.name} cannot be opened")
        return cls(signer)

    def seal(self, pdf: bytes) -> bytes:
        """Certify the page, with no changes allowed afterwards."""
        sealed = BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            signers.PdfSignatureMetadata(
                field_name=_FIELD,
                subfilter=SigSeedSubFilter.PADES,
                certify=True,
                docmdp_permissions=MDPPerm.NO_CHANGES,
                md_algorithm="sha256",
            ),
            signer=self.signer,
            output=sealed,
        )
        return sealed.getvalue()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in a file.

    Attributes:
        seal: What its seal says.
        twin: The signed twin in it; None where there is none.
    """

    seal: SealState
    twin: str | None


def seals_of(pem: bytes) -> list[Certificate]:
    """The certificates of all seals, past ones too."""
    return [Certificate.load(found.public_bytes(Encoding.DER)) for found in load_pem_x509_certificates(pem)]


def examine(pdf: bytes, seals: list[Certificate]) -> Finding:
    """Look at a file that anybody may have made.

    A seal that has expired since counts: what it sealed was sealed. Whether the certificate still is valid, the status
    list says.

    Args:
        pdf: The file.
        seals: The certificates of our seals.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf))
        twin = _twin(reader)
    except _BROKEN:
        return Finding(SealState.ALTERED, None)
    try:
        return Finding(_seal_state(pdf, reader, seals), twin)
    except _BROKEN:
        return Finding(SealState.ALTERED, twin)


def _seal_state(pdf: bytes, reader: PdfFileReader, seals: list[Certificate]) -> SealState:
    signatures = reader.embedded_signatures
    if not signatures:
        return SealState.NONE
    if len(signatures) > 1:
        return SealState.ALTERED
    (signature,) = signatures
    if signature.signer_cert.dump() not in {seal.dump() for seal in seals}:
        return SealState.FOREIGN
    if not _is_tight(pdf, signature):
        return SealState.ALTERED
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=seals, allow_fetching=False))
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    untouched = status.modification_level is ModificationLevel.NONE
    return SealState.INTACT if status.intact and status.valid and whole and untouched else SealState.ALTERED


def _is_tight(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether what the seal does not cover is the seal itself, as we write it: no signature covers its own envelope."""
    start, before, after, _ = (int(number) for number in signature.byte_range)
    contents = bytes(signature.pkcs7_content)
    info = ContentInfo.load(contents)
    signed = info["content"]
    versions = {signed["version"].native, signed["signer_infos"][0]["version"].native}
    digests = [digest["algorithm"].native for digest in signed["digest_algorithms"]]
    return (
        info.dump(force=True).ljust(len(contents), b"\x00") == contents
        and pdf[start + before : after] == b"<" + contents.hex().upper().encode() + b">"
        and (versions, digests) == ({"v1"}, ["sha256"])
    )


def _twin(reader: PdfFileReader) -> str | None:
    for attached in reader.root.get("/AF", ()):
        file = attached.get_object()
        if file.get("/UF") == TWIN:
            raw: bytes = file["/EF"]["/F"].get_object().data
            return raw.decode("ascii") if len(raw) <= _MOST_BYTES_OF_TWIN else None
    return None
