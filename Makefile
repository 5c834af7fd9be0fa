# facetree: build/facetree (trainer) and build/ngx_http_facetree_module.so
#
#   NGINX_SRC=DIR   build the module against this nginx source tree instead of
#                   the installed nginx-dev
#   BUILD=DIR       where to build (default: build)
#   CFLAGS, LDFLAGS added to what bit parity needs

BUILD    ?= build
CFLAGS   ?= -O2 -g
NGINX_SRC ?=

# -ffp-contract=off: a fused multiply-add changes last bits, and with them
# trees.  Never add -ffast-math.
PARITY   := -ffp-contract=off
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wpointer-arith
DEFS     := -D_POSIX_C_SOURCE=200809L
COMPILE   = $(CC) -std=c11 -pedantic $(DEFS) $(WARN) $(CFLAGS) $(PARITY) \
            -fvisibility=hidden -fPIC -Icore -Itrainer -Itests/unit -MMD -MP

CORE_LIBS    := -ljpeg -lpng -lwebp -ljansson -lz -lcrypto -lm
TRAINER_LIBS := -lmatio -lcurl -lpthread

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
NGINX_MAKEFILE  := $(BUILD)/nginx/objs/Makefile
MODULE_SRC      := config $(wildcard ngx_http_*.[ch] core/*.[ch])

PREFIX      ?= /usr/local
MODULES_DIR ?= /usr/lib/nginx/modules
SANITIZE    := -g -O1 -fsanitize=address,undefined -fno-omit-frame-pointer

.PHONY: all trainer module core unit check bench-train asan lint install clean help

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

$(NGINX_MAKEFILE): config
	@test -e $(NGINX_TREE)/configure || test -e $(NGINX_TREE)/auto/configure \
	    || { echo "no nginx source tree in $(NGINX_TREE): install nginx-dev" \
	              "or say NGINX_SRC=DIR" >&2; exit 1; }
	@rm -rf $(BUILD)/nginx && mkdir -p $(BUILD)
	cp -aL $(NGINX_TREE) $(BUILD)/nginx
	cd $(BUILD)/nginx && flags=--with-compat && conf=./configure \
	    && { test -e $$conf || conf=auto/configure; } \
	    && if test -e conf_flags; then \
	           flags=$$(bash -c '. ./conf_flags; echo "$${NGX_CONF_FLAGS[@]}"'); \
	       fi \
	    && $$conf $$flags --with-cc-opt='$(MODULE_CC_OPT)' \
	           --with-ld-opt='$(MODULE_LD_OPT)' \
	           --add-dynamic-module='$(CURDIR)' > configure.log \
	    || { tail -n 20 configure.log >&2; rm -f objs/Makefile; exit 1; }

$(MODULE): $(NGINX_MAKEFILE) $(MODULE_SRC)
	$(MAKE) -C $(BUILD)/nginx -f objs/Makefile modules
	cp $(BUILD)/nginx/objs/$(@F) $@

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

check:                              ## install what tests need, run them all
	./tests/run.sh

bench-train: trainer                ## training, beside scikit-learn
	/usr/bin/python3 tests/bench/bench_train.py $(BENCH_ARGS)

asan:                               ## unit tests under ASan and UBSan
	$(MAKE) BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' unit
	ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1 \
	    $(BUILD)/asan/unit-tests -j2

lint:                               ## style, cppcheck, shellcheck
	tests/style.sh
	shellcheck demo.sh tests/*.sh .ci/run
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -Icore \
	    -Itrainer --enable=warning,portability core trainer

install: all                        ## trainer to PREFIX/bin, module to nginx
	install -D -m 755 $(TRAINER) $(DESTDIR)$(PREFIX)/bin/facetree
	install -D -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/$(notdir $(MODULE))

clean:                              ## remove what was built
	rm -rf $(BUILD)

help:                               ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' \
	    $(firstword $(MAKEFILE_LIST))

-include $(CORE_OBJ:.o=.d) $(TRAINER_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) \
         $(GROW_DRIVER_OBJ:.o=.d)
