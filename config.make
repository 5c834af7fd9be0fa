# facetree: what nginx's configure adds to its makefile for this addon
#
# Flags for the objects of the module, and for no other object of that nginx.
# They come last, after --with-cc-opt, because answers must be the same bits
# everywhere: a fused multiply-add would change last ones.  Target-specific
# variables need GNU make.

facetree_objs=

for facetree_src in $facetree_srcs; do
    facetree_dir=`dirname $facetree_src`
    facetree_obj=addon/`basename $facetree_dir`/`basename $facetree_src .c`
    facetree_objs="$facetree_objs $NGX_OBJS/$facetree_obj.$ngx_objext"
done

cat << END                                                    >> $NGX_MAKEFILE

$facetree_objs: override CFLAGS += $facetree_cflags

END
