/* attention_cl.h: the arguments that attention_args (call.h) passes, in its order. OpenCL only. */
#ifndef TD_NODES_ATTENTION_CL_H
#define TD_NODES_ATTENTION_CL_H

#include "attention.h"

/* S: what q, k and v are stored as */
#define ATTENTION_CL(S)                                                                           \
	__global const S *restrict q, __global const S *restrict k, __global const S *restrict v, \
		__global const uchar *restrict keys, __global const uchar *restrict mask,         \
		__global const float *restrict bias, int heads, int s, int t, int d, int e,       \
		int causal, float scale, float c, long mask_b, long mask_h, long mask_i,          \
		long mask_j, long bias_b, long bias_h, long bias_i, long bias_j

static inline attention_steps attention_steps_of(long b, long h, long i, long j)
{
	attention_steps x;
	x.b = b;
	x.h = h;
	x.i = i;
	x.j = j;
	return x;
}

static inline attention_sizes attention_sizes_of(int heads, int s, int t, int d, int e, int causal,
                                                 float scale, float c, attention_steps mask,
                                                 attention_steps bias)
{
	attention_sizes z;
	z.heads = heads;
	z.s = s;
	z.t = t;
	z.d = d;
	z.e = e;
	z.causal = causal;
	z.scale = scale;
	z.c = c;
	z.mask = mask;
	z.bias = bias;
	return z;
}

#define ATTENTION_SIZES                                                        \
	attention_sizes_of(heads, s, t, d, e, causal, scale, c,                \
	                   attention_steps_of(mask_b, mask_h, mask_i, mask_j), \
	                   attention_steps_of(bias_b, bias_h, bias_i, bias_j))

static inline attention_head attention_head_of(td_stored q, td_stored k, td_stored v, int kind,
                                               __global const float *bias,
                                               __global const uchar *keys,
                                               __global const uchar *mask, attention_sizes z,
                                               long head)
{
	attention_head x;
	x.q = q;
	x.k = k;
	x.v = v;
	x.kind = kind;
	x.bias = bias;
	x.keys = keys;
	x.mask = mask;
	return attention_head_at(x, z, head);
}

#define ATTENTION_HEAD(z, head, kind) attention_head_of(q, k, v, kind, bias, keys, mask, z, head)

#endif
