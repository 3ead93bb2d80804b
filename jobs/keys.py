"""The four secret keys: made once, kept outside of the home, never shown.

Each is a text file with 64 hexadecimal digits (32 random bytes), readable by its owner alone. In
the home lies only what tells a wrong key from the right one: the log's public key, as PEM
(SubjectPublicKeyInfo), and of each other key a check value, HMAC-SHA256 of a fixed text under it,
which says nothing of a key of 32 random bytes.
"""

import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from jobs.settings import Settings
from warehouse.errors import HomeError
from warehouse.home import Home

KEY_BYTES: Final = 32
NAMES: Final = ("formula", "season", "signing", "identifier")
CHECKED: Final = ("formula", "season", "identifier")  # the signing key has its public half
_HEX_DIGITS = re.compile(rb"[0-9a-fA-F]{64}")
_OTHERS_MAY = 0o077


@dataclass(frozen=True)
class Keys:
    """The secret keys of a home. Their values never appear in a repr.

    Attributes:
        formula: AES-256-GCM key of the sealed formulas.
        season: HMAC key of the formula draw.
        signing: Ed25519 key that signs the log's checkpoints.
        identifier: HMAC key of addresses and devices.
    """

    formula: bytes = field(repr=False)
    season: bytes = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)
    identifier: bytes = field(repr=False)


def key_folder(root: Path) -> Path:
    """Return the folder beside a home in which `winnow init` makes keys."""
    root = root.absolute()
    return root.with_name(f"{root.name}.keys")


def key_files(root: Path, settings: Settings) -> dict[str, Path]:
    """Return the file of each key: the one that the settings name, or the one beside the home."""
    named = {
        "formula": settings.formula_key_file,
        "season": settings.season_key_file,
        "signing": settings.signing_key_file,
        "identifier": settings.identifier_key_file,
    }
    return {name: named[name] or key_folder(root) / f"{name}.key" for name in NAMES}


def make_keys(root: Path, settings: Settings) -> tuple[Path, ...]:
    """Make the keys that are missing beside the home in `root`, and return their files.

    A key that is there already is kept. One that the settings name is never made: a wrong path in
    the environment must not become a new key.

    Raises:
        HomeError: A named key file is missing, or a key file cannot be used.
    """
    made = []
    for name, path in key_files(root, settings).items():
        if path.parent == key_folder(root) and not path.exists():
            _write_key(path)
            made.append(path)
        _read_key(name, path)
    return tuple(made)


def load_keys(home: Home, settings: Settings) -> Keys:
    """Read the secret keys of a home.

    Raises:
        HomeError: A key is missing, has the wrong size, may be read by others, or is not the one
            that this home was made with.
    """
    paths = key_files(home.root, settings)
    values = {name: _read_key(name, path) for name, path in paths.items()}
    signing = Ed25519PrivateKey.from_private_bytes(values["signing"])
    wrong = [
        name for name in CHECKED if _check_value(name, values[name]) != _load_check(home, name)
    ]
    if signing.public_key() != load_public_key(home):
        wrong.append("signing")
    if wrong:
        raise HomeError(
            f"the {wrong[0]} key {str(paths[wrong[0]])!r} is not the one this home was made with; "
            f"point WINNOW_{wrong[0].upper()}_KEY_FILE at the right one"
        )
    return Keys(values["formula"], values["season"], signing, values["identifier"])


def store_checks(home: Home, settings: Settings) -> None:
    """Write into a new home what its keys are known by: public key and check values."""
    values = {name: _read_key(name, path) for name, path in key_files(home.root, settings).items()}
    public = Ed25519PrivateKey.from_private_bytes(values["signing"]).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (home.keys / "signing.pub").write_bytes(pem)
    for name in CHECKED:
        _check_file(home, name).write_text(
            _check_value(name, values[name]) + "\n", encoding="ascii"
        )


def load_public_key(home: Home) -> Ed25519PublicKey:
    """Read the log's public key, which is all that verifying needs.

    Raises:
        HomeError: The file is missing or holds no Ed25519 public key.
    """
    path = home.keys / "signing.pub"
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise HomeError(f"the public key {str(path)!r} cannot be read") from error
    if not isinstance(public, Ed25519PublicKey):
        raise HomeError(f"{str(path)!r} holds no Ed25519 key")
    return public


def _check_value(name: str, key: bytes) -> str:
    return hmac.digest(key, f"winnow key check/{name}".encode(), "sha256").hex()


def _check_file(home: Home, name: str) -> Path:
    return home.keys / f"{name}.check"


def _load_check(home: Home, name: str) -> str:
    path = _check_file(home, name)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HomeError(
            f"the check value {str(path)!r} cannot be read, so we cannot tell whether the {name} "
            "key is this home's; restore it from a backup"
        ) from error


def _write_key(path: Path) -> None:
    """Write a new key so that no crash leaves half of one under its name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _read_key(name: str, path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        content = path.read_bytes().strip()
    except OSError as error:
        raise HomeError(
            f"the {name} key {str(path)!r} cannot be read ({error.strerror}); restore it from a "
            f"backup or name its file in WINNOW_{name.upper()}_KEY_FILE"
        ) from error
    if mode & _OTHERS_MAY:
        raise HomeError(
            f"the {name} key {str(path)!r} may be read by others; run: chmod 600 {path}"
        )
    if _HEX_DIGITS.fullmatch(content) is None:
        raise HomeError(
            f"the {name} key {str(path)!r} is not {2 * KEY_BYTES} hexadecimal digits; "
            "restore it from a backup"
        )
    return bytes.fromhex(content.decode("ascii"))
