/* Boxes of one tensor laid into another: 16 elements an item, or a square of 16 by 16 to be turned. Bits
 * only: a kernel for each element size. */
#include "tandem.clh"

#include "walk_cl.h"

#define MOVE(T, size)                                                                              \
	__kernel TD_WG(TD_LANES) void tensor_move_##size(                                          \
		__global const T *restrict x, __global T *restrict y, long to, long from,          \
		WALK_PARAMS, WALK_OPERAND(y), WALK_OPERAND(x))                                     \
	{                                                                                          \
		walk_item w = WALK_HERE(16);                                                       \
		if (w.left <= 0)                                                                   \
			return;                                                                    \
		x += from + WALK_AT(w, x);                                                         \
		y += to + WALK_AT(w, y);                                                           \
		if (w.left == 16 && x_step == 1 && y_step == 1)                                    \
			vstore16(vload16(0, x), 0, y);                                             \
		else                                                                               \
			for (long i = 0; i < w.left; i++)                                          \
				y[i * y_step] = x[i * x_step];                                     \
	}                                                                                          \
                                                                                                   \
	/* Rows of x lie x_step apart, their elements are neighbours; outer2 counts squares, and rows is \
	 * how many elements of a row there are: they go to rows of y, y_row apart. */              \
	__kernel TD_WG(TD_LANES) void tensor_turn_##size(                                          \
		__global const T *restrict x, __global T *restrict y, long to, long from, long rows, \
		long y_row, WALK_PARAMS, WALK_OPERAND(y), WALK_OPERAND(x))                         \
	{                                                                                          \
		walk_item w = WALK_HERE(16);                                                       \
		if (w.left <= 0)                                                                   \
			return;                                                                    \
		long down = min(rows - w.i2 * 16, (long)16);                                       \
		x += from + WALK_AT(w, x);                                                         \
		y += to + WALK_AT(w, y);                                                           \
		if (w.left == 16 && down == 16 && y_step == 1) {                                   \
			T square[16][16];                                                           \
			for (int i = 0; i < 16; i++)                                               \
				vstore16(vload16(0, x + i * x_step), 0, square[i]);                \
			for (int j = 0; j < 16; j++) {                                             \
				T row[16];                                                         \
				for (int i = 0; i < 16; i++)                                       \
					row[i] = square[i][j];                                     \
				vstore16(vload16(0, row), 0, y + j * y_row);                       \
			}                                                                          \
		} else {                                                                           \
			for (long j = 0; j < down; j++)                                            \
				for (long i = 0; i < w.left; i++)                                  \
					y[j * y_row + i * y_step] = x[i * x_step + j];             \
		}                                                                                  \
	}                                                                                          \

/* n elements with the lower bits given. */
#define FILL(T, size)                                                                              \
	__kernel TD_WG(TD_LANES) void tensor_fill_##size(__global T *restrict y, long n, long bits) \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16;                                              \
		if (i + 16 <= n)                                                                   \
			vstore16((T##16)((T)bits), 0, y + i);                                      \
		else                                                                               \
			for (; i < n; i++)                                                         \
				y[i] = (T)bits;                                                    \
	}

MOVE(uchar, 1)
MOVE(ushort, 2)
MOVE(uint, 4)
MOVE(ulong, 8)
FILL(uchar, 1)
FILL(ushort, 2)
FILL(uint, 4)
FILL(ulong, 8)
