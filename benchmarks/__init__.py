"""How fast and how small it is: `python -m benchmarks`. One measurement per file; every figure is in `metrics.py`."""
