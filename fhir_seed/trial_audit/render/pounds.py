"""Body weights in pounds."""

_PER_10_000_KG = 22_046


def in_pounds(weight: int) -> int:
    """weight: in any fraction of a kg; rounded to the same fraction of a pound."""
    return (weight * _PER_10_000_KG + 5_000) // 10_000
