# Eventstorm: `make run` brings up the demo, `make test` tests everything. Both install what is missing first.
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS = eventstorm eventstorm-router eventstorm-source-log eventstorm-source-host \
	eventstorm-sink-archive eventstorm-sink-live eventstorm-sink-mongo
SWIFT_FORMAT = swift format
FORMATTED = Package.swift Sources Tests $(wildcard examples bench)

.PHONY: help run test bench install setup build format lint clean

help:  ## says what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: build  ## builds and runs the demo fabric: this host's metrics and web log, archived and on a live page
	@.build/release/eventstorm up examples/demo/fabric.json5

test: lint  ## runs all tests; the last line counts and names what was skipped
	@.ci/setup test
	@.ci/test

bench:  ## measures, and compares with the last results
	@.ci/setup build
	@if [ -x bench/run ]; then bench/run; else echo "there is no bench/run yet" >&2; exit 1; fi

build:  ## builds the programs, optimised
	@.ci/setup build
	@swift build -c release

install: build  ## installs the programs below $(DESTDIR)$(PREFIX)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(PROGRAMS:%=.build/release/%) "$(DESTDIR)$(PREFIX)/bin"

setup:  ## installs what building, running and testing need
	@.ci/setup test

format:  ## formats all Swift sources in place
	@$(SWIFT_FORMAT) format --in-place --recursive --parallel $(FORMATTED)

lint:  ## says what `make format` would change, and more
	@.ci/setup build
	@$(SWIFT_FORMAT) lint --strict --recursive --parallel $(FORMATTED)

clean:  ## removes everything that was built
	rm -rf .build
