# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and certificates for tests, made with openssl alone.

    root CA -> intermediate CA -> signer, expired, not_yet_valid, revoked, no_code_signing
    other CA -> stranger
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .command import host

_CODE_SIGNING = "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n"
_LEAVES = {
    "signer": (_CODE_SIGNING, "20240101000000Z", "20991231235959Z"),
    "second_signer": (_CODE_SIGNING, "20240101000000Z", "20991231235959Z"),
    "expired": (_CODE_SIGNING, "20200101000000Z", "20210101000000Z"),
    "not_yet_valid": (_CODE_SIGNING, "20980101000000Z", "20991231235959Z"),
    "revoked": (_CODE_SIGNING, "20240101000000Z", "20991231235959Z"),
    "no_code_signing": ("keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n",
                        "20240101000000Z", "20991231235959Z"),
}
_CA_EXTENSIONS = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"


@dataclass(frozen=True)
class Identity:
    """What signs: a key, its certificate, and the certificates between it and a trust anchor."""

    key: Path
    certificate: Path
    chain: Path | None = None


class Pki:
    """Files below a directory that is made. Certificates are EC P-256 to be quick."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True)
        self._authority("root")
        self._authority("intermediate", issuer="root")
        self._authority("other")
        for name, (extensions, begin, end) in _LEAVES.items():
            self._leaf(name, "intermediate", extensions, begin, end)
        self._leaf("stranger", "other", *_LEAVES["signer"])
        self.anchor = directory / "root.pem"
        self.other_anchor = directory / "other.pem"
        # Of both authorities: a verifier that checks the whole chain needs one for each.
        self.crl = self.revocation_list("intermediate", revoked=["revoked"])
        self.root_crl = self.revocation_list("root")

    def identity(self, name: str) -> Identity:
        chain = None if name == "stranger" else self.directory / "intermediate.pem"
        return Identity(self.directory / f"{name}.key", self.directory / f"{name}.pem", chain)

    def revocation_list(self, issuer: str, revoked: list[str] = (), days: int = 3650,
                        name: str | None = None) -> Path:
        """A CRL in PEM; days before today make one that is expired."""
        for leaf in revoked:
            self._ca(issuer, "-revoke", self.directory / f"{leaf}.pem")
        path = self.directory / f"{name or issuer}.crl.pem"
        validity = (["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"]
                    if days < 0 else ["-crldays", str(days)])
        self._ca(issuer, "-gencrl", *validity, "-out", path)
        return path

    def sign(self, content: Path, signature: Path, identity: str = "signer") -> None:
        """A detached CMS signature in DER, as openssl cms makes it."""
        who = self.identity(identity)
        chain = ["-certfile", who.chain] if who.chain else []
        host("openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256",
             "-in", content, "-out", signature, "-signer", who.certificate, "-inkey", who.key,
             *chain)

    def _authority(self, name: str, issuer: str | None = None) -> None:
        self._key(name)
        (self.directory / f"{name}.index").touch()
        (self.directory / f"{name}.serial").write_text("1000\n")
        (self.directory / f"{name}.crlnumber").write_text("01\n")
        (self.directory / f"{name}.cnf").write_text(_CA_CONFIGURATION.format(
            directory=self.directory, name=name))
        self._certificate(name, issuer or name, _CA_EXTENSIONS, "20240101000000Z",
                          "20991231235959Z")

    def _leaf(self, name: str, issuer: str, extensions: str, begin: str, end: str) -> None:
        self._key(name)
        self._certificate(name, issuer, "basicConstraints=CA:false\n" + extensions, begin, end)

    def _key(self, name: str) -> None:
        host("openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-out", self.directory / f"{name}.key")

    def _certificate(self, name: str, issuer: str, extensions: str, begin: str, end: str) -> None:
        request = self.directory / f"{name}.csr"
        host("openssl", "req", "-new", "-key", self.directory / f"{name}.key", "-out", request,
             "-subj", f"/O=update-agent tests/CN={name.replace('_', ' ')}")
        extension_file = self.directory / f"{name}.ext"
        extension_file.write_text(extensions)
        self._ca(issuer, "-notext", "-in", request, "-out", self.directory / f"{name}.pem",
                 "-extfile", extension_file, "-startdate", begin, "-enddate", end,
                 *(["-selfsign"] if name == issuer else []))

    def _ca(self, issuer: str, *arguments) -> None:
        host("openssl", "ca", "-batch", "-config", self.directory / f"{issuer}.cnf", *arguments)


def make_pki(directory: Path) -> Pki:
    shutil.rmtree(directory, ignore_errors=True)
    return Pki(directory)


_CA_CONFIGURATION = """[ca]
default_ca = this
[this]
database = {directory}/{name}.index
serial = {directory}/{name}.serial
crlnumber = {directory}/{name}.crlnumber
new_certs_dir = {directory}
certificate = {directory}/{name}.pem
private_key = {directory}/{name}.key
default_md = sha256
default_days = 3650
policy = any
unique_subject = no
[any]
organizationName = optional
commonName = supplied
"""
