# Eventstorm: `make run` brings up the demo, `make test` tests everything. Both install what is missing first.
PREFIX ?= /usr/local
DESTDIR ?=
CONFIGURATION ?= release
# The version that programs in C are linked with; it changes when what they know changes its meaning.
ABI = 0
VERSION = 0.1.0
BUILT = .build/$(CONFIGURATION)
LIBRARY = .build/library
SHARED = libeventstorm.so.$(ABI)
PROGRAMS = eventstorm eventstorm-router eventstorm-source-log eventstorm-source-host \
	eventstorm-sink-archive eventstorm-sink-live eventstorm-sink-mongo
UNITS = $(notdir $(wildcard examples/systemd/*.service))
# What a program prints with --help=FORM, as FORM:PLACE, and the directories of these places.
PAGES_OF = man:share/man/man1/$(1).1 bash:share/bash-completion/completions/$(1) \
	zsh:share/zsh/site-functions/_$(1) fish:share/fish/vendor_completions.d/$(1).fish
PAGES = $(dir $(foreach page,$(call PAGES_OF,x),$(lastword $(subst :, ,$(page)))))
OBJECTS = $(foreach module,BSON ZeroMQ Eventstorm EventstormC CSystem,$(wildcard $(BUILT)/$(module).build/*.o))
# The modules for other packages, of which `make docs` makes pages, and the C modules that theirs are built on.
DOCUMENTED = BSON BSONText Query ZeroMQ Eventstorm Routing Archive
PAGES_FOLDER = .build/docs
C_MODULES = -Xcc -fmodule-map-file=$(BUILT)/CSystem.build/module.modulemap -Xcc -ISources/CSystem/include \
	$(patsubst %,-Xcc -fmodule-map-file=%,$(wildcard Sources/C*/module.modulemap))
SWIFT_FORMAT = swift format
FORMATTED = Package.swift Sources Tests $(wildcard examples bench)

.PHONY: help run test bench docs library install uninstall setup build format lint clean

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

build:  ## builds the programs, optimised, with Swift's runtime inside
	@.ci/setup build
	@swift build -c $(CONFIGURATION) --static-swift-stdlib

# Linked anew with Swift's runtime inside and nothing visible but es_…: programs in C need no toolchain, neither to
# run nor to be linked. In the static library all is one object, so that no linker leaves out what the runtime finds by
# itself.
library: build  ## makes libeventstorm.so and libeventstorm.a, for C and C++
	@install -d $(LIBRARY)
	@swiftc -emit-library -static-stdlib -use-ld=lld -o $(LIBRARY)/$(SHARED) $(OBJECTS) -lzmq \
		-Xlinker -soname=$(SHARED) -Xlinker --version-script=Sources/EventstormC/exports.map \
		-Xlinker --gc-sections -Xlinker --strip-all
	@ln -sf $(SHARED) $(LIBRARY)/libeventstorm.so
	@runtime=$$(swiftc -print-target-info -static-stdlib | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/linux && \
	ld -r --gc-sections --force-group-allocation -o $(LIBRARY)/eventstorm.o \
		$$(nm -g --defined-only $(OBJECTS) | sed -n 's/.* T \(es_[a-z_0-9]*\)$$/-u \1/p') \
		$$runtime/$$(uname -m)/swiftrt.o $(OBJECTS) -L$$runtime \
		--start-group -lswiftSynchronization -lswiftGlibc -lswiftSwiftOnoneSupport -lswiftCore --end-group
	@objcopy --wildcard --keep-global-symbol='es_*' --strip-debug $(LIBRARY)/eventstorm.o
	@rm -f $(LIBRARY)/libeventstorm.a
	@ar crs $(LIBRARY)/libeventstorm.a $(LIBRARY)/eventstorm.o
	@for file in eventstorm eventstorm-static; do \
		sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' Sources/EventstormC/$$file.pc.in \
			> $(LIBRARY)/$$file.pc; \
	done

docs: build  ## makes pages of the libraries' interfaces in .build/docs, for a web server
	@rm -rf $(PAGES_FOLDER)
	@target=$$(swiftc -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -n 1); \
	for module in $(DOCUMENTED); do \
		install -d $(PAGES_FOLDER)/$$module.symbols && \
		swift-symbolgraph-extract -module-name $$module -I $(BUILT)/Modules $(C_MODULES) -target $$target \
			-skip-synthesized-members -output-dir $(PAGES_FOLDER)/$$module.symbols && \
		docc convert Sources/$$module/$$module.docc --additional-symbol-graph-dir $(PAGES_FOLDER)/$$module.symbols \
			--fallback-display-name $$module --fallback-bundle-identifier eventstorm.$$module \
			--warnings-as-errors --output-path $(PAGES_FOLDER)/$$module.doccarchive > /dev/null || exit 1; \
	done
	@docc merge $(DOCUMENTED:%=$(PAGES_FOLDER)/%.doccarchive) --synthesized-landing-page-name Eventstorm \
		--output-path $(PAGES_FOLDER)/pages
	@rm -rf $(DOCUMENTED:%=$(PAGES_FOLDER)/%.doccarchive) $(DOCUMENTED:%=$(PAGES_FOLDER)/%.symbols)
	@echo "python3 -m http.server -b 127.0.0.1 -d $(PAGES_FOLDER)/pages 8000    # http://127.0.0.1:8000/documentation"

install: library  ## installs programs, library, manual, units below $(DESTDIR)$(PREFIX)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/pkgconfig" "$(DESTDIR)$(PREFIX)/include"
	install -s -m 755 $(PROGRAMS:%=$(BUILT)/%) "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 $(LIBRARY)/$(SHARED) $(LIBRARY)/libeventstorm.a "$(DESTDIR)$(PREFIX)/lib"
	ln -sf $(SHARED) "$(DESTDIR)$(PREFIX)/lib/libeventstorm.so"
	install -m 644 $(LIBRARY)/*.pc "$(DESTDIR)$(PREFIX)/lib/pkgconfig"
	install -m 644 Sources/CEventstorm/include/eventstorm.h "$(DESTDIR)$(PREFIX)/include"
	install -d $(PAGES:%="$(DESTDIR)$(PREFIX)/%")
	for program in $(PROGRAMS); do \
		for page in $(call PAGES_OF,$$program); do \
			$(BUILT)/$$program --help=$${page%%:*} > "$(DESTDIR)$(PREFIX)/$${page#*:}" || exit 1; \
		done \
	done
	install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system" "$(DESTDIR)$(PREFIX)/lib/sysusers.d" \
		"$(DESTDIR)$(PREFIX)/share/doc/eventstorm/examples"
	for unit in $(UNITS); do \
		sed 's|@PREFIX@|$(PREFIX)|' examples/systemd/$$unit > "$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit" || exit 1; \
	done
	install -m 644 examples/systemd/eventstorm.conf "$(DESTDIR)$(PREFIX)/lib/sysusers.d"
	install -m 644 examples/systemd/*.json5 "$(DESTDIR)$(PREFIX)/share/doc/eventstorm/examples"
	@[ -n "$(DESTDIR)" ] || ldconfig || echo "install: programs in C find the library after 'ldconfig', as root" >&2

uninstall:  ## removes what was installed
	rm -f $(PROGRAMS:%="$(DESTDIR)$(PREFIX)/bin/%") "$(DESTDIR)$(PREFIX)"/lib/libeventstorm.* \
		"$(DESTDIR)$(PREFIX)"/lib/pkgconfig/eventstorm.pc "$(DESTDIR)$(PREFIX)"/lib/pkgconfig/eventstorm-static.pc \
		"$(DESTDIR)$(PREFIX)/include/eventstorm.h" $(UNITS:%="$(DESTDIR)$(PREFIX)/lib/systemd/system/%") \
		"$(DESTDIR)$(PREFIX)/lib/sysusers.d/eventstorm.conf"
	rm -rf "$(DESTDIR)$(PREFIX)/share/doc/eventstorm"
	for program in $(PROGRAMS); do \
		for page in $(call PAGES_OF,$$program); do rm -f "$(DESTDIR)$(PREFIX)/$${page#*:}"; done \
	done

setup:  ## installs what building, running and testing need
	@.ci/setup test

format:  ## formats all Swift sources in place
	@$(SWIFT_FORMAT) format --in-place --recursive --parallel $(FORMATTED)

lint:  ## says what `make format` would change, and more
	@.ci/setup build
	@$(SWIFT_FORMAT) lint --strict --recursive --parallel $(FORMATTED)

clean:  ## removes everything that was built
	rm -rf .build
