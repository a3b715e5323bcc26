/* td_matmul_body.h: the kernel of a matrix product, once a type. OpenCL only; td_matmul_kernels_body.h includes it.
 * No guard on purpose.
 *
 * On CPUs an item is a block of rows by a panel of columns; on GPUs a group of 16 x 16 items a square of
 * 64 x 64, each item 4 x 4 sums. a(i, k) = a[batch a_batch + i a_row + k a_col], b alike; c is row-major.
 *
 * NAME: the kernel; SLICE_OF: a name for its helper; S: the number as it is stored, T: as it is worked on; PANEL:
 * of td_product.h; BLOCK(a, b, c, p, column): a finished block, on CPUs; GET(x, i), SET(x, i, value);
 * SUM(x, column): what a GPU makes of a sum. */

#ifdef TD_CPU

__kernel TD_WG(1) void NAME(__global const S *restrict a, __global const S *restrict b,
                            __global S *restrict c, int rows, int m, int n, int k, long a_batch,
                            long a_row, long a_col, long b_batch, long b_row, long b_col EXTRA(S))
{
	int column = (int)get_global_id(0) * PANEL, row = (int)get_global_id(1) * rows;
	long batch = (long)get_global_id(2);
	td_block p;
	p.m = min(rows, m - row);
	p.n = min((int)PANEL, n - column);
	p.k = k;
	p.a_row = a_row;
	p.a_col = a_col;
	p.b_row = b_row;
	p.b_col = b_col;
	p.ldc = n;
	c += (batch * m + row) * n + column;
	BLOCK(a + batch * a_batch + row * a_row, b + batch * b_batch + column * b_col, c, p,
	      column);
}

#else

/* The slice of 16 k by 64 rows (or columns) of a matrix, zeros outside. */
static inline void SLICE_OF(__global const S *x, int count, int k, int first, int from, long step,
                            long k_step, __local T (*s)[65])
{
	int x0 = (int)get_local_id(0), y0 = (int)get_local_id(1);
	for (int r = y0; r < 64; r += 16)
		s[x0][r] = first + r < count && from + x0 < k
		                   ? GET(x, (first + r) * step + (from + x0) * k_step)
		                   : 0;
}

__kernel TD_WG2(16, 16) void NAME(__global const S *restrict a, __global const S *restrict b,
                                  __global S *restrict c, int rows, int m, int n, int k,
                                  long a_batch, long a_row, long a_col, long b_batch, long b_row,
                                  long b_col EXTRA(S))
{
	__local T left[16][65], right[16][65];
	int x = 4 * (int)get_local_id(0), y = 4 * (int)get_local_id(1);
	int column = 64 * (int)get_group_id(0), row = 64 * (int)get_group_id(1);
	long batch = (long)get_global_id(2);
	T sum[4][4] = {{0}};
	a += batch * a_batch;
	b += batch * b_batch;
	c += batch * m * n;
	for (int from = 0; from < k; from += 16) {
		barrier(CLK_LOCAL_MEM_FENCE);
		SLICE_OF(a, m, k, row, from, a_row, a_col, left);
		SLICE_OF(b, n, k, column, from, b_col, b_row, right);
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int s = 0; s < min(16, k - from); s++)
			for (int i = 0; i < 4; i++)
				for (int j = 0; j < 4; j++)
					sum[i][j] = fma(left[s][y + i], right[s][x + j], sum[i][j]);
	}
	for (int i = 0; i < 4 && row + y + i < m; i++)
		for (int j = 0; j < 4 && column + x + j < n; j++)
			SET(c, (long)(row + y + i) * n + column + x + j,
			    SUM(sum[i][j], column + x + j));
	(void)rows; /* the CPU form needs it */
}

#endif
