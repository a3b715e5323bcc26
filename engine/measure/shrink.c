/* shrink.c: a step that fails, with less data. Layer 5. */
#include "../base/clock.h"
#include "../base/file.h"
#include "../check/check.h"
#include "reduce.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 1 << 20 };
static const int64_t longest_ns = 5000000000;

/* The bundle as it lies in the folder. */
typedef struct {
	const td_reduce *r;
	const td_registry *registry;
	td_device *const *dev;
	char *text;
	size_t n;
	td_graph *graph;
	td_run_inputs in;
	bool failed; /* the try under way did */
	bool broken; /* the folder could not be written */
} shrinking;

/* -- the folder ------------------------------------------------------------------ */

static void give_files(const td_reduce *r, td_graph *g)
{
	for (int i = 0; i < g->inputs.n; i++) {
		td_input *in = &g->inputs.items[i];
		in->path = td_arena_printf(&g->arena, "%s/inputs/%s%s", r->dir, in->name,
		                           td_reduce_ending(in->dtype));
	}
}

static void forget(shrinking *s)
{
	td_run_inputs_fini(&s->in);
	td_graph_free(s->graph);
	free(s->text);
	s->graph = NULL;
	s->text = NULL;
}

static bool load(shrinking *s, td_err *e)
{
	char *path = td_path_join(s->r->dir, "step.graph");
	forget(s);
	bool ok = td_file_read(path, TEXT_LIMIT, &s->text, &s->n, e);
	s->graph = ok ? td_graph_read(s->registry, path, s->text, s->n, e) : NULL;
	free(path);
	if (!s->graph)
		return false;
	give_files(s->r, s->graph);
	return td_inputs_open(s->graph, e) && td_run_inputs_load(s->graph, &s->in, e);
}

/* -- one try ----------------------------------------------------------------------- */

/* The elements from `from` on, in each axis, as many as `part` is long there. */
static void copy_part(const td_tensor *whole, const int64_t *from, const td_tensor *part)
{
	size_t size = td_sizeof(part->dtype);
	int last = part->rank - 1;
	int64_t run = last < 0 ? 1 : part->dim[last], n = run ? td_numel(part) / run : 0;
	for (int64_t row = 0; row < n; row++) {
		int64_t at = 0, rest = row, stride = last < 0 ? 0 : whole->dim[last];
		for (int axis = last - 1; axis >= 0; axis--) {
			at += (from[axis] + rest % part->dim[axis]) * stride;
			rest /= part->dim[axis];
			stride *= whole->dim[axis];
		}
		at += last < 0 ? 0 : from[last];
		memcpy((char *)part->data + (size_t)(row * run) * size,
		       (const char *)whole->data + (size_t)at * size, (size_t)run * size);
	}
}

/* Axes that are `extent` long, from `from` on and n long. Axes of one length are cut together: they may have
 * to be. */
typedef struct {
	int64_t extent, from, n;
} half;

static void take_half(const shrinking *s, const half *h, td_run_inputs *in)
{
	enum { PAGE = 4096 };
	*in = (td_run_inputs){.n = s->in.n};
	in->items = td_alloc(td_size_mul((size_t)in->n + 1, sizeof *in->items));
	in->loaded = td_alloc((size_t)in->n + 1);
	for (int i = 0; i < in->n; i++) {
		td_tensor *part = &in->items[i].tensor;
		int64_t begin[TD_MAX_RANK] = {0};
		*part = s->in.items[i].tensor;
		for (int axis = 0; axis < part->rank; axis++)
			if (part->dim[axis] == h->extent) {
				begin[axis] = h->from;
				part->dim[axis] = h->n;
			}
		size_t bytes = td_size_mul((size_t)td_numel(part), td_sizeof(part->dtype));
		part->data = aligned_alloc(PAGE, (bytes / PAGE + 1) * PAGE);
		if (!part->data)
			td_out_of_memory(bytes);
		copy_part(&s->in.items[i].tensor, begin, part);
		in->loaded[i] = true;
	}
}

static bool keep(void *arg, const td_failure *f, td_err *e)
{
	shrinking *s = arg;
	if (f->lane != 1) /* another failure than the one we are after */
		return true;
	s->failed = td_reduce_write(s->r, f, e);
	s->broken = !s->failed;
	return s->failed;
}

/* The same cuts in the graph's inputs, whose data is supplied now. */
static void declare_half(const shrinking *s, const half *h, td_graph *g)
{
	for (int i = 0; i < g->inputs.n; i++) {
		td_input *x = &g->inputs.items[i];
		x->supplied = true;
		for (int axis = 0; axis < x->rank; axis++) {
			int symbol = td_dim_symbol(g->dims, x->dim[axis]);
			if (s->in.items[i].tensor.dim[axis] != h->extent)
				continue;
			if (symbol < 0)
				x->dim[axis] = td_dim_int(g->dims, h->n);
			else
				td_dims_symbol(g->dims, symbol)->lo =
					td_dims_symbol(g->dims, symbol)->hi = h->n;
		}
	}
}

/* Does it fail with this half, too? Then it lies in the folder now. */
static bool try_half(shrinking *s, const half *h, td_err *e)
{
	const char *const names[] = {s->r->baseline, s->r->device};
	td_run_inputs in;
	td_compare_result result;
	td_diags d = {.n = 0};
	td_compare_options o = {.dev = s->dev,
	                        .names = names,
	                        .n = 2,
	                        .impls = s->r->impls,
	                        .n_impls = s->r->n_impls,
	                        .oracle_flops = s->r->oracle_flops,
	                        .repeats = 1,
	                        .trial = true,
	                        .arg = s,
	                        .failed = keep};
	td_graph *g = td_graph_read(s->registry, "step.graph", s->text, s->n, e);
	if (!g)
		return false;
	declare_half(s, h, g);
	take_half(s, h, &in);
	s->failed = false;
	/* what cannot be checked or carried out is not what fails */
	bool ran = td_check(g, &d) && td_compare(g, &in, &o, &d, &result, e);
	td_run_inputs_fini(&in);
	td_diags_fini(&d);
	td_graph_free(g);
	return ran && s->failed;
}

/* One length, halved once. */
static bool cut(shrinking *s, td_err *e)
{
	for (int i = 0; i < s->in.n && !s->broken; i++)
		for (int axis = 0; axis < s->in.items[i].tensor.rank && !s->broken; axis++) {
			int64_t n = s->in.items[i].tensor.dim[axis];
			const half first = {n, 0, n / 2}, second = {n, n / 2, n - n / 2};
			if (n >= 2 &&
			    (try_half(s, &first, e) || (!s->broken && try_half(s, &second, e))))
				return true;
		}
	return false;
}

bool td_reduce_shrink(const td_reduce *r, const td_registry *registry, td_device *const dev[2],
                      td_err *e)
{
	shrinking s = {.r = r, .registry = registry, .dev = dev};
	int64_t until = td_now_ns() + longest_ns;
	bool ok = load(&s, e);
	while (ok && td_now_ns() < until && cut(&s, e))
		ok = load(&s, e);
	forget(&s);
	return ok && !s.broken;
}
