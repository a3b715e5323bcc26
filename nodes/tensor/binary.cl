/* Operations on two tensors, broadcast to each other: 16 results an item. The operation is a number, so
 * that one program holds few kernels. */
#include "tandem.clh"

#include "binary.h"
#include "td_math.h"
#include "vectors_cl.h"
#include "walk_cl.h"

/* min and max: NaN of either comes through; of two zeros the first. */
#define PICK(mask, b, a) select(a, b, mask)

#define ARITH(T, MIN, MAX, DIV, POW)                                                         \
	static inline T##16 arith_##T(int op, T##16 a, T##16 b)                                    \
	{                                                                                          \
		switch (op) {                                                                      \
		case TENSOR_ADD:                                                                   \
			return a + b;                                                              \
		case TENSOR_SUB:                                                                   \
			return a - b;                                                              \
		case TENSOR_MUL:                                                                   \
			return a * b;                                                              \
		case TENSOR_MINIMUM:                                                               \
			return MIN;                                                                \
		case TENSOR_MAXIMUM:                                                               \
			return MAX;                                                                \
		case TENSOR_DIV:                                                                   \
			return DIV;                                                                \
		default:                                                                           \
			return POW;                                                                \
		}                                                                                  \
	}                                                                                          \
	__kernel TD_WG(TD_LANES) void tensor_arith_##T(                                            \
		__global const T *restrict a, __global const T *restrict b, __global T *restrict y, \
		int op, WALK_PARAMS, WALK_OPERAND(y), WALK_OPERAND(a), WALK_OPERAND(b))            \
	{                                                                                          \
		walk_item w = WALK_HERE(16);                                                       \
		if (w.left <= 0)                                                                   \
			return;                                                                    \
		store_##T(arith_##T(op, load_##T(a + WALK_AT(w, a), a_step, w.left),               \
		                    load_##T(b + WALK_AT(w, b), b_step, w.left)),                  \
		          y + WALK_AT(w, y), w.left);                                              \
	}

#define COMPARE(T)                                                                                 \
	static inline uchar16 compare_##T(int op, T##16 a, T##16 b)                                \
	{                                                                                          \
		switch (op) {                                                                      \
		case TENSOR_LESS:                                                                  \
			return TRUTH(a < b);                                                       \
		case TENSOR_LESS_EQUAL:                                                            \
			return TRUTH(a <= b);                                                      \
		case TENSOR_GREATER:                                                               \
			return TRUTH(a > b);                                                       \
		case TENSOR_GREATER_EQUAL:                                                         \
			return TRUTH(a >= b);                                                      \
		case TENSOR_EQUAL:                                                                 \
			return TRUTH((a <= b) & (a >= b));                                         \
		default:                                                                           \
			return (uchar16)(1) - TRUTH((a <= b) & (a >= b));                              \
		}                                                                                  \
	}                                                                                          \
	__kernel TD_WG(TD_LANES) void tensor_compare_##T(                                          \
		__global const T *restrict a, __global const T *restrict b,                        \
		__global uchar *restrict y, int op, WALK_PARAMS, WALK_OPERAND(y), WALK_OPERAND(a), \
		WALK_OPERAND(b))                                                                   \
	{                                                                                          \
		walk_item w = WALK_HERE(16);                                                       \
		if (w.left <= 0)                                                                   \
			return;                                                                    \
		store_uchar(compare_##T(op, load_##T(a + WALK_AT(w, a), a_step, w.left),           \
		                        load_##T(b + WALK_AT(w, b), b_step, w.left)),              \
		            y + WALK_AT(w, y), w.left);                                            \
	}

#define TRUTH(m) (convert_uchar16(m) & (uchar16)(1))

ARITH(float, PICK((b < a) | isnan(b), b, a), PICK((a < b) | isnan(b), b, a), a / b, td_pow_x16(a, b))
ARITH(int, min(a, b), max(a, b), a, a)
ARITH(long, min(a, b), max(a, b), a, a)
COMPARE(float)
COMPARE(int)
COMPARE(long)
COMPARE(uchar)
#ifdef TD_FP64
ARITH(double, PICK((b < a) | isnan(b), b, a), PICK((a < b) | isnan(b), b, a), a / b, a)
COMPARE(double)
#endif

static inline uchar16 logic(int op, uchar16 a, uchar16 b)
{
	uchar16 p = TRUTH(a != (uchar16)(0)), q = TRUTH(b != (uchar16)(0));
	return op == TENSOR_AND ? p & q : op == TENSOR_OR ? p | q : p ^ q;
}

__kernel TD_WG(TD_LANES) void tensor_logic(__global const uchar *restrict a,
                                           __global const uchar *restrict b,
                                           __global uchar *restrict y, int op, WALK_PARAMS,
                                           WALK_OPERAND(y), WALK_OPERAND(a), WALK_OPERAND(b))
{
	walk_item w = WALK_HERE(16);
	if (w.left > 0)
		store_uchar(logic(op, load_uchar(a + WALK_AT(w, a), a_step, w.left),
		                  load_uchar(b + WALK_AT(w, b), b_step, w.left)),
		            y + WALK_AT(w, y), w.left);
}
