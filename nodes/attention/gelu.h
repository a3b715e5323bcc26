/* gelu.h: both forms of gelu and their derivatives, for C (a number) and OpenCL C (16 of them). */
#ifndef TD_NODES_ATTENTION_GELU_H
#define TD_NODES_ATTENTION_GELU_H

#include "td_math.h"

enum { GELU_ERF, GELU_TANH };

#ifdef __OPENCL_C_VERSION__
#define GELU_N float16
#define GELU_K(c) ((float16)(c))
#define GELU_X(f) td_##f##_x16
#else
#define GELU_N float
#define GELU_K(c) (c)
#define GELU_X(f) td_##f
#endif

/* Of the normal distribution: the share below x. */
static inline GELU_N gelu_below(GELU_N x)
{
	return GELU_K(0.5f) * GELU_X(erfc)(x * GELU_K(-0.70710678f));
}

/* (1 + tanh(u)) / 2 = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3). */
static inline GELU_N gelu_rough(GELU_N x)
{
	return GELU_X(sigmoid)(x * (GELU_K(1.5957691f) + GELU_K(0.071354816f) * x * x));
}

static inline GELU_N gelu_of(GELU_N x, int form)
{
	return x * (form == GELU_ERF ? gelu_below(x) : gelu_rough(x));
}

/* The derivative. Beyond 16 it is 0 and 1, and squares would be Inf. */
static inline GELU_N gelu_slope(GELU_N x, int form)
{
	GELU_N c = x < GELU_K(-16.0f) ? GELU_K(-16.0f) : x > GELU_K(16.0f) ? GELU_K(16.0f) : x;
	if (form == GELU_ERF)
		return gelu_below(c) +
		       c * (GELU_K(0.39894228f) * GELU_X(exp)(c * c * GELU_K(-0.5f)));
	GELU_N s = gelu_rough(c);
	return s + c * s * (GELU_K(1.0f) - s) * (GELU_K(1.5957691f) + GELU_K(0.21406445f) * c * c);
}

#endif
