/* graph.gcn_norm: scales of the rows, then all elements; on GPUs 16 items sum a row. */
#include "tandem.clh"

#ifdef TD_CPU

__kernel TD_WG(TD_FAT) void graph_gcn_scales(__global const float *restrict a, int n,
                                             __global float *restrict scale)
{
	int row = (int)get_global_id(0);
	if (row >= n)
		return;
	float d = td_sum(a + (long)row * n, n) + 1;
	scale[row] = d <= 0 ? 0 : 1 / sqrt(d);
}

/* 16 elements of a row. */
__kernel TD_WG(TD_LANES) void graph_gcn_norm(__global const float *restrict a,
                                             __global const float *restrict scale, int n,
                                             __global float *restrict ahat)
{
	int row = (int)get_global_id(1), from = (int)get_global_id(0) * 16;
	for (int j = from; j < min(from + 16, n); j++) {
		long at = (long)row * n + j;
		ahat[at] = scale[row] * scale[j] * (row == j ? a[at] + 1 : a[at]);
	}
}

#else

__kernel TD_WG(64) void graph_gcn_scales(__global const float *restrict a, int n,
                                         __global float *restrict scale)
{
	__local float sums[64];
	int row = (int)(get_global_id(0) / 16), lane = (int)(get_local_id(0) % 16);
	float sum = 0;
	for (int j = lane; j < n && row < n; j += 16)
		sum += a[(long)row * n + j];
	float d = td_group_sum(sum, sums) + 1;
	if (lane == 0 && row < n)
		scale[row] = d <= 0 ? 0 : 1 / sqrt(d);
}

__kernel TD_WG(TD_LANES) void graph_gcn_norm(__global const float *restrict a,
                                             __global const float *restrict scale, int n,
                                             __global float *restrict ahat)
{
	int row = (int)get_global_id(1), j = (int)get_global_id(0);
	long at = (long)row * n + j;
	if (j < n)
		ahat[at] = scale[row] * scale[j] * (row == j ? a[at] + 1 : a[at]);
}

#endif
