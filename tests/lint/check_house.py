"""The former name of check_layers.py, for scripts that still use it."""

import sys

import check_layers

sys.exit(check_layers.main())
