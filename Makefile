# facetree: build/facetree (trainer) and build/ngx_http_facetree_module.so
#
#   NGINX_SRC=DIR   build the module against this nginx source tree instead of
#                   the installed nginx-dev
#   NGINX_FLAGS='--with-compat --with-threads'
#                   configure that tree with these, where it is not Debian's
#   BUILD=DIR       where to build (default: build)
#   FACETREE_NO='JPEG PNG WEBP'
#                   build without these libraries, into build/no-...;
#                   docs/images.md says what is decoded then
#   CFLAGS, LDFLAGS added to what bit parity needs

FACETREE_NO ?=
empty       :=
BUILD    ?= build$(if $(FACETREE_NO),/no-$(subst $(empty) $(empty),-,$(strip \
                                                      $(FACETREE_NO))))
CFLAGS   ?= -O2 -g
NGINX_SRC ?=
NGINX_FLAGS ?= --with-compat

# -ffp-contract=off: a fused multiply-add changes last bits, and with them
# trees.  Never add -ffast-math.
PARITY   := -ffp-contract=off
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wpointer-arith
DEFS     := -D_POSIX_C_SOURCE=200809L $(FACETREE_NO:%=-DFACETREE_NO_%)
COMPILE   = $(CC) -std=c11 -pedantic $(DEFS) $(WARN) $(CFLAGS) $(PARITY) \
            -fvisibility=hidden -fPIC -Icore -Itrainer -Itests/unit -MMD -MP

IMAGE_LIBS   := $(if $(filter JPEG,$(FACETREE_NO)),,-ljpeg) \
                $(if $(filter PNG,$(FACETREE_NO)),,-lpng) \
                $(if $(filter WEBP,$(FACETREE_NO)),,-lwebp)
CORE_LIBS    := $(IMAGE_LIBS) -ljansson -lz -lcrypto -lm
TRAINER_LIBS := -lpng -lmatio -lcurl -lpthread

CORE_SRC     := $(sort $(wildcard core/*.c))
TRAINER_SRC  := $(sort $(wildcard trainer/*.c))
UNIT_SRC     := $(sort $(wildcard tests/unit/*.c))

CORE_OBJ     := $(CORE_SRC:%.c=$(BUILD)/obj/%.o)
TRAINER_OBJ  := $(TRAINER_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_OBJ     := $(UNIT_SRC:%.c=$(BUILD)/obj/%.o)

TRAINER      := $(BUILD)/facetree
CORE         := $(BUILD)/libfacetree.a
MODULE       := $(BUILD)/ngx_http_facetree_module.so

# The module is configured inside a copy of the nginx tree, never in the
# tree itself.  The installed nginx-dev brings the flags it was built with.
NGINX_INSTALLED := /usr/share/nginx/src
NGINX_TREE      := $(or $(NGINX_SRC),$(NGINX_INSTALLED))
MODULE_CC_OPT   ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
MODULE_LD_OPT   ?= -Wl,-z,relro -Wl,-z,now
ADDON           := $(CURDIR)
NGINX_MAKEFILE  := $(BUILD)/nginx/objs/Makefile
MODULE_SRC      := config config.make $(wildcard ngx_http_*.[ch] core/*.[ch])

PREFIX      ?= /usr/local
MODULES_DIR ?= /usr/lib/nginx/modules
MAN_DIR     ?= $(PREFIX)/share/man/man1
VERSION     := $(shell sed -n 's/^.define FACETREE_VERSION *"\(.*\)"/\1/p' \
                   core/facetree.h)
SANITIZE    := -g -O1 -fsanitize=address,undefined -fno-omit-frame-pointer

.PHONY: all trainer module core unit check asan lint screenshots install \
        clean help man dist deb floor fresh image image-programs bench bench-docs \
        bench-accuracy bench-growth bench-image bench-profile bench-serve \
        bench-train bench-work endure fuzz fuzz-regress memcheck fuzz-targets \
        replay-targets

all: trainer module                 ## the trainer and the module (default)

trainer: $(TRAINER)                 ## build/facetree

core: $(CORE)                       ## build/libfacetree.a

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(CORE): $(CORE_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(TRAINER): $(TRAINER_OBJ) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) $(TRAINER_LIBS) -o $@

module: $(MODULE)                   ## build/ngx_http_facetree_module.so

$(NGINX_MAKEFILE): config config.make
	@test -e $(NGINX_TREE)/configure || test -e $(NGINX_TREE)/auto/configure \
	    || { echo "no nginx source tree in $(NGINX_TREE): install nginx-dev" \
	              "or say NGINX_SRC=DIR" >&2; exit 1; }
	@rm -rf $(BUILD)/nginx && mkdir -p $(BUILD)
	cp -aL $(NGINX_TREE) $(BUILD)/nginx
	cd $(BUILD)/nginx && flags='$(NGINX_FLAGS)' && conf=./configure \
	    && { test -e $$conf || conf=auto/configure; } \
	    && if test -e conf_flags; then \
	           flags=$$(bash -c '. ./conf_flags; echo "$${NGX_CONF_FLAGS[@]}"'); \
	       fi \
	    && FACETREE_NO='$(FACETREE_NO)' $$conf $$flags --with-cc-opt='$(MODULE_CC_OPT)' \
	           --with-ld-opt='$(MODULE_LD_OPT)' \
	           --add-dynamic-module='$(ADDON)' > configure.log \
	    || { tail -n 20 configure.log >&2; rm -f objs/Makefile; exit 1; }

# The configured tree holds the path of this one: not of use after a move.
ifeq ($(shell test ! -e $(NGINX_MAKEFILE) \
          || grep -qF '$(CURDIR)/ngx_' $(NGINX_MAKEFILE) || echo moved),moved)
$(NGINX_MAKEFILE): FORCE
FORCE:
endif

$(MODULE): $(NGINX_MAKEFILE) $(MODULE_SRC)
	$(MAKE) -C $(BUILD)/nginx -f objs/Makefile modules
	cp $(BUILD)/nginx/objs/$(@F) $@

# The floor of the benchmarks: a handler that only reads the body.
FLOOR := $(BUILD)/ngx_http_floor_module.so

floor: $(FLOOR)

ifneq ($(FLOOR),)
$(FLOOR): tests/bench/floor/config tests/bench/floor/ngx_http_floor_module.c
	$(MAKE) BUILD=$(BUILD)/floor ADDON=$(CURDIR)/tests/bench/floor \
	    MODULE_SRC='$^' MODULE=$(BUILD)/floor/$(@F) FLOOR= module
	cp $(BUILD)/floor/$(@F) $@
endif

unit: $(BUILD)/unit-tests           ## the unit tests' program

$(BUILD)/unit-tests: $(UNIT_OBJ) $(filter-out %/main.o,$(TRAINER_OBJ)) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -lcriterion $(CORE_LIBS) $(TRAINER_LIBS) -o $@

# Grows problems given as JSON; tests/integration/compare_sklearn.py asks it.
GROW_DRIVER_OBJ := $(BUILD)/obj/tests/integration/grow_driver.o \
                   $(BUILD)/obj/tests/unit/grow_json.o

$(BUILD)/obj/tests/integration/grow_driver.o: COMPILE += -Itests/unit

$(BUILD)/grow-driver: $(GROW_DRIVER_OBJ) \
                      $(filter-out %/main.o,$(TRAINER_OBJ)) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) $(TRAINER_LIBS) -o $@

# Decodes pictures named on its input; tests/integration/compare_pillow.py
# asks it.
DECODE_DRIVER_OBJ := $(BUILD)/obj/tests/integration/decode_gray.o

$(BUILD)/decode-gray: $(DECODE_DRIVER_OBJ) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) -o $@

# Fuzzing.  Each target is built twice: with libFuzzer, by clang, and with
# tests/fuzz/replay.c, by CC, which reads inputs instead of making them up.
# The seeds are written by a program; pictures that lie in ../shared are read
# there, where they are.
FUZZ_TARGETS := accept image_decode inference model_load multipart
FUZZ_DIR     := $(BUILD)/fuzz
FUZZ_SEEDS   := $(FUZZ_DIR)/seeds
SECONDS      ?= 60
FUZZ_SHARED   = $(wildcard $(or $(FACETREE_SHARED),../shared)/images)
FUZZ_EXTRA_image_decode = $(wildcard $(FUZZ_SHARED)/good $(FUZZ_SHARED)/bad)
FUZZ_HARD    := -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZ_RUN      = -max_total_time=$(SECONDS) -timeout=20 -rss_limit_mb=2048 \
                -print_final_stats=1 -artifact_prefix=$(FUZZ_DIR)/

SEEDS_OBJ := $(BUILD)/obj/tests/fuzz/seeds.o \
             $(BUILD)/obj/tests/fuzz/seeds_pictures.o \
             $(BUILD)/obj/tests/unit/fixture_forest.o

$(FUZZ_DIR)/seeds-program: $(SEEDS_OBJ) \
                           $(filter-out %/main.o,$(TRAINER_OBJ)) $(CORE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) $(TRAINER_LIBS) -ljpeg -lpng \
	    -lwebp -lcriterion -o $@

$(FUZZ_SEEDS): $(FUZZ_DIR)/seeds-program
	rm -rf $@
	$< $@
	@touch $@

# A model to ask, made as in the unit tests.
FUZZ_MODEL_OBJ := $(BUILD)/obj/tests/unit/fixture_forest.o \
                  $(patsubst %.c,$(BUILD)/obj/%.o,trainer/pairwise.c \
                    $(wildcard trainer/model_*.c))

$(BUILD)/fuzz_inference $(BUILD)/replay_inference: $(FUZZ_MODEL_OBJ)
$(BUILD)/fuzz_inference $(BUILD)/replay_inference: \
    CORE_LIBS := $(CORE) -lcriterion $(CORE_LIBS)

# Kept, though nothing names them but patterns.
.SECONDARY: $(FUZZ_TARGETS:%=$(BUILD)/obj/tests/fuzz/fuzz_%.o) \
            $(BUILD)/obj/tests/fuzz/replay.o

# The two ways to build: sub-makes of this file, with other flags.
fuzz-targets: $(FUZZ_TARGETS:%=$(BUILD)/fuzz_%)
replay-targets: $(FUZZ_TARGETS:%=$(BUILD)/replay_%)

$(BUILD)/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(CORE)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(CORE_LIBS) -o $@

$(BUILD)/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o \
                   $(BUILD)/obj/tests/fuzz/replay.o $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) -o $@

fuzz: $(FUZZ_SEEDS)                 ## run each fuzzer for SECONDS=60
	$(MAKE) CC=clang BUILD=$(FUZZ_DIR)/clang fuzz-targets CFLAGS='$(FUZZ_HARD) \
	    -fsanitize=fuzzer-no-link,address,undefined'
	set -e; $(foreach t,$(FUZZ_TARGETS), \
	    mkdir -p $(FUZZ_DIR)/corpus/$t; \
	    nice -n 15 $(FUZZ_DIR)/clang/fuzz_$t $(FUZZ_RUN) \
	        $(addprefix -dict=,$(wildcard tests/fuzz/$t.dict)) \
	        $(FUZZ_DIR)/corpus/$t $(FUZZ_SEEDS)/$t $(FUZZ_EXTRA_$t) \
	        $(wildcard tests/fuzz/crashers/$t);)

fuzz-regress: $(FUZZ_SEEDS)         ## replay seeds and crashers, mutated too
	$(MAKE) BUILD=$(FUZZ_DIR)/replay replay-targets CFLAGS='$(FUZZ_HARD) \
	    -fsanitize=address,undefined'
	set -e; $(foreach t,$(FUZZ_TARGETS), \
	    $(FUZZ_DIR)/replay/replay_$t -m 100 $(FUZZ_SEEDS)/$t \
	        $(wildcard tests/fuzz/crashers/$t);)

# The code that libjpeg-turbo picks for wide registers reads whole ones, past
# what was written, and drops the rest; memcheck cannot tell.  So it runs
# without: JSIMD_FORCENONE.
MEMCHECK := JSIMD_FORCENONE=1 valgrind --quiet --error-exitcode=99 \
            --leak-check=full --show-leak-kinds=definite,indirect,possible \
            --errors-for-leak-kinds=definite,indirect,possible \
            --track-origins=yes

memcheck: $(FUZZ_SEEDS) replay-targets  ## decode all pictures under valgrind
	set -e; $(foreach t,$(FUZZ_TARGETS), \
	    $(MEMCHECK) $(BUILD)/replay_$t $(FUZZ_SEEDS)/$t $(FUZZ_EXTRA_$t) \
	        $(wildcard tests/fuzz/crashers/$t);)

BENCH_IMAGE_OBJ := $(BUILD)/obj/tests/bench/bench_image.o

$(BUILD)/bench-image: $(BENCH_IMAGE_OBJ) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) -o $@

bench-image: $(BUILD)/bench-image   ## time and memory of decoding, vs Pillow
	tests/bench/bench_image.py --driver $<

# Estimates of work beside what is measured.
BENCH_WORK_OBJ := $(BUILD)/obj/tests/bench/bench_work.o \
                  $(BUILD)/obj/tests/unit/large.o

$(BUILD)/bench-work: $(BENCH_WORK_OBJ) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CORE_LIBS) -lpng -o $@

bench-work: $(BUILD)/bench-work     ## estimated work of decoding, vs measured
	$<

bench-serve: all floor $(BUILD)/bench-image  ## serving: CPU, p99, memory
	tests/bench/bench_serve.py $(BENCH_ARGS)

# The container's own two programs, and the image.
image-programs: $(BUILD)/facetree-start $(BUILD)/facetree-probe

$(BUILD)/facetree-%: conf/container/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -pedantic $(WARN) $(MODULE_CC_OPT) $(MODULE_LD_OPT) $< -o $@

IMAGE_NAME ?= facetree:0.1.0
CONTAINERS ?= $(or $(shell command -v docker),podman)

image:                              ## the container image, IMAGE_NAME=NAME
	$(CONTAINERS) build -t $(IMAGE_NAME) \
	    --build-arg IMAGE_NAME=$(firstword $(subst :, ,$(IMAGE_NAME))) \
	    --build-arg REVISION=$$(git rev-parse HEAD 2> /dev/null || echo unknown) \
	    --build-arg CREATED=$$(date -u +%Y-%m-%dT%H:%M:%SZ) .

BENCH_NEEDS := $(FLOOR) $(BUILD)/bench-image $(BUILD)/grow-driver \
               $(BUILD)/decode-gray

bench: all $(BENCH_NEEDS)           ## beside Flask, with the table of goals
	/usr/bin/python3 tests/bench/bench.py $(BENCH_ARGS)

bench-growth: all                   ## how cost grows with models, trees, ...
	/usr/bin/python3 tests/bench/growth.py $(BENCH_ARGS)

bench-profile: all floor            ## instructions, system calls of a request
	/usr/bin/python3 tests/bench/profile.py

bench-docs:                         ## the last runs into tables and charts
	/usr/bin/python3 tests/bench/docs.py

fresh:                              ## both commands on fresh Debian 12 and 13
	tests/deploy/fresh.sh $(FRESH_ARGS)

check:                              ## install what tests need, run them all
	./tests/run.sh

bench-train: trainer                ## training, beside scikit-learn
	/usr/bin/python3 tests/bench/bench_train.py $(BENCH_ARGS)

bench-accuracy: trainer             ## accuracy over 30 splits, and when changed
	/usr/bin/python3 tests/bench/bench_accuracy.py $(BENCH_ARGS)

MINUTES ?= 10

endure: all                         ## MINUTES=10 of a bad day, and sanitized
	/usr/bin/python3 tests/endure/endure.py --minutes $(MINUTES) \
	    --report $(BUILD)/endure/normal.json
	FACETREE_NGINX=$$(tests/integration/build_nginx.sh asan | tail -n 1) \
	    FACETREE_MODULE= /usr/bin/python3 tests/endure/endure.py --rate 20 \
	    --minutes $(MINUTES) --report $(BUILD)/endure/sanitized.json

asan:                               ## unit tests under ASan and UBSan
	$(MAKE) BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' unit
	ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1 \
	    $(BUILD)/asan/unit-tests -j2

lint: module                        ## style, clang-tidy, cppcheck and others
	tests/style.sh
	tests/lint.sh

screenshots: all                    ## the page's main states, as PNG
	tests/browser/run.sh --screenshots $(BUILD)/screenshots

# Man pages are made of the help texts, so that the two say the same.
man: $(BUILD)/man/stamp             ## man pages of facetree and its verbs

$(BUILD)/man/stamp: $(TRAINER) trainer/man.awk
	@rm -rf $(@D) && mkdir -p $(@D)
	set -e; man() { awk -v version=$(VERSION) "$$@" -f trainer/man.awk; }; \
	verbs=$$($(TRAINER) --help | awk '/^  [a-z]/ { print $$1 }'); \
	for verb in $$verbs; do \
	    $(TRAINER) $$verb --help | man -v verb=$$verb \
	        > $(@D)/facetree-$$verb.1; \
	done; \
	$(TRAINER) --help | man -v verbs="$$(echo $$verbs)" > $(@D)/facetree.1
	@touch $@

install: all man                    ## trainer and man pages, module to nginx
	install -D -m 755 $(TRAINER) $(DESTDIR)$(PREFIX)/bin/facetree
	install -D -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/$(notdir $(MODULE))
	install -d $(DESTDIR)$(MAN_DIR)
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(MAN_DIR)

# What git knows and what it would be told, or, without git, everything that
# was not built.  The same files give the same bytes.
DIST := $(BUILD)/facetree-$(VERSION)

dist:                               ## a tarball of the sources
	@mkdir -p $(BUILD)
	{ if git rev-parse -q --verify HEAD > /dev/null 2>&1; then \
	      git ls-files --cached --others --exclude-standard; \
	  else \
	      find . \( -type f -o -type l \) -not -path './$(BUILD)/*' \
	          -not -path '*/node_modules/*' -printf '%P\n'; \
	  fi; } | LC_ALL=C sort \
	| while read -r file; do test ! -e "$$file" || echo "$$file"; done \
	| tar --create --gzip --file $(DIST).tar.gz --files-from - --mode=go=rX \
	      --owner=0 --group=0 --numeric-owner \
	      --mtime=@$${SOURCE_DATE_EPOCH:-$$(dpkg-parsechangelog -S timestamp)} \
	      --transform 's|^|$(notdir $(DIST))/|S'

# Built in a copy, since packaging writes into the tree and beside it.  The
# module fits one nginx, so the packages are those of one release, and say so
# in their version: 0.1.0~debian12 makes room for 0.1.0~debian13.
deb: dist                           ## Debian packages, into build/deb
	rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	tar -C $(BUILD)/deb -xf $(DIST).tar.gz
	. /etc/os-release && release="~$$ID$$VERSION_ID" \
	    && sed -i "1s/) [a-z]*;/$$release) $${VERSION_CODENAME:-unstable};/" \
	        $(BUILD)/deb/$(notdir $(DIST))/debian/changelog
	cd $(BUILD)/deb/$(notdir $(DIST)) && dpkg-buildpackage -us -uc -b
	rm -rf $(BUILD)/deb/$(notdir $(DIST))
	ls $(BUILD)/deb/*.deb

clean:                              ## remove what was built
	rm -rf $(BUILD)

help:                               ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' \
	    $(firstword $(MAKEFILE_LIST))

-include $(CORE_OBJ:.o=.d) $(TRAINER_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) \
         $(GROW_DRIVER_OBJ:.o=.d) $(DECODE_DRIVER_OBJ:.o=.d) \
         $(BENCH_IMAGE_OBJ:.o=.d) $(BENCH_WORK_OBJ:.o=.d) \
         $(SEEDS_OBJ:.o=.d) \
         $(wildcard $(BUILD)/obj/tests/fuzz/*.d)
