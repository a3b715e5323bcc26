/* corr.h: what graph.corr and graph.corr_knn share on the host: packing z and walking over its tiles.
 * z is in[0]. */
#ifndef TD_NODES_GRAPH_CORR_H
#define TD_NODES_GRAPH_CORR_H

#include "tandem.h"

#include "tile.h"

/* Shapes of the scratch ports: packed z; a tile for each pair of a round, (B + 1) / 2 of them at most
 * (a thread that has several pairs uses one). */
#define CORR_PACKED "(N+47)/48 T 48"
#define CORR_TILES "N/576+9 82944"
_Static_assert(GRAPH_PANEL == 48 && GRAPH_TILE == 82944 && 2 * GRAPH_BLOCK == 576,
               "the shapes above name these numbers");

static inline int corr_panels(int64_t n)
{
	return (int)((n + GRAPH_PANEL - 1) / GRAPH_PANEL);
}

/* Items that pack one panel. */
static inline int64_t corr_packers(int64_t t)
{
	return (t + GRAPH_PACKED - 1) / GRAPH_PACKED;
}

/* -- native ------------------------------------------------------------------ */

typedef struct {
	const td_call *c;
	float *packed, *tiles;
	int mask, round, blocks, panels;
	void (*use)(const td_call *c, graph_pair p, float *tile);
} corr_walk;

static inline void corr_pack_items(const void *arg, int64_t lo, int64_t hi)
{
	const corr_walk *w = arg;
	int n = (int)w->c->in[0].dim[0], t = (int)w->c->in[0].dim[1];
	int64_t packers = corr_packers(t);
	for (int64_t i = lo; i < hi; i++)
		graph_pack_panel(w->c->in[0].data, w->packed, n, t, (int)(i / packers),
		                 (int)(i % packers) * GRAPH_PACKED);
}

static inline void corr_pair_items(const void *arg, int64_t lo, int64_t hi)
{
	const corr_walk *w = arg;
	float *tile = w->tiles + lo * GRAPH_TILE; /* `lo` is nobody else's */
	for (int64_t i = lo; i < hi; i++) {
		graph_pair p = graph_pair_of(w->round, (int)i, w->blocks, w->panels);
		graph_tile(w->packed, (int)w->c->in[0].dim[1], p, w->mask, tile);
		w->use(w->c, p, tile);
	}
}

/* Calls use() for every tile of weights, in rounds whose pairs share no row. */
static inline void corr_tiles(const td_call *c, const td_tensor *packed, const td_tensor *tiles,
                              int mask, void (*use)(const td_call *c, graph_pair p, float *tile))
{
	int panels = corr_panels(c->in[0].dim[0]);
	corr_walk w = {.c = c,
	               .packed = packed->data,
	               .tiles = tiles->data,
	               .mask = mask,
	               .blocks = graph_blocks(panels),
	               .panels = panels,
	               .use = use};
	td_parallel(c, panels * corr_packers(c->in[0].dim[1]), 4, corr_pack_items, &w);
	for (w.round = 0; w.round < w.blocks; w.round++)
		td_parallel(c, graph_pairs(w.round, w.blocks), 1, corr_pair_items, &w);
}

/* -- cl ---------------------------------------------------------------------- */

static inline bool corr_cl_pack(const td_call *c, const td_tensor *packed, td_err *e)
{
	int64_t n = c->in[0].dim[0], t = c->in[0].dim[1];
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(packed), TD_I(n), TD_I(t)};
	return td_launch(c, "graph_pack", (int64_t[3]){corr_panels(n), corr_packers(t), 1}, args,
	                 TD_COUNT(args), e);
}

#endif
