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
            -fvisibility=hidden -fPIC -Icore -Itrainer -MMD -MP

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

.PHONY: all trainer module core unit clean help

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

clean:                              ## remove what was built
	rm -rf $(BUILD)

help:                               ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' \
	    $(firstword $(MAKEFILE_LIST))

-include $(CORE_OBJ:.o=.d) $(TRAINER_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) \
         $(GROW_DRIVER_OBJ:.o=.d)
