/* tile.h: packed z, and tiles of z z^T made from it: what native and OpenCL on CPUs share.
 *
 * Packed z is a row of panels, 48 rows of z each, as [T][48]; rows behind the last one are 0. Panels
 * are gathered in blocks; a tile is all sums of two blocks. Every sum is one chain of fma over the
 * samples in ascending order, so it has the same bits however the work is cut, and r_ij has those of
 * r_ji. README.md has the reasons and the figures. */
#ifndef TD_NODES_GRAPH_TILE_H
#define TD_NODES_GRAPH_TILE_H

#include "td_vectors.h"

enum {
	GRAPH_PANEL = 48, /* rows: three vectors */
	GRAPH_STRIP = 8,  /* rows whose sums with a panel fill 24 of 32 vector registers */
	GRAPH_STRIPS = GRAPH_PANEL / GRAPH_STRIP,
	GRAPH_BLOCK_PANELS = 6,
	GRAPH_BLOCK = GRAPH_BLOCK_PANELS * GRAPH_PANEL, /* row length of a tile in memory */
	GRAPH_TILE = GRAPH_BLOCK * GRAPH_BLOCK,
	GRAPH_SPAN = 128,  /* samples at a time: a panel's stay in the first cache */
	GRAPH_PACKED = 256 /* samples that one item packs */
};

/* -- the order of tiles ----------------------------------------------------
 * There are B blocks. Round r holds the pairs of blocks with i + j = r (mod B): every block is in one
 * pair, so no two pairs share a row, and B rounds hold every pair once, (i, i) included. */

/* B: 15, 31, 47 … where there are panels enough, so that the (B + 1) / 2 pairs of a round share out
 * evenly among 2, 4 or 8 cores. */
static inline int graph_blocks(int panels)
{
	int least = (panels + GRAPH_BLOCK_PANELS - 1) / GRAPH_BLOCK_PANELS;
	int blocks = (least + 16) / 16 * 16 - 1;
	return blocks < panels ? blocks : panels;
}

/* First panel of a block; of block B: `panels`. */
static inline int graph_block_start(int block, int blocks, int panels)
{
	return (int)((td_i64)block * panels / blocks);
}

static inline int graph_pairs(int round, int blocks)
{
	return round % 2 ? (blocks + 1) / 2 : blocks / 2 + 1;
}

/* The tile of one pair, and what the next pair of the round begins with. */
typedef struct {
	int i, n_i, j, n_j; /* first panel and number of panels: rows, columns */
	int next_i, next_j; /* as many panels to be fetched early */
	bool diagonal;      /* the same block twice */
} graph_pair;

static inline graph_pair graph_pair_of(int round, int pair, int blocks, int panels)
{
	int i = ((round + 1) / 2 + pair) % blocks, j = (round / 2 - pair + blocks) % blocks;
	graph_pair p;
	p.i = graph_block_start(i, blocks, panels);
	p.n_i = graph_block_start(i + 1, blocks, panels) - p.i;
	p.j = graph_block_start(j, blocks, panels);
	p.n_j = graph_block_start(j + 1, blocks, panels) - p.j;
	p.next_i = graph_block_start((i + 1) % blocks, blocks, panels);
	p.next_i = p.next_i + p.n_i < panels ? p.next_i : panels - p.n_i;
	p.next_j = graph_block_start((j + blocks - 1) % blocks, blocks, panels);
	p.next_j = p.next_j + p.n_j < panels ? p.next_j : panels - p.n_j;
	p.diagonal = i == j;
	return p;
}

/* -- packing ----------------------------------------------------------------- */

/* Turns 16 rows into 16 columns. */
static inline void graph_transpose(td_v16 m[16])
{
	td_v16 turned[16];
	for (int stage = 0; stage < 4; stage++) {
		TD_UNROLLED(8)
		for (int i = 0; i < 8; i++) {
			turned[2 * i] = td_zip_lo(m[i], m[i + 8]);
			turned[2 * i + 1] = td_zip_hi(m[i], m[i + 8]);
		}
		TD_UNROLLED(16)
		for (int i = 0; i < 16; i++)
			m[i] = turned[i];
	}
}

/* 16 rows by 16 samples, all there. */
static inline void graph_pack_square(const TD_GLOBAL float *z, int t, TD_GLOBAL float *packed)
{
	td_v16 m[16];
	TD_UNROLLED(16)
	for (int r = 0; r < 16; r++)
		m[r] = td_vload(z + (td_i64)r * t);
	graph_transpose(m);
	TD_UNROLLED(16)
	for (int s = 0; s < 16; s++)
		td_vstore(m[s], packed + s * GRAPH_PANEL);
}

/* Packs samples from … from + GRAPH_PACKED of a panel of z [n][t]. */
static inline void graph_pack_panel(const TD_GLOBAL float *z, TD_GLOBAL float *packed, int n, int t,
                                    int panel, int from)
{
	int end = from + GRAPH_PACKED < t ? from + GRAPH_PACKED : t;
	for (int part = 0; part < GRAPH_PANEL; part += 16) {
		int row = panel * GRAPH_PANEL + part, s = from;
		const TD_GLOBAL float *in = z + (td_i64)row * t;
		TD_GLOBAL float *out = packed + (td_i64)panel * t * GRAPH_PANEL + part;
		for (; row + 16 <= n && s + 16 <= end; s += 16)
			graph_pack_square(in + s, t, out + (td_i64)s * GRAPH_PANEL);
		for (; s < end; s++)
			for (int r = 0; r < 16; r++)
				out[(td_i64)s * GRAPH_PANEL + r] =
					row + r < n ? in[(td_i64)r * t + s] : 0;
	}
}

/* Where the row r of a tile begins, and where its column c ends: on the diagonal, panels below it are
 * not made. */
static inline int graph_row_start(graph_pair p, int r)
{
	return p.diagonal ? r / GRAPH_PANEL * GRAPH_PANEL : 0;
}

static inline int graph_column_end(graph_pair p, int c)
{
	return (p.diagonal ? c / GRAPH_PANEL : p.n_i) * GRAPH_PANEL;
}

/* -- one tile ------------------------------------------------------------------ */

/* A correlation's sum made a weight: no more than 1, no less than -1, and the bits of `mask`, which
 * takes the sign off or leaves it. NaN stays. */
static inline td_v16 graph_weight(td_v16 sum, int mask)
{
	td_v16 one = td_vall(1), minus = td_vall(-1);
	td_m16 over = sum > one, under = sum < minus;
	td_m16 bits = (td_bits16(sum) & ~(over | under)) | (td_bits16(one) & over) |
	              (td_bits16(minus) & under);
	return td_float16(bits & mask);
}

/* Samples from … from + n of all t. */
typedef struct {
	int t, from, n, mask;
} graph_span;

/* sum[8][48] (+)= strip times panel; after the last sample the sums become weights. A line of `ahead`
 * is asked for each sample. */
static inline void graph_strip(const TD_GLOBAL float *a, const TD_GLOBAL float *b,
                               const TD_GLOBAL float *ahead, graph_span span, float *sum)
{
	td_v16 s[GRAPH_STRIP][3];
	TD_UNROLLED(8)
	for (int r = 0; r < GRAPH_STRIP; r++) {
		TD_UNROLLED(3)
		for (int v = 0; v < 3; v++)
			s[r][v] = span.from == 0 ? td_vall(0)
			                         : td_vload(sum + r * GRAPH_BLOCK + 16 * v);
	}
	for (int k = 0; k < span.n; k++) {
		td_v16 b0 = td_vload(b), b1 = td_vload(b + 16), b2 = td_vload(b + 32);
		td_ahead(ahead);
		TD_UNROLLED(8)
		for (int r = 0; r < GRAPH_STRIP; r++) {
			td_v16 x = td_vall(a[r]);
			s[r][0] = td_vfma(x, b0, s[r][0]);
			s[r][1] = td_vfma(x, b1, s[r][1]);
			s[r][2] = td_vfma(x, b2, s[r][2]);
		}
		a += GRAPH_PANEL;
		b += GRAPH_PANEL;
		ahead += GRAPH_PANEL;
	}
	bool last = span.from + span.n == span.t;
	TD_UNROLLED(8)
	for (int r = 0; r < GRAPH_STRIP; r++) {
		TD_UNROLLED(3)
		for (int v = 0; v < 3; v++)
			td_vstore(last ? graph_weight(s[r][v], span.mask) : s[r][v],
			          sum + r * GRAPH_BLOCK + 16 * v);
	}
}

/* All strips of one column panel over one span. Meanwhile they ask for what comes next, the following
 * span of both blocks or the first one of the next pair: even strips for the rows, while column panel
 * 0 is at work; odd strips of the first row panel for the columns. A tile on the diagonal is made from
 * its diagonal panels up. */
static inline void graph_tile_panel(const TD_GLOBAL float *packed, graph_pair p, int panel,
                                    graph_span span, float *tile)
{
	const td_i64 size = (td_i64)span.t * GRAPH_PANEL;
	const int end = span.from + span.n, left = span.t - end;
	const int next = left == 0 ? 0 : left < span.n ? span.t - span.n : end;
	const TD_GLOBAL float *here = packed + (td_i64)span.from * GRAPH_PANEL;
	const TD_GLOBAL float *there = packed + (td_i64)next * GRAPH_PANEL;
	const TD_GLOBAL float *b = here + (p.j + panel) * size;
	const int next_i = left ? p.i : p.next_i, next_j = (left ? p.j : p.next_j) + panel;
	for (int q = 0; q < (p.diagonal ? panel + 1 : p.n_i); q++)
		for (int strip = 0; strip < GRAPH_STRIPS; strip++) {
			const TD_GLOBAL float *ahead = b;
			if (strip % 2 == 0 && panel == 0)
				ahead = there + (next_i + q) * size + strip / 2 * 16;
			else if (strip % 2 == 1 && q == 0)
				ahead = there + next_j * size + strip / 2 * 16;
			graph_strip(here + (p.i + q) * size + strip * GRAPH_STRIP, b, ahead, span,
			            tile + (q * GRAPH_PANEL + strip * GRAPH_STRIP) * GRAPH_BLOCK +
			                    panel * GRAPH_PANEL);
		}
}

/* tile[48 n_i][48 n_j] = the weights of a pair, rows GRAPH_BLOCK apart. On the diagonal: the
 * panels of each row from its own on. */
static inline void graph_tile(const TD_GLOBAL float *packed, int t, graph_pair p, int mask,
                              float *tile)
{
	int spans = t ? (t + GRAPH_SPAN - 1) / GRAPH_SPAN : 1, n = (t + spans - 1) / spans;
	for (int i = 0; t == 0 && i < GRAPH_TILE; i++)
		tile[i] = 0;
	for (int from = 0; from < t; from += n)
		for (int panel = 0; panel < p.n_j; panel++) {
			graph_span span;
			span.t = t;
			span.from = from;
			span.n = n < t - from ? n : t - from;
			span.mask = mask;
			graph_tile_panel(packed, p, panel, span, tile);
		}
}

/* -- what graph.corr makes of it -------------------------------------------------- */

/* 16 x 16 sums, their columns to rows of `out`, which are n long; `rows` and `columns` of them are
 * there. */
static inline void graph_square_turns(const float *tile, int rows, int columns, int n,
                                      TD_GLOBAL float *out)
{
	if (rows < 16 || columns < 16) {
		for (int c = 0; c < columns && c < 16; c++)
			for (int r = 0; r < rows && r < 16; r++)
				out[(td_i64)c * n + r] = tile[r * GRAPH_BLOCK + c];
		return;
	}
	td_v16 m[16];
	TD_UNROLLED(16)
	for (int r = 0; r < 16; r++)
		m[r] = td_vload(tile + r * GRAPH_BLOCK);
	graph_transpose(m);
	TD_UNROLLED(16)
	for (int c = 0; c < 16; c++)
		td_vstore(m[c], out + (td_i64)c * n);
}

/* Stores a tile in r [n][n] and turned about its diagonal. A row that is not all 0 correlates with
 * itself by 1. */
static inline void graph_tile_stores(float *tile, graph_pair p, int n, TD_GLOBAL float *out)
{
	const int row = p.i * GRAPH_PANEL, column = p.j * GRAPH_PANEL;
	const int rows = p.n_i * GRAPH_PANEL < n - row ? p.n_i * GRAPH_PANEL : n - row;
	const int columns = p.n_j * GRAPH_PANEL < n - column ? p.n_j * GRAPH_PANEL : n - column;
	for (int r = 0; r < rows; r++) {
		float *self = tile + r * GRAPH_BLOCK + r;
		if (p.diagonal && *self > 0)
			*self = 1;
		for (int c = graph_row_start(p, r); c < columns; c++)
			out[(td_i64)(row + r) * n + column + c] = tile[r * GRAPH_BLOCK + c];
	}
	for (int c = 0; c < columns; c += 16)
		for (int r = 0; r < graph_column_end(p, c) && r < rows; r += 16)
			graph_square_turns(tile + r * GRAPH_BLOCK + c, rows - r, columns - c, n,
			                   out + (td_i64)(column + c) * n + row + r);
}

#endif
