# touchseal: see README.md. Scripts do the work; here are their names.

GUEST := --target aarch64-unknown-linux-gnu
TAS := $(addprefix --package touchseal-,optee payment soter gatekeeper fingerprint)
TEST_TAS := $(addprefix --package touchseal-,optee simulated hostile)
TOOLBOX := qemu/toolbox
PLATFORM := qemu/build/platform.sh
SCRIPTS := $(wildcard ta/*.sh) ta/core/fuzz/rustc.sh qemu/toolbox qemu/run-in-guest qemu/guest/init qemu/guest/as qemu/guest/finger $(wildcard qemu/*/*.sh host/*/*.sh host/*/*/*.sh)

CUTS ?= 200
SEQUENCES ?= 2000
KEYS ?= 200
N ?= 1000000
PAYMENTS ?= 2000
CLIENTS ?= 8
WHERE ?= guest
FACES := $(GUEST) --package touchseal --package touchseal-hal --package touchseal-capi --features touchseal/teec,touchseal-hal/teec,touchseal-capi/teec
PROGRAMS := $(TOOLBOX) cargo build --quiet --release $(FACES) --lib --bins --examples && $(TOOLBOX) host/capi/examples/build.sh
HERE := $(TOOLBOX) cargo build --quiet --release --package touchseal
SOAK := $(TOOLBOX) cargo run --quiet --release --package touchseal-qemu --bin soak --
POWER_CUT := $(TOOLBOX) cargo run --quiet --release --package touchseal-qemu --bin power-cut --

T ?= all
SECONDS ?= 60

.PHONY: help dist sbom advisories install run shell programs header test test-host test-guest check fuzz hostile cuts power-cut soak soak-guest soak-host measure tools ta platform test-firmware platform-test clean distclean
# The scripts use all processors; two of them at once would only get in each other's way.
.NOTPARALLEL:

help:
	@echo 'make run            build everything, boot it in QEMU, make a real payment'
	@echo 'make shell          a shell in the guest, with the command line tools and the keys of make run'
	@echo 'make test           all that CI runs: check, test-host, and the suite on the real OP-TEE'
	@echo 'make test-host      the tests that need no QEMU'
	@echo 'make check          format, clippy, docs, scripts, licences: warnings are errors'
	@echo 'make fuzz           fuzz the target T (all) for SECONDS (60) each'
	@echo 'make hostile        N calls (1000000) of a client that means harm, on the real OP-TEE'
	@echo 'make power-cut      cut the power CUTS times (200) while apps pay, and look at what is left; goes on where it was ended'
	@echo 'make cuts           cut the power at every write of SEQUENCES (2000) short sequences of commands, on a model of the RPMB'
	@echo 'make soak           PAYMENTS (2000) by CLIENTS (8), some killed in the middle; WHERE=host: in a process'
	@echo 'make measure        time, RPMB reads and writes of the commands, with 1 key and with KEYS (200)'
	@echo 'make header         the C library'"'"'s header, anew from its code'
	@echo 'make install        what make programs built, under DESTDIR, in PREFIX (/usr/local)'
	@echo 'make ta             the trusted applications as signed .ta files'
	@echo 'make dist           a product'"'"'s release of them: TA_DEV_KIT_DIR, TA_SIGN_KEY, TA_SIGNER, DIST; see ta/dist.sh'
	@echo 'make sbom           CycloneDX of what is linked into them, and into the programs for Linux'
	@echo 'make advisories     RustSec'"'"'s advisories of now, about all crates'
	@echo 'make platform       only build: tools, OP-TEE, TF-A, Linux, trusted applications, firmware'
	@echo 'make platform-test  OP-TEE'"'"'s own tests of its storage, on this platform (minutes)'
	@echo 'make clean          forget programs, firmware, logs, and the emulated device with its keys'
	@echo 'make distclean      that, and every part of the platform and every download in the cache'
	@echo
	@echo 'TOUCHSEAL_CACHE     where everything is built (~/.cache/touchseal)'
	@echo 'DL_DIR              where downloads are kept, and looked for first (TOUCHSEAL_CACHE/dl)'
	@echo 'DEBIAN_MIRROR       the Debian mirror (the one that apt uses here)'
	@echo 'CUTS, N, SEED, FRESH how often make power-cut cuts in all, make hostile calls; the seed that repeats a run; FRESH=1 begins another'
	@echo 'TOUCHSEAL_EMMC      the image of the emulated device (TOUCHSEAL_CACHE/emmc.img)'

run: programs
	@$(TOOLBOX) cargo run --quiet --release --package touchseal-qemu --bin demo

test: check test-host test-guest

test-host: tools
	@$(TOOLBOX) cargo test --quiet
	@$(TOOLBOX) cargo test --quiet --package touchseal-hal
	@$(TOOLBOX) cargo test --quiet --package touchseal-mindtct --features nbis --test nbis
	@qemu/tests/bad-input.sh

test-guest: test-firmware
	@$(PROGRAMS)
	@$(HERE)
	@qemu/tests/install.sh
	@qemu/tests/dist.sh
	@qemu/tests/guest.sh
	@$(TOOLBOX) cargo run --quiet --release --package touchseal-qemu --bin demo -- --rehearse
	@$(POWER_CUT) 3 --rehearse
	@$(SOAK) 24 $(CLIENTS)

check: ta
	@$(TOOLBOX) cargo fmt --all --check
	@$(TOOLBOX) cargo clippy --quiet --all-targets --features touchseal-mindtct/nbis -- --deny warnings
	@$(TOOLBOX) cargo clippy --quiet --package touchseal-hal --all-targets -- --deny warnings
	@$(TOOLBOX) cargo clippy --quiet --package touchseal-qemu --test '*' -- --deny warnings
	@$(TOOLBOX) cargo clippy --quiet --profile ta $(GUEST) $(TAS) -- --deny warnings
	@$(TOOLBOX) cargo clippy --quiet --profile ta $(GUEST) $(TEST_TAS) -- --deny warnings
	@$(TOOLBOX) cargo clippy --quiet $(FACES) --all-targets -- --deny warnings
	@RUSTDOCFLAGS='--deny warnings' $(TOOLBOX) cargo doc --quiet --no-deps --document-private-items
	@RUSTDOCFLAGS='--deny warnings' $(TOOLBOX) cargo doc --quiet --no-deps $(GUEST) --package touchseal --features teec
	@RUSTDOCFLAGS='--deny warnings' $(TOOLBOX) cargo doc --quiet --no-deps --document-private-items --package touchseal-hal
	@RUSTDOCFLAGS='--deny warnings' $(TOOLBOX) cargo doc --quiet --no-deps --profile ta $(GUEST) $(TAS)
	@$(TOOLBOX) shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR $(SCRIPTS)
	@ta/crates.sh
	@ta/storage.sh
	@qemu/build/deny.sh

advisories: tools
	@qemu/build/deny.sh advisories

fuzz: tools
	@qemu/build/fuzz.sh $(T) $(SECONDS)

tools:
	@$(PLATFORM) tools

ta:
	@$(PLATFORM) ta

dist: tools
	@ta/dist.sh

sbom: tools
	@ta/sbom.sh

platform:
	@$(PLATFORM) all

# The platform, and firmware with a simulated sensor and a hostile TA, and of the next version.
test-firmware:
	@$(PLATFORM) tests

# The C library's header, anew from its code.
header: tools
	@TOUCHSEAL_WRITE_HEADER=1 $(TOOLBOX) cargo test --quiet --package touchseal-capi --test header the_header

# What runs in the guest, and here what looks at it.
programs: platform
	@$(PROGRAMS)
	@$(HERE)

install:
	@host/install/install.sh

hostile: test-firmware
	@TOUCHSEAL_SENSOR=simulated TOUCHSEAL_TIME_LIMIT=1000000 TOUCHSEAL_CALLS=$(N) TOUCHSEAL_SEED=$(or $(SEED),$(shell date +%s)) \
		$(TOOLBOX) cargo test --quiet $(GUEST) --package touchseal --features teec --test optee hostile::storm -- --nocapture

power-cut: programs
	@$(POWER_CUT) $(CUTS) $(if $(SEED),--seed $(SEED)) $(if $(FRESH),--fresh)

cuts: tools
	@CUT_SEQUENCES=$(SEQUENCES) $(TOOLBOX) cargo test --quiet --package touchseal-fuzz --test power_cuts -- --nocapture

soak: soak-$(WHERE)

soak-guest: programs
	@$(SOAK) $(PAYMENTS) $(CLIENTS)

soak-host: tools
	@TOUCHSEAL_SOAK=$(PAYMENTS) $(TOOLBOX) cargo test --quiet --release --package touchseal-core --test soak

measure: programs
	@$(TOOLBOX) cargo run --quiet --release --package touchseal-qemu --bin measure -- $(KEYS)

shell: programs
	@$(TOOLBOX) cargo run --quiet --package touchseal-qemu --bin guest-shell

platform-test: platform
	@qemu/tests/xtest.sh

clean:
	@qemu/build/clean.sh

distclean:
	@qemu/build/clean.sh everything
