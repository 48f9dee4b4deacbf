"""The parts of bench/run.py; bench/README.md says what is measured and how."""
