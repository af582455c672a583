# Eventstorm: `make run` brings up the demo, `make test` tests everything. Both install what is missing first.
PREFIX ?= /usr/local
DESTDIR ?=
# The version that programs in C are linked with; it changes when what they know changes its meaning.
ABI = 0
VERSION = 0.1.0
LIBRARY = .build/library/libeventstorm.so.$(ABI)
PROGRAMS = eventstorm eventstorm-router eventstorm-source-log eventstorm-source-host \
	eventstorm-sink-archive eventstorm-sink-live eventstorm-sink-mongo
SWIFT_FORMAT = swift format
FORMATTED = Package.swift Sources Tests $(wildcard examples bench)

.PHONY: help run test bench library install uninstall setup build format lint clean

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

# Linked anew with Swift's runtime inside and nothing exported but es_…: programs in C need no toolchain to run.
library: build  ## makes libeventstorm.so, for C and C++
	@swift build -c release --product eventstorm-c
	@install -d .build/library
	@swiftc -emit-library -static-stdlib -use-ld=lld -o $(LIBRARY) \
		$(patsubst %,.build/release/%.build/*.o,BSON ZeroMQ Eventstorm EventstormC CSystem) -lzmq \
		-Xlinker -soname=$(notdir $(LIBRARY)) -Xlinker --version-script=Sources/EventstormC/exports.map \
		-Xlinker --gc-sections -Xlinker --strip-all
	@ln -sf $(notdir $(LIBRARY)) .build/library/libeventstorm.so
	@sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' Sources/EventstormC/eventstorm.pc.in \
		> .build/library/eventstorm.pc

install: library  ## installs programs, library and header below $(DESTDIR)$(PREFIX)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/pkgconfig" "$(DESTDIR)$(PREFIX)/include"
	install -m 755 $(PROGRAMS:%=.build/release/%) "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 $(LIBRARY) "$(DESTDIR)$(PREFIX)/lib"
	ln -sf $(notdir $(LIBRARY)) "$(DESTDIR)$(PREFIX)/lib/libeventstorm.so"
	install -m 644 .build/library/eventstorm.pc "$(DESTDIR)$(PREFIX)/lib/pkgconfig"
	install -m 644 Sources/CEventstorm/include/eventstorm.h "$(DESTDIR)$(PREFIX)/include"

uninstall:  ## removes what was installed
	rm -f $(PROGRAMS:%="$(DESTDIR)$(PREFIX)/bin/%") "$(DESTDIR)$(PREFIX)/lib/libeventstorm.so" \
		"$(DESTDIR)$(PREFIX)/lib/$(notdir $(LIBRARY))" "$(DESTDIR)$(PREFIX)/lib/pkgconfig/eventstorm.pc" \
		"$(DESTDIR)$(PREFIX)/include/eventstorm.h"

setup:  ## installs what building, running and testing need
	@.ci/setup test

format:  ## formats all Swift sources in place
	@$(SWIFT_FORMAT) format --in-place --recursive --parallel $(FORMATTED)

lint:  ## says what `make format` would change, and more
	@.ci/setup build
	@$(SWIFT_FORMAT) lint --strict --recursive --parallel $(FORMATTED)

clean:  ## removes everything that was built
	rm -rf .build
