/* offsets_cl.h: where each row's entries begin, from how many it has. OpenCL only. */
#ifndef TD_NODES_GRAPH_OFFSETS_CL_H
#define TD_NODES_GRAPH_OFFSETS_CL_H

#ifdef TD_CPU
#define OFFSETS_GROUP 1
#else
#define OFFSETS_GROUP 256
#endif

/* offset[i] = the sum of count[0 … i), offset[n] = total[0] = the sum of all. One group; each item has
 * a piece of the rows. */
__kernel TD_WG(OFFSETS_GROUP) void graph_offsets(__global const int *restrict count, int n,
                                                 __global int *restrict offset,
                                                 __global int *restrict total)
{
	int item = (int)get_local_id(0), piece = (n + OFFSETS_GROUP - 1) / OFFSETS_GROUP;
	int first = min(item * piece, n), end = min(first + piece, n), at = 0;
#if OFFSETS_GROUP > 1
	__local int sums[OFFSETS_GROUP];
	int sum = 0;
	for (int i = first; i < end; i++)
		sum += count[i];
	sums[item] = sum;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int i = 0; i < item; i++)
		at += sums[i];
#endif
	for (int i = first; i < end; i++) {
		offset[i] = at;
		at += count[i];
	}
	if (item == OFFSETS_GROUP - 1) {
		offset[n] = at;
		total[0] = at;
	}
}

#endif
