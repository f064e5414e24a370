"""Damage to bytes, whatever they mean: flips, cuts, blocks that are zeroed, moved, repeated or lost."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Damage = Callable[[bytes, Random], bytes]
BLOCK = 512
"""Bytes: disks and copies lose whole blocks, on their boundaries."""


def damaged(content: bytes, random: Random) -> tuple[str, bytes]:
    """The bytes after one kind of damage, and its name."""
    kind = random.choice(list(DAMAGES))
    return kind, DAMAGES[kind](content, random)


def flipped_bit(content: bytes, random: Random) -> bytes:
    """One bit is another one."""
    return _at(content, random, lambda old: old ^ (1 << random.randrange(8)))


def flipped_bytes(content: bytes, random: Random) -> bytes:
    """Up to sixteen bytes anywhere are others."""
    for _ in range(random.randint(1, 16)):
        content = _at(content, random, lambda old: random.randrange(256))
    return content


def cut_short(content: bytes, random: Random) -> bytes:
    """The end is missing."""
    return content[: random.randrange(len(content))]


def zeroed_block(content: bytes, random: Random) -> bytes:
    """A block holds zeros."""
    start, end = _block(content, random)
    return content[:start] + bytes(end - start) + content[end:]


def filled_block(content: bytes, random: Random) -> bytes:
    """A block holds ones, as erased flash memory does."""
    start, end = _block(content, random)
    return content[:start] + b"\xff" * (end - start) + content[end:]


def scrambled_block(content: bytes, random: Random) -> bytes:
    """A block holds anything."""
    start, end = _block(content, random)
    return content[:start] + random.randbytes(end - start) + content[end:]


def swapped_blocks(content: bytes, random: Random) -> bytes:
    """Two blocks of the same length stand in each other's place."""
    size = min(BLOCK, len(content) // 2)
    first, second = sorted(random.randrange(max(len(content) // max(size, 1), 1)) * size for _ in range(2))
    if second + size > len(content) or first == second:
        return content
    middle = content[first + size : second]
    return content[:first] + content[second : second + size] + middle + content[first : first + size] + content[second + size :]


def lost_block(content: bytes, random: Random) -> bytes:
    """A block is gone, and what follows moves up."""
    start, end = _block(content, random)
    return content[:start] + content[end:]


def repeated_block(content: bytes, random: Random) -> bytes:
    """A block comes twice."""
    start, end = _block(content, random)
    return content[:end] + content[start:]


def wrong_header(content: bytes, random: Random) -> bytes:
    """The first bytes are those of another file, or nothing's."""
    head = random.choice(HEADS) or random.randbytes(random.randint(1, 64))
    return head + content[len(head) :]


def _at(content: bytes, random: Random, change: Callable[[int], int]) -> bytes:
    changed = bytearray(content)
    place = random.randrange(len(changed))
    changed[place] = change(changed[place])
    return bytes(changed)


def _block(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(-(-len(content) // BLOCK)) * BLOCK
    return start, min(start + BLOCK * random.choice((1, 1, 1, 4, 16)), len(content))


HEADS = (b"\x89HDF\r\n\x1a\n", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"MATLAB 5.0 MAT-file", b"\x93NUMPY\x01\x00", b"\0" * 16, b"")

DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (
        flipped_bit,
        flipped_bytes,
        cut_short,
        zeroed_block,
        filled_block,
        scrambled_block,
        swapped_blocks,
        lost_block,
        repeated_block,
        wrong_header,
    )
}
