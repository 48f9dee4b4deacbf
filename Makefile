# SPDX-License-Identifier: Apache-2.0

# The entry points of the build. Each target first installs missing packages (.ci/deps, as root or
# through sudo) and repeats no work that is up to date. Meson builds; see meson.build and tests/README.md.

MESON_RELEASE = --buildtype=release -Db_lto=true -Dtests=false

.DEFAULT_GOAL := help
.PHONY: help deps build demo test instructions bench lint tidy fuzz clean

help: ## lists the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

deps: ## installs the Debian packages for building and testing (no service starts)
	@.ci/deps test && echo "deps: all packages are installed"

build: ## builds build/inlet53d, build/inlet53-gateway and build/inlet53, optimised
	@.ci/deps build
	@[ -f build/build.ninja ] || meson setup build $(MESON_RELEASE)
	@ninja -C build

demo: build ## serves conf/demo.toml on loopback, checks answers and calls, shows the logs; ONCE=1 ends after that
	@python3 -u conf/demo.py build $(if $(filter-out 0,$(ONCE)),--once)

test: ## runs all tests under sanitizers: units, integration with real forwarders, lint, fuzz corpus
	@.ci/deps test
	@python3 -u tests/run.py $(if $(filter-out 0,$(INSTRUCTIONS)),--all)

instructions: ## counts the instructions of a query in a release build; tests/instructions/bounds.toml has the bounds
	@.ci/deps test
	@python3 -u tests/run.py --suite instructions

lint: ## checks include edges, third-party headers, format, changed files with clang-tidy (TIDY=1: all)
	@.ci/deps test
	@python3 -u tests/run.py --suite lint
	@$(if $(filter-out 0,$(TIDY)),$(MAKE) --no-print-directory tidy)

tidy: # runs clang-tidy on all sources (minutes); the lint checks those that changed since the parent commit
	@.ci/deps test
	@python3 -u tests/lint/check_tidy.py --all

fuzz: ## runs each fuzz target with libFuzzer for FUZZ_SECONDS (600)
	@.ci/deps fuzz
	@python3 -u tests/fuzz.py $(or $(FUZZ_SECONDS),600)

bench: build ## compares inlet53 with other servers: CPU, latency, memory, logs; QUICK=1 takes about 6 minutes
	@.ci/deps bench
	@meson configure build -Dbench=true && ninja -C build
	@bench/run.py $(if $(filter-out 0,$(QUICK)),--quick)

clean: ## removes the build directories
	@rm -rf build build-asan build-tsan build-count build-fuzz
