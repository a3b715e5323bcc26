/* graph.adjacency: zeros, then every edge raises its two elements. Weights above 0 are ordered as their
 * bits are, so the largest is the same in any order. */
#include "tandem.clh"

__kernel TD_WG(TD_LANES) void graph_adjacency_clear(__global int *restrict a, long n)
{
	for (long i = (long)get_global_id(0) * 16, end = min(i + 16, n); i < end; i++)
		a[i] = 0;
}

__kernel TD_WG(TD_LANES) void graph_adjacency_raise(__global const int *restrict src,
                                                    __global const int *restrict dst,
                                                    __global const float *restrict weight, int edges,
                                                    int n, __global int *restrict a)
{
	int e = (int)get_global_id(0);
	if (e >= edges || src[e] < 0 || src[e] >= n || dst[e] < 0 || dst[e] >= n)
		return;
	float w = weight[e];
	int bits = isnan(w) ? 0x7fc00000 : w > 0 ? as_int(w) : 0;
	atomic_max(&a[(long)src[e] * n + dst[e]], bits);
	atomic_max(&a[(long)dst[e] * n + src[e]], bits);
}
