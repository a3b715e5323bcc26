/* graph.flagged: one group, each item a piece of the rows. */
#include "tandem.clh"

#ifdef TD_CPU
#define FLAGGED_GROUP 1
#else
#define FLAGGED_GROUP 256
#endif

/* Where state is `wanted`, and how often. */
__kernel TD_WG(FLAGGED_GROUP) void graph_flagged(__global const int *restrict state, int n, int wanted,
                                                 __global int *restrict rows,
                                                 __global int *restrict count)
{
	int item = (int)get_local_id(0), piece = (n + FLAGGED_GROUP - 1) / FLAGGED_GROUP;
	int first = min(item * piece, n), end = min(first + piece, n), at = 0;
#if FLAGGED_GROUP > 1
	__local int found[FLAGGED_GROUP];
	int mine = 0;
	for (int i = first; i < end; i++)
		mine += state[i] == wanted;
	found[item] = mine;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int i = 0; i < item; i++)
		at += found[i];
#endif
	for (int i = first; i < end; i++)
		if (state[i] == wanted)
			rows[at++] = i;
	if (item == FLAGGED_GROUP - 1)
		count[0] = at;
}
