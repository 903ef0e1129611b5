"""Keys and certificates of every kind, created with the tools that people use."""

import datetime as dt
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from support import unavailable

PASSPHRASE = "correct horse, battery staple"
ENCRYPT = f'-passout "pass:{PASSPHRASE}"'

SHA256 = "openssl pkey -in $IN -pubout -outform DER | openssl dgst -sha256 -r | cut -c1-64 > $OUT"

# One shell line per file.
RECIPES = {
    "pkcs8.pem": "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $OUT",
    "pkcs1.pem": "openssl rsa -traditional -in pkcs8.pem -out $OUT",
    "pkcs8.der": "openssl pkcs8 -topk8 -nocrypt -in pkcs8.pem -outform DER -out $OUT",
    "pkcs1.der": "openssl rsa -traditional -in pkcs8.pem -outform DER -out $OUT",
    "pkcs8-aes.pem": f"openssl pkcs8 -topk8 -in pkcs8.pem {ENCRYPT} -out $OUT",
    "pkcs8-3des.pem": f"openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in pkcs8.pem {ENCRYPT} -out $OUT",
    "pkcs8-aes.der": f"openssl pkcs8 -topk8 -in pkcs8.pem {ENCRYPT} -outform DER -out $OUT",
    "pkcs1-aes.pem": f"openssl rsa -traditional -aes256 -in pkcs8.pem {ENCRYPT} -out $OUT",
    "pkcs1-3des.pem": f"openssl rsa -traditional -des3 -in pkcs8.pem {ENCRYPT} -out $OUT",
    "server.crt": "openssl req -x509 -new -key pkcs8.pem -subj /CN=sfjwt -days 30 -out $OUT",
    "server-crt.der": "openssl x509 -in server.crt -outform DER -out $OUT",
    "request.csr": "openssl req -new -key pkcs8.pem -subj /CN=sfjwt -out $OUT",
    "public.pem": "openssl pkey -in pkcs8.pem -pubout -out $OUT",
    "public-pkcs1.pem": "openssl rsa -in pkcs8.pem -RSAPublicKey_out -out $OUT",
    "public.der": "openssl pkey -in pkcs8.pem -pubout -outform DER -out $OUT",
    "server.p12": f"openssl pkcs12 -export -inkey pkcs8.pem -in server.crt {ENCRYPT} -out $OUT",
    "server-open.p12": "openssl pkcs12 -export -inkey pkcs8.pem -in server.crt -passout pass: -out $OUT",
    "server-legacy.p12": f"openssl pkcs12 -export -legacy -inkey pkcs8.pem -in server.crt {ENCRYPT} -out $OUT",
    "certificate-only.p12": f"openssl pkcs12 -export -nokeys -in server.crt {ENCRYPT} -out $OUT",
    "bags.pem": f'openssl pkcs12 -in server.p12 -passin "pass:{PASSPHRASE}" -nodes -out $OUT',
    "certificates.p7b": "openssl crl2pkcs7 -nocrl -certfile server.crt -out $OUT",
    "openssh.pem": "cp pkcs8.pem $OUT; chmod 600 $OUT; ssh-keygen -q -p -N '' -f $OUT",
    "openssh-encrypted.pem": f"cp pkcs8.pem $OUT; chmod 600 $OUT; ssh-keygen -q -p -N '{PASSPHRASE}' -f $OUT",
    "id_rsa.pub": "ssh-keygen -y -f openssh.pem > $OUT",
    "other.pem": "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out $OUT",
    "other.der": "openssl pkcs8 -topk8 -nocrypt -in other.pem -outform DER -out $OUT",
    "rsa1024.pem": "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out $OUT",
    "ec.pem": "openssl ecparam -name prime256v1 -genkey -out $OUT",
    "ec-pkcs8.pem": "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $OUT",
    "ed25519.pem": "openssl genpkey -algorithm ed25519 -out $OUT",
    "ed25519-openssh.pem": "ssh-keygen -q -t ed25519 -N '' -f $OUT",
    "dsa.pem": "openssl dsaparam -genkey -noout -out $OUT 1024",
    "fingerprint": SHA256.replace("$IN", "pkcs8.pem"),
    "other-fingerprint": SHA256.replace("$IN", "other.pem"),
}


@dataclass(frozen=True)
class KeyMaterial:
    """A directory with a file for each recipe whose tools this machine has."""

    directory: Path

    @classmethod
    def make(cls, directory: Path) -> "KeyMaterial":
        if shutil.which("openssl") and shutil.which("ssh-keygen"):
            for name, recipe in RECIPES.items():
                command = ["sh", "-ec", recipe.replace("$OUT", name)]
                subprocess.run(command, cwd=directory, check=True, capture_output=True)
        else:
            for name, content in without_tools().items():
                (directory / name).write_bytes(content)
        return cls(directory)

    def text(self, name: str) -> str:
        return self.data(name).decode()

    def data(self, name: str) -> bytes:
        if not (self.directory / name).exists():
            unavailable(f"openssl and ssh-keygen, which would make {name}, are not both installed")
        return (self.directory / name).read_bytes()

    @property
    def fingerprint(self) -> str:
        return self.text("fingerprint").strip()

    @property
    def other_fingerprint(self) -> str:
        return self.text("other-fingerprint").strip()


def without_tools() -> dict[str, bytes]:
    """Most tests use these files, created by cryptography, which also reads them. They need no programs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    encrypted = s.BestAvailableEncryption(PASSPHRASE.encode())
    public = key.public_key()
    certificate = self_signed(key)
    return {
        "pkcs8.pem": key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()),
        "pkcs1.pem": key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption()),
        "openssh.pem": key.private_bytes(s.Encoding.PEM, s.PrivateFormat.OpenSSH, s.NoEncryption()),
        "pkcs8.der": key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption()),
        "pkcs8-aes.pem": key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, encrypted),
        "pkcs8-aes.der": key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, encrypted),
        "pkcs1-aes.pem": key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, encrypted),
        "server.p12": pkcs12.serialize_key_and_certificates(b"", key, certificate, None, encrypted),
        "certificate-only.p12": pkcs12.serialize_key_and_certificates(b"", None, certificate, None, encrypted),
        "server.crt": certificate.public_bytes(s.Encoding.PEM),
        "server-crt.der": certificate.public_bytes(s.Encoding.DER),
        "public.pem": public.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo),
        "public.der": public.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo),
        "other.pem": other.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()),
        "other.der": other.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption()),
        "ed25519.pem": ed25519.Ed25519PrivateKey.generate().private_bytes(
            s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()
        ),
        "rsa1024.pem": rsa.generate_private_key(public_exponent=65537, key_size=1024).private_bytes(
            s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()
        ),
        "fingerprint": sha256(public),
        "other-fingerprint": sha256(other.public_key()),
    }


def sha256(public: rsa.RSAPublicKey) -> bytes:
    der = public.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest().encode()


def self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sfjwt")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=30)).sign(key, hashes.SHA256())
