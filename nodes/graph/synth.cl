/* graph.synth: the sources, then the rows, 16 samples an item. */
#include "tandem.clh"

#include "synth.h"

__kernel TD_WG(TD_LANES) void graph_synth_sources(__global int *restrict source, int t, ulong seed)
{
	int i = (int)get_global_id(0);
	if (i < SYNTH_SOURCES * t)
		source[i] = synth_source(seed, i / t, i % t);
}

__kernel TD_WG(TD_LANES) void graph_synth_rows(__global const int *restrict source,
                                               __global float *restrict x, int t, ulong seed)
{
	int row = (int)get_global_id(1), first = (int)get_global_id(0) * 4;
	synth_row r = synth_row_of(seed, row);
	for (int i = first; i < first + 4; i++)
		synth_four(seed, r, row, i, t, source + (long)r.first * t, source + (long)r.second * t,
		           x + (long)row * t);
}
