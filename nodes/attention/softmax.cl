/* attention.softmax, layernorm and their gradients: an item a row, 16 numbers at a time. */
#include "tandem.clh"

#include "rows.h"

__kernel TD_WG(TD_FAT) void attention_softmax(__global const float *restrict x, __global float *restrict y,
                                              long rows, long n)
{
	const long r = (long)get_global_id(0);
	if (r < rows)
		rows_softmax(x + r * n, n, y + r * n);
}

__kernel TD_WG(TD_FAT) void attention_softmax_grad(__global const float *restrict y,
                                                   __global const float *restrict dy,
                                                   __global float *restrict dx, long rows, long n)
{
	const long r = (long)get_global_id(0);
	if (r < rows)
		rows_softmax_back(y + r * n, dy + r * n, n, dx + r * n);
}

__kernel TD_WG(TD_FAT) void attention_layernorm(__global const float *restrict x,
                                                __global const float *restrict weight,
                                                __global const float *restrict bias,
                                                __global float *restrict y, long rows, long n, float eps)
{
	const long r = (long)get_global_id(0);
	if (r < rows)
		rows_layernorm(x + r * n, weight, bias, n, eps, y + r * n);
}

__kernel TD_WG(TD_FAT) void attention_layernorm_grad(__global const float *restrict x,
                                                     __global const float *restrict weight,
                                                     __global const float *restrict dy,
                                                     __global float *restrict dx,
                                                     __global float *restrict moments, long rows, long n,
                                                     float eps)
{
	const long r = (long)get_global_id(0);
	if (r < rows)
		rows_layernorm_back(x + r * n, weight, dy + r * n, n, eps, dx + r * n, moments + 2 * r);
}

__kernel TD_WG(TD_FAT) void attention_layernorm_columns(__global const float *restrict x,
                                                        __global const float *restrict dy,
                                                        __global const float *restrict moments,
                                                        __global float *restrict dweight,
                                                        __global float *restrict dbias, long rows, long n)
{
	const long i = (long)get_global_id(0) * 16;
	if (i < n)
		rows_layernorm_columns(x, dy, moments, rows, n, i, dweight, dbias);
}
