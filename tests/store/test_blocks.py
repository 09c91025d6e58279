"""Files of blocks: whole, cut off, damaged, and hostile."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store.blocks import BLOCK_BYTES_MAX, BlockWriter, begins_with, inflate, read_blocks

MAGIC = b"TYX1"
BLOCKS = (b"", b"one", b"two" * 100)


def written(path: Path) -> bytes:
    writer = BlockWriter(path, MAGIC)
    for block in BLOCKS:
        writer.add(block)
    assert writer.waiting > 300
    writer.close()
    writer.close()
    return path.read_bytes()


def read(path: Path) -> Iterator[bytes]:
    return read_blocks(path, MAGIC, lambda reason: StoreError("store.facts", path=path, reason=reason))


def test_nobody_but_the_owner_may_read_it(tmp_path: Path) -> None:
    written(tmp_path / "file")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_what_is_written_is_read_and_half_a_block_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    whole = written(path)
    assert tuple(read(path)) == BLOCKS
    assert begins_with(path, MAGIC)
    for size in range(4, len(whole)):
        path.write_bytes(whole[:size])
        found = tuple(read(path))
        assert found == BLOCKS[: len(found)]
    path.write_bytes(whole[:-1] + b"?")
    assert tuple(read(path)) == BLOCKS[:2], "a last block that was not written whole is no block"


@pytest.mark.parametrize("at", [0, 4, 21])
def test_damage_before_the_end_is_told(tmp_path: Path, at: int) -> None:
    path = tmp_path / "file"
    data = bytearray(written(path))
    data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(StoreError):
        tuple(read(path))


def test_a_length_that_no_block_has_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(MAGIC + (BLOCK_BYTES_MAX + 1).to_bytes(4, "little") + bytes(4))
        file.truncate(BLOCK_BYTES_MAX + 100)
    with pytest.raises(StoreError):
        tuple(read(path))


def test_what_unfolds_without_end_is_not_unfolded() -> None:
    folded = zlib.compress(bytes(1_000_000))
    assert inflate(folded) == bytes(1_000_000)
    with pytest.raises(ValueError, match="more than"):
        inflate(folded, 100_000)
    with pytest.raises(ValueError, match="short"):
        inflate(folded[:-5])
    with pytest.raises(ValueError):
        inflate(b"nothing that was folded")
