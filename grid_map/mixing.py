"""Numbers that look random and are the same on every machine: for demonstration data, never for secrets."""

_MASK = (1 << 64) - 1


def mixed(*parts: int) -> int:
    """A 64-bit number from integers (splitmix64 over them); any change of any part changes it thoroughly."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state ^ (part & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def fraction(*parts: int) -> float:
    """A number in [0, 1) from integers."""
    return (mixed(*parts) >> 11) / (1 << 53)
