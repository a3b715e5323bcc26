# tandem: `make help` lists the targets, README.md says what the program is for.

# -- yours to change ------------------------------------------------------------------------------
MODE   ?= release
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
PREFIX ?= /usr/local
ARCH   ?= native
CFLAGS ?=
LDFLAGS ?=
# -- end of what is yours -------------------------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
Q := $(if $(V),,@)

VERSION := 0.1.0
CLANG   := $(findstring clang,$(CC))
OUT     := build/$(MODE)$(if $(CLANG),-clang)
GEN     := $(OUT)/gen

ifneq ($(findstring fast,$(CFLAGS)),)
$(error tandem's promise is exact arithmetic: CFLAGS must not hold -Ofast or -ffast-math)
endif

# -- packages -------------------------------------------------------------------------------------
PKGS       := lua5.4 sqlite3 libcurl OpenCL jansson libcrypto clblast
OPTIONAL   := openblas
DEB_BUILD  := gcc make pkg-config liblua5.4-dev libsqlite3-dev libcurl4-openssl-dev \
              ocl-icd-opencl-dev opencl-headers pocl-opencl-icd libjansson-dev libssl-dev \
              libclblast-dev libopenblas-dev git ca-certificates
DEB_CHECK  := libcmocka-dev clang clang-tidy clang-format clang-tools cppcheck lua-check lua5.4 \
              sqlite3 python3 python3-numpy python3-jsonschema openssl libclang-rt-14-dev curl chromium \
              libedf-dev

HAVE_OPENBLAS := $(shell pkg-config --exists openblas 2>/dev/null && echo 1)
PKG_USED      := $(PKGS) $(if $(HAVE_OPENBLAS),openblas)
PKG_CFLAGS    := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKG_USED) 2>/dev/null))
PKG_LIBS      := $(shell pkg-config --libs $(PKG_USED) 2>/dev/null)

# -- flags ----------------------------------------------------------------------------------------
WARN := -Wall -Wextra -pedantic -Wconversion -Wsign-conversion -Wdouble-promotion \
        -Wfloat-conversion -Wfloat-equal -Wshadow -Wundef -Wvla -Walloca -Wcast-qual -Wcast-align \
        -Wbad-function-cast -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations \
        -Wold-style-definition -Wwrite-strings -Wredundant-decls -Wswitch-enum -Wswitch-default \
        -Wnull-dereference -Wformat=2 -Wunused-macros -Wframe-larger-than=4096 \
        -Wimplicit-fallthrough -Wpointer-arith -Winit-self -Wno-missing-field-initializers
# Left out of the agreed list: -Wunsuffixed-float-constants, which with -pedantic would forbid every
# constant of type double. Tables of ports and parameters end their rows early on purpose, hence
# -Wno-missing-field-initializers.
WARN_GCC   := -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wrestrict -Wjump-misses-init \
              -Warith-conversion -Warray-bounds=2 -Wshift-overflow=2 -Wstringop-overflow=4 \
              -Wformat-overflow=2 -Wformat-truncation=2 -Wformat-signedness -Walloc-zero \
              -Wcast-align=strict -Wuse-after-free=3 -Wdangling-pointer=2 -Wstack-usage=4096
WARN_CLANG := -Wassign-enum -Wcomma -Wconditional-uninitialized -Wloop-analysis \
              -Wshorten-64-to-32 -Wunreachable-code-aggressive -Wextra-semi-stmt \
              -Wmissing-variable-declarations -Wnullable-to-nonnull-conversion -Wdocumentation \
              -Wthread-safety

# sanitizers and coverage grow every frame, so the two limits on frames hold elsewhere only
WIDE := -Wno-frame-larger-than -Wno-stack-usage
SANE := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all $(if $(CLANG),-Wno-frame-larger-than,$(WIDE))
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug   := -O0 -g
OPT_asan    := $(SANE) -fsanitize=address,undefined,float-cast-overflow
OPT_tsan    := $(SANE) -fsanitize=thread
OPT_fuzz    := $(SANE) -fsanitize=fuzzer-no-link,address,undefined
OPT_cov     := -O0 -g --coverage $(WIDE)
LD_asan     := -fsanitize=address,undefined
LD_tsan     := -fsanitize=thread
LD_fuzz     := -fsanitize=address,undefined
LD_cov      := --coverage
# nodes: loops are vectorised; nothing may contract, reorder or approximate
OPT_NODES   := $(if $(filter release,$(MODE)),-O3) -fno-math-errno -fno-trapping-math

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Werror $(WARN) $(if $(CLANG),$(WARN_CLANG),$(WARN_GCC)) \
             -march=$(ARCH) -ffp-contract=off -fno-fast-math -fno-common -fno-strict-aliasing -fPIC \
             -fstack-protector-strong -fstack-clash-protection -fcf-protection -pthread \
             $(OPT_$(MODE)) $(PKG_CFLAGS) -DCL_TARGET_OPENCL_VERSION=120 \
             $(if $(HAVE_OPENBLAS),-DTD_HAVE_OPENBLAS=1) -Iengine -Inodes -I$(GEN) $(CFLAGS)
ALL_LDFLAGS = -pthread -rdynamic -Wl,-z,relro,-z,now,--as-needed,--fatal-warnings $(LD_$(MODE)) $(LDFLAGS)
LIBS = $(PKG_LIBS) -lm -ldl

# -- files ----------------------------------------------------------------------------------------
NODE_C  := $(sort $(shell sed -n 's|^TD_NODE(\([a-z0-9_]*\), *[a-z0-9_]*, *\([a-z0-9_]*\)).*|nodes/\1/\2.c|p' nodes/nodes.def) \
           $(wildcard nodes/*/*_clblast.c) $(if $(HAVE_OPENBLAS),$(wildcard nodes/*/*_openblas.c)))
LIB_C   := $(sort $(wildcard engine/base/*.c engine/model/*.c engine/check/*.c engine/plan/*.c \
           engine/device/*.c engine/run/*.c engine/measure/*.c lua/*.c db/*.c)) $(NODE_C)
CLI_C   := $(sort $(wildcard engine/cli/*.c))
LIB_O   := $(LIB_C:%.c=$(OUT)/%.o) $(OUT)/gen/embed.o
CLI_O   := $(CLI_C:%.c=$(OUT)/%.o)
PROBES  := engine/measure/probe.cl
KERNELS := $(sort $(wildcard nodes/*/*.cl))
EMBED   := $(sort $(KERNELS) $(wildcard nodes/*.clh nodes/*.h nodes/*/*.h nodes/*/*.lua \
           engine/measure/*.cl lua/tandem/*.lua lua/tandem/*/*.lua lua/drivers/*.lua db/queries.sql db/migrations/*.sql))

##@ Start
deps: ## install what a fresh Debian bookworm lacks (through sudo where you are not root)
	$(Q)missing=; for p in $(DEB_BUILD) $(DEB_CHECK); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then echo "deps: nothing is missing"; exit 0; fi; \
	echo "deps: apt-get installs$$missing"; \
	sudo=; [ $$(id -u) = 0 ] || sudo=sudo; \
	$$sudo apt-get update -qq && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null

# SERIES: a .npy of your own, regions x time; without it the pipeline makes its own numbers
DEMO := build/demo
demo: deps ## build, then a pipeline on native C and OpenCL: compared, recorded, reported
	$(Q)$(MAKE) --no-print-directory all
	$(Q)mkdir -p $(DEMO) && rm -f $(DEMO)/tandem.db*
	$(Q)$(OUT)/tandem compare pipelines/brain_graph.lua $(if $(SERIES),-p series=$(SERIES)) \
	  -p k=10 -p threshold=0.3 --on native,cpu --budget 20 --out $(DEMO)/out --db $(DEMO)/tandem.db || [ $$? = 3 ]
	$(Q)$(OUT)/tandem report --db $(DEMO)/tandem.db -o $(DEMO)/report.html
	@echo "the report: $(DEMO)/report.html    the database: $(DEMO)/tandem.db"

##@ Build
all: $(OUT)/tandem $(OUT)/libtandem.so ## build build/release/tandem and libtandem.so

$(OUT)/tandem: $(CLI_O) $(OUT)/libtandem.a
	@echo "  link  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(CLI_O) -Wl,--whole-archive $(OUT)/libtandem.a -Wl,--no-whole-archive $(LIBS)

$(OUT)/libtandem.a: $(LIB_O)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/libtandem.so: $(LIB_O)
	@echo "  link  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -o $@ $^ $(LIBS)

$(OUT)/%.o: %.c | $(GEN)/build.h
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(filter nodes/%,$<),$(OPT_NODES)) -MMD -MP -c -o $@ $<

$(OUT)/gen/embed.o: $(GEN)/embed.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Kernels, Lua and SQL as bytes in the program, found by their path (engine/base/embed.h).
$(GEN)/embed.c: $(EMBED) Makefile
	@mkdir -p $(@D)
	@echo "  embed $(words $(EMBED)) files"
	$(Q){ echo '#include "base/embed.h"'; n=0; \
	for f in $(EMBED); do \
	  echo "static const unsigned char f$$n[] = { /* $$f */"; \
	  od -An -v -tx1 $$f | sed 's/ \(..\)/0x\1,/g'; echo '0};'; n=$$((n+1)); \
	done; \
	echo 'const td_embedded td_embedded_files[] = {'; n=0; \
	for f in $(EMBED); do echo "{\"$$f\", (const char *)f$$n, sizeof f$$n - 1},"; n=$$((n+1)); done; \
	echo '{0}};'; } > $@

# What built this: stored with every run. Rewritten only when it changes; several makes may do so at once.
COMMIT := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
$(GEN)/build.h: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '#define TD_VERSION "%s"\n#define TD_ARCH "$(ARCH)"\n#define TD_COMMIT "%s"\n#define TD_CFLAGS "%s"\n' \
	  '$(VERSION)' '$(COMMIT)' '$(CC) $(strip $(filter-out -W% -I%,$(ALL_CFLAGS)))' > $$new; \
	  if cmp -s $@ $$new; then rm $$new; else mv $$new $@; fi

-include $(LIB_O:.o=.d) $(CLI_O:.o=.d)

##@ Test
UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
# Caches of the tests lie under build/. PoCL leaks while it compiles. And LSan of gcc 12 guesses where the thread
# storage of libraries begins, from their calls of __tls_get_addr, and now and then dies of a wrong guess.
export POCL_CACHE_DIR ?= $(abspath build/pocl-cache)
export TANDEM_CACHE   ?= $(abspath build/cache)
export LSAN_OPTIONS   ?= suppressions=$(abspath tests/lsan.supp)
export ASAN_OPTIONS   ?= intercept_tls_get_addr=0

unit: $(UNIT:%=unit-%) ## unit tests (cmocka); one alone: make unit-test_dim

unit-%: $(OUT)/tests/%
	@mkdir -p $(POCL_CACHE_DIR)
	$(Q)$<

$(OUT)/tests/%: $(OUT)/tests/unit/%.o $(OUT)/libtandem.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libtandem.a $(shell pkg-config --libs cmocka) $(LIBS)

.SECONDARY: $(UNIT:%=$(OUT)/tests/unit/%.o) $(UNIT:%=$(OUT)/tests/%)
-include $(wildcard $(OUT)/tests/unit/*.d)

# Each tests/fuzz/fuzz_NAME.c has its seeds in tests/fuzz/corpus/NAME, and may have a NAME.dict.
FUZZ         := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60

fuzz: ## fuzz each parser for FUZZ_SECONDS (60); finds go to build/fuzz
	$(Q)$(MAKE) --no-print-directory CC=clang MODE=fuzz $(FUZZ:%=fuzz-run-%)

fuzz-replay: build-asan ## all fuzz corpora once more, under the sanitizers
	$(Q)$(MAKE) --no-print-directory MODE=asan $(FUZZ:%=fuzz-replay-%)

fuzz-run-%: $(OUT)/fuzz/%
	@mkdir -p build/fuzz/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
	  -artifact_prefix=build/fuzz/$*- $(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) \
	  build/fuzz/$* tests/fuzz/corpus/$*

fuzz-replay-%: $(OUT)/replay/%
	$(Q)$< tests/fuzz/corpus/$*

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/libtandem.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(OUT)/replay/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libtandem.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

.SECONDARY: $(FUZZ:%=$(OUT)/tests/fuzz/fuzz_%.o) $(OUT)/tests/fuzz/replay.o \
            $(FUZZ:%=$(OUT)/fuzz/%) $(FUZZ:%=$(OUT)/replay/%)
-include $(wildcard $(OUT)/tests/fuzz/*.d)

##@ Gate
# What others need is built first, on all cores; then one stage per core at a time, the long ones first; but twin
# before the sanitizers, which find its compiled kernels in the cache.
BUILDS := build-gcc build-clang build-asan
GATE   := twin tidy golden asan-twin asan-unit unit analyze faults cli edf report docs cppcheck lint-cl headers bad \
          grad guide fuzz-replay format-check layers luacheck

check: ## the whole gate: builds, tests, sanitizers, analysers; ends with "N passed, N failed"
	$(Q)tests/gate.sh $(BUILDS) -- $(GATE)

build-gcc:
	$(Q)$(MAKE) --no-print-directory CC=gcc -j$$(nproc) all
build-clang:
	$(Q)$(MAKE) --no-print-directory CC=clang -j$$(nproc) all
build-asan:
	$(Q)$(MAKE) --no-print-directory MODE=asan -j$$(nproc) all $(UNIT:%=build/asan/tests/%) $(FUZZ:%=build/asan/replay/%)

layers: ## own layer or lower, read from the #include lines
	$(Q)tests/layers.sh

# x_body.h is a template, x_cl.h is OpenCL C
HEADERS    := $(shell git ls-files 'engine/*.h' 'lua/*.h' 'db/*.h' 'nodes/*.h' | grep -v -e _body.h -e _cl.h)
HEADERS_CL := $(shell git ls-files 'nodes/*_cl.h')
headers: $(GEN)/build.h ## every header compiles alone
	$(Q)for h in $(HEADERS); do \
	  echo "#include \"$$h\"" | $(CC) $(filter-out -Wunused-macros,$(ALL_CFLAGS)) -I. -x c -fsyntax-only - || { echo "$$h does not compile alone"; exit 1; }; \
	done; for h in $(HEADERS_CL); do for c in TD_CPU TD_GPU; do \
	  printf '#include "tandem.clh"\n#include "%s"\n' $$h | $(CL_LINT) -I. -D$$c=1 -DTD_FP64=1 - || { echo "$$h does not compile alone"; exit 1; }; \
	done; done; echo "$(words $(HEADERS) $(HEADERS_CL)) headers compile alone"

twin asan-twin: export TANDEM_CLBLAST := $(abspath tests/clblast.txt)
# Last as if the device had no double precision, where eeg's doubles are made of integers.
twin: $(OUT)/tandem ## every impl of every node against ref and each other, on native and the OpenCL CPU
	$(Q)$< twin --on cpu && TANDEM_CL_CONFIG=gpu $< twin --on cpu && \
	  TANDEM_CL_CONFIG=single $< twin eeg --on cpu && TANDEM_CL_CONFIG=gpu,single $< twin eeg --on cpu

grad: $(OUT)/tandem ## every gradient rule against differences of ref
	$(Q)$< twin --grad

golden: $(OUT)/tandem ## shipped pipelines against golden answers
	$(Q)tests/golden/run $<

bad: $(OUT)/tandem ## one wrong and one right pipeline per rule
	$(Q)tests/bad/run $<

cli: $(OUT)/tandem ## the program as users meet it: wrong input, exit codes
	$(Q)tests/cli/run $<

edf: $(OUT)/tandem ## recordings beside EDFlib, which others wrote, in both directions
	$(Q)tests/edf/run $<

docs: $(OUT)/tandem ## every query of docs/sql.md
	$(Q)tests/docs.sh $<

report: $(OUT)/tandem ## the report in a real browser
	$(Q)tests/report/run $<

faults: $(OUT)/tandem ## faults planted in kernels, workers that die: all found, named, recorded
	$(Q)tests/faults/run $<

guide: $(OUT)/tandem ## docs/adding-a-node.md, followed to the letter
	$(Q)tests/guide.sh $(OUT)

asan-unit: build-asan ## unit tests under ASan and UBSan
	$(Q)$(MAKE) --no-print-directory MODE=asan unit
asan-twin: build-asan ## twins under ASan and UBSan
	$(Q)build/asan/tandem twin --on cpu

# gcc 12's -fanalyzer loses track of arrays that unrolled loops fill, which nodes are made of
ANALYZE := $(LIB_C:%.c=build/analyze/%.ok) $(CLI_C:%.c=build/analyze/%.ok)
analyze: ## gcc -fanalyzer
	$(Q)$(MAKE) --no-print-directory CC=gcc analyze-all
analyze-all: $(ANALYZE)
	@echo "$(words $(ANALYZE)) files analysed"
build/analyze/%.ok: %.c | $(GEN)/build.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 -fanalyzer $(if $(filter nodes/%,$<),-Wno-analyzer-use-of-uninitialized-value) -MMD -MP -MT $@ -c -o /dev/null $< && touch $@

TIDY := $(LIB_C:%.c=build/tidy/%.ok) $(CLI_C:%.c=build/tidy/%.ok)
# A function with too many paths to walk is cut off anyway; a third of the usual length halves the whole time.
TIDY_FLAGS = $(filter -std% -D% -I% -isystem% /%,$(ALL_CFLAGS)) -Xclang -analyzer-config -Xclang max-nodes=75000
tidy: ## clang-tidy, with clang's static analyzer
	$(Q)$(MAKE) --no-print-directory CC=clang tidy-all
tidy-all: $(TIDY)
	@echo "$(words $(TIDY)) files are tidy"
build/tidy/%.ok: %.c .clang-tidy | $(GEN)/build.h
	@mkdir -p $(@D)
	$(Q)out=$$(clang-tidy --quiet $< -- $(TIDY_FLAGS) 2>&1) \
	  || { echo "$$out"; exit 1; }; touch $@
-include $(wildcard build/analyze/*/*.d build/analyze/*/*/*.d)

cppcheck: ## cppcheck
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --max-configs=2 \
	  --enable=warning,performance,portability --suppressions-list=tests/cppcheck.txt \
	  -Iengine -I$(GEN) --library=posix '-Djson_array_foreach(a,i,v)=while(next_item(a,&i,&v))' \
	  '-Djson_object_foreach(o,k,v)=while(next_pair(o,&k,&v))' $(LIB_C) $(CLI_C)

# every kernel file by itself, for CPUs and GPUs, with and without doubles; local memory is set by one
# item and read by all behind a barrier, which -Wconditional-uninitialized does not understand
CL_LINT  = clang -x cl -cl-std=CL1.2 --target=spir64 -Xclang -finclude-default-header -fsyntax-only -Werror \
           -Weverything -Wno-unused-macros -Wno-unused-function -Wno-padded -Wno-conditional-uninitialized -Wno-vector-conversion \
           -Wno-missing-prototypes -Wno-declaration-after-statement -Inodes
lint-cl: ## clang over every .cl in each configuration
	$(Q)for f in $(KERNELS) $(PROBES); do for c in "-DTD_CPU=1 -DTD_FP64=1 -DTD_LANES=64" "-DTD_GPU=1 -DTD_FP64=1" \
	  "-DTD_CPU=1 -DTD_LANES=64 -Xclang -cl-ext=-cl_khr_fp64" "-DTD_GPU=1 -Xclang -cl-ext=-cl_khr_fp64"; do \
	  $(CL_LINT) $$c $$f || { echo "$$f with $$c"; exit 1; }; done; done; echo "$(words $(KERNELS)) kernel files, 4 configurations each"

luacheck: ## Lua of the product, the nodes and the pipelines
	$(Q)luacheck --quiet lua/tandem nodes pipelines tests/bench
	$(Q)luacheck --quiet --no-config --std lua54 --no-max-line-length lua/drivers tests/golden

format-check: ## is everything as clang-format would have it?
	$(Q)clang-format --dry-run --Werror $(shell git ls-files '*.c' '*.h') && echo "format is right"

##@ Measure
bench: $(OUT)/tandem ## paired figures against numpy, torch and OpenBLAS; rows go to build/bench/bench.db
	$(Q)tests/bench/run $< $(BENCH)

##@ Care
install: all ## into PREFIX (/usr/local): the program, the module for plain Lua, the header for plug-ins
	install -D $(OUT)/tandem $(DESTDIR)$(PREFIX)/bin/tandem
	install -D $(OUT)/libtandem.so $(DESTDIR)$(PREFIX)/lib/lua/5.4/tandem.so
	install -D -m 644 engine/tandem.h $(DESTDIR)$(PREFIX)/include/tandem.h

format: ## clang-format all C
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

FORCE:
.PHONY: deps demo all unit fuzz fuzz-replay check $(GATE) analyze-all tidy-all bench install format clean \
        help FORCE
