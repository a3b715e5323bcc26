/* graph.synth: the sources, then the rows, 16 samples an item. */
#include "tandem.clh"

#include "synth.h"

__kernel TD_WG(TD_LANES) void graph_synth_sources(__global int *restrict source, int t, uint seed)
{
	int i = (int)get_global_id(0);
	if (i < SYNTH_SOURCES * t)
		source[i] = synth_source(seed, i / t, i % t);
}

__kernel TD_WG(TD_LANES) void graph_synth_rows(__global const int *restrict source,
                                               __global float *restrict x, int n, int t, uint seed)
{
	int row = (int)get_global_id(1), from = (int)get_global_id(0) * 16;
	synth_row r = synth_row_of(seed, row);
	for (int s = from; s < min(from + 16, t); s++)
		x[(long)row * t + s] = synth_sample(seed, r, row, s, source[r.first * t + s],
		                                    source[r.second * t + s]);
}
