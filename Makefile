# SPDX-License-Identifier: Apache-2.0

# The entry points of the build. Each target first installs missing packages (.ci/deps, as root or
# through sudo) and repeats no work that is up to date. Meson builds; see meson.build and tests/README.md.

MESON_RELEASE = --buildtype=release -Db_lto=true -Dtests=false

.DEFAULT_GOAL := help
.PHONY: help deps build demo test instructions bench lint tidy fuzz clean

help: ## says what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

deps: ## installs the Debian packages that building and testing need (no service starts)
	@.ci/deps test && echo "deps: everything is there"

build: ## the release build: build/inlet53d, build/inlet53-gateway, build/inlet53
	@.ci/deps build
	@[ -f build/build.ninja ] || meson setup build $(MESON_RELEASE)
	@ninja -C build

demo: build ## starts conf/demo.toml on loopback, asks and calls it, shows the logs; ONCE=1 ends after that
	@python3 -u conf/demo.py build $(if $(filter-out 0,$(ONCE)),--once)

test: ## everything: units, integration with real forwarders, lint, fuzz corpus; sanitizers on
	@.ci/deps test
	@python3 -u tests/run.py $(if $(filter-out 0,$(INSTRUCTIONS)),--all)

instructions: ## instructions of each query in a release build, held against tests/instructions/bounds.toml
	@.ci/deps test
	@python3 -u tests/run.py --suite instructions

lint: ## include edges, cycles, third-party headers, formatting; TIDY=1 adds clang-tidy
	@.ci/deps test
	@python3 -u tests/run.py --suite lint
	@$(if $(filter-out 0,$(TIDY)),$(MAKE) --no-print-directory tidy)

tidy: # clang-tidy over the sources (minutes); needs the compile commands of build-asan
	@.ci/deps tidy
	@git ls-files 'src/*.cpp' | xargs -r -P 2 -n 4 clang-tidy-14 --quiet -p build-asan

fuzz: ## each fuzz target under libFuzzer for FUZZ_SECONDS (600)
	@.ci/deps fuzz
	@python3 -u tests/fuzz.py $(or $(FUZZ_SECONDS),600)

bench: build ## ours beside ten other servers: CPU, latency, memory, logs; QUICK=1 takes some 6 minutes
	@.ci/deps bench
	@meson configure build -Dbench=true && ninja -C build
	@bench/run.py $(if $(filter-out 0,$(QUICK)),--quick)

clean: ## removes the build directories, nothing else
	@rm -rf build build-asan build-tsan build-count build-fuzz
