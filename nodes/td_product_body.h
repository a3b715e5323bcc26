/* td_product_body.h: td_product.h, once a type. No guard on purpose.
 * PRODUCT: how the function is declared, T: the number, V: a vector of W of them, FN, VFN: names, ZIP: halves of two vectors interleaved. */

/* -- packing a span of b -------------------------------------------------------------- */

/* Turns W rows into W columns. */
TD_VINLINE void FN(turn)(V m[W])
{
	V turned[W];
	TD_UNROLLED(4)
	for (int stage = 1; stage < W; stage *= 2) {
		TD_UNROLLED(W / 2)
		for (int i = 0; i < W / 2; i++) {
			turned[2 * i] = ZIP(lo)(m[i], m[i + W / 2]);
			turned[2 * i + 1] = ZIP(hi)(m[i], m[i + W / 2]);
		}
		TD_UNROLLED(W)
		for (int i = 0; i < W; i++)
			m[i] = turned[i];
	}
}

/* One vector of columns, n values of k, neighbours along k; rows of `packed` are `wide` apart. */
TD_VINLINE void FN(pack_turned)(const TD_GLOBAL T *b, td_i64 column, int columns, int n, T *packed,
                                int wide)
{
	int k = 0;
	for (; k + W <= n && columns >= W; k += W) {
		V m[W];
		TD_UNROLLED(W)
		for (int j = 0; j < W; j++)
			m[j] = VFN(load)(b + j * column + k);
		FN(turn)(m);
		TD_UNROLLED(W)
		for (int i = 0; i < W; i++)
			VFN(store)(m[i], packed + (k + i) * wide);
	}
	for (; k < n; k++)
		for (int j = 0; j < W; j++)
			packed[k * wide + j] = j < columns ? b[j * column + k] : 0;
}

/* The same where columns are neighbours. */
TD_VINLINE void FN(pack_straight)(const TD_GLOBAL T *b, td_i64 row, int columns, int n, T *packed,
                                  int wide)
{
	for (int k = 0; k < n; k++) {
		if (columns >= W) {
			VFN(store)(VFN(load)(b + k * row), packed + k * wide);
			continue;
		}
		for (int j = 0; j < W; j++)
			packed[k * wide + j] = j < columns ? b[k * row + j] : 0;
	}
}

TD_VINLINE void FN(pack)(const TD_GLOBAL T *b, td_block p, int n, T *packed, int wide)
{
	for (int v = 0; v < wide; v += W)
		if (p.b_col == 1)
			FN(pack_straight)(b + v, p.b_row, p.n - v, n, packed + v, wide);
		else
			FN(pack_turned)(b + v * p.b_col, p.b_col, p.n - v, n, packed + v, wide);
}

/* -- a strip ---------------------------------------------------------------------------- */

/* sum[8][VECTORS] += 8 rows of a (at[r] where each begins) times n rows of b. A: where a lies, MEM: where b
 * does, SUM: where the sums do. */
#define STRIP(name, A, MEM, SUM, VECTORS)                                                         \
	TD_VINLINE void name(const A T *a, const td_i64 *at, td_i64 a_col, const MEM T *b,        \
	                     td_i64 b_row, int n, bool first, SUM T *sum, td_i64 ldc)             \
	{                                                                                         \
		V s[TD_STRIP][VECTORS];                                                           \
		TD_UNROLLED(8)                                                                    \
		for (int r = 0; r < TD_STRIP; r++) {                                              \
			TD_UNROLLED(3)                                                            \
			for (int v = 0; v < VECTORS; v++)                                         \
				s[r][v] = first ? VFN(all)(0) : VFN(load)(sum + r * ldc + v * W); \
		}                                                                                 \
		for (int k = 0; k < n; k++) {                                                     \
			V w[VECTORS];                                                             \
			TD_UNROLLED(3)                                                            \
			for (int v = 0; v < VECTORS; v++)                                         \
				w[v] = VFN(load)(b + v * W);                                      \
			TD_UNROLLED(8)                                                            \
			for (int r = 0; r < TD_STRIP; r++) {                                      \
				V x = VFN(all)(a[at[r]]);                                         \
				TD_UNROLLED(3)                                                    \
				for (int v = 0; v < VECTORS; v++)                                 \
					s[r][v] = VFN(fma)(x, w[v], s[r][v]);                     \
			}                                                                         \
			a += a_col;                                                               \
			b += b_row;                                                               \
		}                                                                                 \
		TD_UNROLLED(8)                                                                    \
		for (int r = 0; r < TD_STRIP; r++) {                                              \
			TD_UNROLLED(3)                                                            \
			for (int v = 0; v < VECTORS; v++)                                         \
				VFN(store)(s[r][v], sum + r * ldc + v * W);                       \
		}                                                                                 \
	}

/* By where a, b and the sums lie (b itself or packed; c itself or a buffer), and by width. */
#define STRIPS(name, A, MEM, SUM)                                                              \
	STRIP(FN(name##1), A, MEM, SUM, 1)                                                     \
	STRIP(FN(name##2), A, MEM, SUM, 2)                                                     \
	STRIP(FN(name##3), A, MEM, SUM, 3)                                                     \
	TD_VINLINE void FN(name)(const A T *a, const td_i64 *at, td_i64 a_col, const MEM T *b, \
	                         td_i64 b_row, int n, bool first, SUM T *sum, td_i64 ldc,      \
	                         int columns)                                                  \
	{                                                                                      \
		if (columns > 2 * W)                                                           \
			FN(name##3)(a, at, a_col, b, b_row, n, first, sum, ldc);               \
		else if (columns > W)                                                          \
			FN(name##2)(a, at, a_col, b, b_row, n, first, sum, ldc);               \
		else                                                                           \
			FN(name##1)(a, at, a_col, b, b_row, n, first, sum, ldc);               \
	}

STRIPS(strip_near_, TD_GLOBAL, TD_GLOBAL, TD_GLOBAL)
STRIPS(strip_near_edge_, TD_GLOBAL, TD_GLOBAL, TD_OWN)
STRIPS(strip_, TD_GLOBAL, TD_OWN, TD_GLOBAL)
STRIPS(strip_edge_, TD_GLOBAL, TD_OWN, TD_OWN)
STRIPS(strip_own_, TD_OWN, TD_OWN, TD_GLOBAL)
STRIPS(strip_room_, TD_OWN, TD_OWN, TD_OWN)
#undef STRIP
#undef STRIPS

/* -- a block ------------------------------------------------------------------------------ */

/* `rows` rows of `columns` numbers between c and the buffer, whole vectors first. */
TD_VINLINE void FN(edge_load)(const TD_GLOBAL T *c, td_i64 ldc, int rows, int columns, T *edge)
{
	for (int r = 0; r < rows; r++) {
		int j = 0;
		for (; j + W <= columns; j += W)
			VFN(store)(VFN(load)(c + r * ldc + j), edge + r * 3 * W + j);
		for (; j < columns; j++)
			edge[r * 3 * W + j] = c[r * ldc + j];
	}
}

TD_VINLINE void FN(edge_store)(const T *edge, TD_GLOBAL T *c, td_i64 ldc, int rows, int columns)
{
	for (int r = 0; r < rows; r++) {
		int j = 0;
		for (; j + W <= columns; j += W)
			VFN(store)(VFN(load)(edge + r * 3 * W + j), c + r * ldc + j);
		for (; j < columns; j++)
			c[r * ldc + j] = edge[r * 3 * W + j];
	}
}

/* One strip over one span: straight into c where all of it is there, else by way of a buffer. */
TD_VINLINE void FN(block_strip)(const TD_GLOBAL T *a, const td_i64 *at, const TD_GLOBAL T *b,
                                const T *packed, int wide, TD_GLOBAL T *c, td_block p, int rows,
                                int n, bool first)
{
	T edge[TD_STRIP * 3 * W];
	if (rows == TD_STRIP && p.n % W == 0) {
		if (packed)
			FN(strip_)(a, at, p.a_col, packed, wide, n, first, c, p.ldc, p.n);
		else
			FN(strip_near_)(a, at, p.a_col, b, p.b_row, n, first, c, p.ldc, p.n);
		return;
	}
	if (!first) /* what is not there holds anything, and is not stored */
		FN(edge_load)(c, p.ldc, rows, p.n, edge);
	if (packed)
		FN(strip_edge_)(a, at, p.a_col, packed, wide, n, first, edge, 3 * W, p.n);
	else
		FN(strip_near_edge_)(a, at, p.a_col, b, p.b_row, n, first, edge, 3 * W, p.n);
	FN(edge_store)(edge, c, p.ldc, rows, p.n);
}

/* All of a block, as td_product.h says. */
PRODUCT void FN(product)(const TD_GLOBAL T *a, const TD_GLOBAL T *b, TD_GLOBAL T *c, td_block p)
{
	T room[TD_SPAN * 3 * W];
	const bool near = p.b_col == 1 && p.n % W == 0 && p.b_row * (td_i64)sizeof(T) <= TD_NEAR;
	const int wide = (p.n + W - 1) / W * W, most = near ? TD_SPAN : TD_SPAN * 3 * W / wide;
	for (int from = 0; from < p.k || from == 0; from += most) {
		int n = p.k - from < most ? p.k - from : most;
		const TD_GLOBAL T *span = b + from * p.b_row;
		if (!near)
			FN(pack)(span, p, n, room, wide);
		for (int i = 0; i < p.m; i += TD_STRIP) {
			td_i64 at[TD_STRIP];
			int rows = p.m - i < TD_STRIP ? p.m - i : TD_STRIP;
			TD_UNROLLED(8)
			for (int r = 0; r < TD_STRIP;
			     r++) /* rows that are not there repeat the last */
				at[r] = (i + (r < rows ? r : rows - 1)) * p.a_row;
			FN(block_strip)
			(a + from * p.a_col, at, span, near ? 0 : room, wide, c + i * p.ldc, p,
			 rows, n, from == 0);
		}
	}
}
