# SPDX-License-Identifier: Apache-2.0
"""The parts of bench/run.py; bench/README.md describes the measurements."""
