/* tensor.matmul: on CPUs an item a block of rows by a panel of columns; on GPUs a group of 16 x 16 items a
 * square of 64 x 64, each item 4 x 4 sums. */
#include "tandem.clh"

#include "td_product.h"

/* a(i, k) = a[batch a_batch + i a_row + k a_col], b alike; c is row-major. */
#define PARAMS                                                                                     \
	int m, int n, int k, long a_batch, long a_row, long a_col, long b_batch, long b_row, long b_col

#ifdef TD_CPU

#define MATMUL(T, PANEL, product)                                                                  \
	__kernel TD_WG(1) void tensor_matmul_##T(__global const T *restrict a,                     \
	                                         __global const T *restrict b, __global T *restrict c, \
	                                         int rows, PARAMS)                                 \
	{                                                                                          \
		int column = (int)get_global_id(0) * PANEL, row = (int)get_global_id(1) * rows;    \
		long batch = (long)get_global_id(2);                                               \
		td_block p;                                                                        \
		p.m = min(rows, m - row);                                                          \
		p.n = min((int)PANEL, n - column);                                                 \
		p.k = k;                                                                           \
		p.a_row = a_row;                                                                   \
		p.a_col = a_col;                                                                   \
		p.b_row = b_row;                                                                   \
		p.b_col = b_col;                                                                   \
		p.ldc = n;                                                                         \
		product(a + batch * a_batch + row * a_row, b + batch * b_batch + column * b_col,   \
		        c + (batch * m + row) * n + column, p);                                    \
	}
MATMUL(float, TD_PANEL, td_product)
#ifdef TD_FP64
MATMUL(double, TD_PANEL_F64, td_product_f64)
#endif

#else

enum { SIDE = 64, SLICE = 16 };

/* The slice of 16 k by 64 rows (or columns) of a matrix, zeros outside. */
#define MATMUL(T)                                                                                  \
	static inline void load_slice_##T(__global const T *x, int count, int k, int first, int from, \
	                                  long step, long k_step, __local T(*s)[SIDE + 1])         \
	{                                                                                          \
		int x0 = (int)get_local_id(0), y0 = (int)get_local_id(1);                          \
		for (int r = y0; r < SIDE; r += 16)                                                \
			s[x0][r] = first + r < count && from + x0 < k                              \
			                   ? x[(first + r) * step + (from + x0) * k_step]          \
			                   : 0;                                                    \
	}                                                                                          \
	__kernel TD_WG2(16, 16) void tensor_matmul_##T(__global const T *restrict a,               \
	                                               __global const T *restrict b,               \
	                                               __global T *restrict c, int rows, PARAMS)   \
	{                                                                                          \
		__local T left[SLICE][SIDE + 1], right[SLICE][SIDE + 1];                           \
		int x = 4 * (int)get_local_id(0), y = 4 * (int)get_local_id(1);                    \
		int column = SIDE * (int)get_group_id(0), row = SIDE * (int)get_group_id(1);       \
		long batch = (long)get_global_id(2);                                               \
		T sum[4][4] = {{0}};                                                               \
		a += batch * a_batch;                                                              \
		b += batch * b_batch;                                                              \
		c += batch * m * n;                                                                \
		for (int from = 0; from < k; from += SLICE) {                                      \
			barrier(CLK_LOCAL_MEM_FENCE);                                              \
			load_slice_##T(a, m, k, row, from, a_row, a_col, left);                    \
			load_slice_##T(b, n, k, column, from, b_col, b_row, right);                \
			barrier(CLK_LOCAL_MEM_FENCE);                                              \
			for (int s = 0; s < min(SLICE, k - from); s++)                             \
				for (int i = 0; i < 4; i++)                                        \
					for (int j = 0; j < 4; j++)                                \
						sum[i][j] = fma(left[s][y + i], right[s][x + j],   \
						                sum[i][j]);                        \
		}                                                                                  \
		for (int i = 0; i < 4 && row + y + i < m; i++)                                     \
			for (int j = 0; j < 4 && column + x + j < n; j++)                          \
				c[(long)(row + y + i) * n + column + x + j] = sum[i][j];           \
		(void)rows; /* the CPU form needs it */                                            \
	}
MATMUL(float)
#ifdef TD_FP64
MATMUL(double)
#endif

#endif
