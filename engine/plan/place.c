/* Where buffers lie: offsets in blocks, so that no two that live together overlap.
 *
 * Two classic ways, the better one wins: all buffers by falling size into the lowest gap that is
 * free over their whole life (best for few), and a sweep over the events with a list of gaps (for
 * many; linear but for the gaps). A block is at most as large as the device allows one buffer to
 * be; no buffer lies across the border of two. */
#include "plan_inner.h"

#include <stdlib.h>
#include <string.h>

enum { GREEDY_LIMIT = 3000 };

typedef struct {
	int id; /* buffer */
	int64_t size, offset;
	int begin, end;
} piece;

typedef struct {
	piece *items;
	int n;
	int64_t border; /* block size limit */
	int64_t top;    /* result: end of the highest piece */
} layout;

static int64_t add(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_add_overflow(a, b, &c) ? INT64_MAX : c;
}

/* The lowest offset >= at where `size` bytes do not cross a border. */
static int64_t inside_block(const layout *l, int64_t at, int64_t size)
{
	if (size > l->border || at / l->border == (at + size - 1) / l->border)
		return at;
	return (at / l->border + 1) * l->border;
}

/* -- by size ------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	const piece *x = a, *y = b;
	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->id - y->id;
}

static int by_offset(const void *a, const void *b)
{
	const piece *const *x = a, *const *y = b;
	return (*x)->offset < (*y)->offset ? -1 : (*x)->offset > (*y)->offset;
}

/* Lowest offset at which piece i fits among the pieces before it that live with it. */
static int64_t lowest_gap(const layout *l, int i, piece **with)
{
	const piece *p = &l->items[i];
	int n = 0;
	for (int k = 0; k < i; k++)
		if (l->items[k].begin <= p->end && p->begin <= l->items[k].end)
			with[n++] = &l->items[k];
	qsort(with, (size_t)n, sizeof(piece *), by_offset);
	int64_t at = 0;
	for (int k = 0; k < n; k++) {
		at = inside_block(l, at, p->size);
		if (add(at, p->size) <= with[k]->offset)
			break;
		int64_t end = add(with[k]->offset, with[k]->size);
		at = end > at ? end : at;
	}
	return inside_block(l, at, p->size);
}

static void place_by_size(layout *l)
{
	piece **with = td_alloc(td_size_mul((size_t)l->n, sizeof(piece *)));
	qsort(l->items, (size_t)l->n, sizeof(piece), by_size);
	for (int i = 0; i < l->n; i++) {
		piece *p = &l->items[i];
		p->offset = lowest_gap(l, i, with);
		int64_t end = add(p->offset, p->size);
		l->top = end > l->top ? end : l->top;
	}
	free(with);
}

/* -- by time --------------------------------------------------------------------- */

typedef struct {
	int64_t at, size;
} gap;

typedef struct {
	gap *items; /* ascending, never adjacent */
	int n, cap;
} gaps;

static int by_begin(const void *a, const void *b)
{
	const piece *x = a, *y = b;
	return x->begin != y->begin ? x->begin - y->begin : x->id - y->id;
}

static void give_gap(gaps *g, int64_t at, int64_t size)
{
	int i = 0;
	if (size <= 0)
		return;
	while (i < g->n && g->items[i].at < at)
		i++;
	bool joins_left = i > 0 && g->items[i - 1].at + g->items[i - 1].size == at;
	bool joins_right = i < g->n && at + size == g->items[i].at;
	if (joins_left) {
		g->items[i - 1].size += size;
		if (!joins_right)
			return;
		g->items[i - 1].size += g->items[i].size;
		memmove(&g->items[i], &g->items[i + 1], (size_t)(--g->n - i) * sizeof(gap));
	} else if (joins_right) {
		g->items[i].at = at;
		g->items[i].size += size;
	} else {
		if (g->n == g->cap) {
			g->cap = g->cap ? g->cap * 2 : 64;
			g->items = td_realloc(g->items, td_size_mul((size_t)g->cap, sizeof(gap)));
		}
		memmove(&g->items[i + 1], &g->items[i], (size_t)(g->n++ - i) * sizeof(gap));
		g->items[i] = (gap){at, size};
	}
}

/* Takes the smallest gap that holds `size`; -1: none does. */
static int64_t take_gap(const layout *l, gaps *g, int64_t size)
{
	int best = TD_NONE;
	int64_t best_at = 0;
	for (int i = 0; i < g->n; i++) {
		int64_t at = inside_block(l, g->items[i].at, size);
		if (at + size <= g->items[i].at + g->items[i].size &&
		    (best < 0 || g->items[i].size < g->items[best].size)) {
			best = i;
			best_at = at;
		}
	}
	if (best < 0)
		return -1;
	gap old = g->items[best];
	memmove(&g->items[best], &g->items[best + 1], (size_t)(--g->n - best) * sizeof(gap));
	give_gap(g, old.at, best_at - old.at);
	give_gap(g, best_at + size, old.at + old.size - best_at - size);
	return best_at;
}

static int by_end(const void *a, const void *b)
{
	const piece *const *x = a, *const *y = b;
	return (*x)->end != (*y)->end ? (*x)->end - (*y)->end : (*x)->id - (*y)->id;
}

static void place_by_time(layout *l)
{
	gaps g = {0};
	piece **ending = td_alloc(td_size_mul((size_t)l->n, sizeof(piece *)));
	qsort(l->items, (size_t)l->n, sizeof(piece), by_begin);
	for (int i = 0; i < l->n; i++)
		ending[i] = &l->items[i];
	qsort(ending, (size_t)l->n, sizeof(piece *), by_end);
	for (int i = 0, done = 0; i < l->n; i++) {
		piece *p = &l->items[i];
		for (; done < l->n && ending[done]->end < p->begin; done++)
			give_gap(&g, ending[done]->offset, ending[done]->size);
		p->offset = take_gap(l, &g, p->size);
		if (p->offset < 0) { /* grow at the top */
			p->offset = inside_block(l, l->top, p->size);
			give_gap(&g, l->top, p->offset - l->top);
			l->top = add(p->offset, p->size);
		}
	}
	free(ending);
	free(g.items);
}

/* -- one place --------------------------------------------------------------------- */

static layout pieces_of(td_planner *x, td_place place)
{
	layout l = {.items = td_alloc(td_size_mul((size_t)x->p->buffers.n, sizeof(piece)))};
	const td_caps *c = &x->p->caps;
	int64_t align = place == TD_MAIN && c->base_align > 0 ? c->base_align : 128;
	int64_t guard = (x->p->guard_bytes + align - 1) / align * align;
	l.border = place == TD_MAIN && c->max_alloc_bytes > 0 ? c->max_alloc_bytes / align * align
	                                                      : INT64_MAX / 2 / align * align;
	for (int b = 0; b < x->p->buffers.n; b++) {
		const td_buffer *buf = &x->p->buffers.items[b];
		if (buf->place != place || buf->own)
			continue;
		/* what no block can hold is refused later: it must not make blocks without number */
		bool refused = place == TD_MAIN && c->max_alloc_bytes > 0 &&
		               buf->bytes > c->max_alloc_bytes;
		l.items[l.n++] = (piece){.id = b,
		                         .size = refused ? l.border : add(buf->bytes, 2 * guard),
		                         .begin = x->lives.items[b].begin,
		                         .end = x->lives.items[b].end};
	}
	return l;
}

/* Turns offsets into (block, offset in block) and sizes the blocks. */
static void cut_blocks(td_planner *x, const layout *l, td_place place, int64_t guard)
{
	int first = x->p->blocks.n;
	for (int64_t at = 0; at < l->top; at += l->border)
		TD_PUSH(&x->p->arena, x->p->blocks, ((td_block_size){place, 0}));
	for (int i = 0; i < l->n; i++) {
		const piece *p = &l->items[i];
		td_buffer *b = &x->p->buffers.items[p->id];
		b->block = first + (int)(p->offset / l->border);
		b->offset = p->offset % l->border + guard;
		td_block_size *k = &x->p->blocks.items[b->block];
		int64_t end = add(p->offset % l->border, p->size);
		k->bytes = end > k->bytes ? end : k->bytes;
	}
	for (int k = first; k < x->p->blocks.n; k++)
		x->p->peak_bytes[place] = add(x->p->peak_bytes[place], x->p->blocks.items[k].bytes);
}

/* Largest sum of live bytes over the events: of all buffers, or of own ones only. */
static int64_t most_alive(const td_planner *x, td_place place, bool own_only)
{
	int n = x->events.n + 2;
	int64_t *change = td_alloc(td_size_mul((size_t)n, sizeof *change)), sum = 0, most = 0;
	for (int b = 0; b < x->p->buffers.n; b++) {
		const td_buffer *buf = &x->p->buffers.items[b];
		if (buf->place != place || (own_only && !buf->own))
			continue;
		int begin = x->lives.items[b].begin, end = x->lives.items[b].end + 1;
		change[begin] = add(change[begin], buf->bytes);
		change[end] = add(change[end], -buf->bytes);
	}
	for (int e = 0; e < n; e++) {
		sum = add(sum, change[e]);
		most = sum > most ? sum : most;
	}
	free(change);
	return most;
}

static void place_all(td_planner *x, td_place place)
{
	const td_caps *c = &x->p->caps;
	int64_t align = place == TD_MAIN && c->base_align > 0 ? c->base_align : 128;
	int64_t guard = (x->p->guard_bytes + align - 1) / align * align;
	layout time = pieces_of(x, place);
	place_by_time(&time);
	if (time.n <= GREEDY_LIMIT) {
		layout size = pieces_of(x, place);
		place_by_size(&size);
		bool better = size.top < time.top;
		free(better ? time.items : size.items);
		time = better ? size : time;
	}
	cut_blocks(x, &time, place, guard);
	free(time.items);
	x->p->peak_bytes[place] = add(x->p->peak_bytes[place], most_alive(x, place, true));
	x->p->lower_bytes[place] = most_alive(x, place, false);
	if (x->p->peak_bytes[place] < x->p->lower_bytes[place]) /* something was refused */
		x->p->peak_bytes[place] = x->p->lower_bytes[place];
}

void td_plan_place(td_planner *x)
{
	place_all(x, TD_MAIN);
	place_all(x, TD_HOST);
}
