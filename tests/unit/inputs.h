/* inputs.h: graphs of inputs, and files for them; for test_input.c and test_input_load.c. */
#ifndef TESTS_INPUTS_H
#define TESTS_INPUTS_H

#include "model/input.h"
#include "model/npy.h"
#include "tempdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* noinline: sanitizers keep the locals of all inlined calls apart, and frames have a limit */
#define HELPER static __attribute__((unused, noinline))

static tempdir dir;
static const td_registry registry; /* no node is needed */
static td_graph *g;

HELPER int set_up(void **state)
{
	(void)state;
	dir = tempdir_make();
	setenv("XDG_CACHE_HOME", dir.path, 1);
	return 0;
}

HELPER int tear_down(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

HELPER int new_graph(void **state)
{
	(void)state;
	g = td_graph_new(&registry, "test");
	return 0;
}

HELPER int free_graph(void **state)
{
	(void)state;
	td_graph_free(g);
	return 0;
}

HELPER void again(void)
{
	free_graph(NULL);
	new_graph(NULL);
}

/* -- building ------------------------------------------------------------- */

HELPER bool symbol(void *arg, const char *name, td_dim *dim)
{
	(void)arg;
	int i = td_dims_find(g->dims, name);
	if (i < 0)
		i = td_dims_declare(g->dims, name, 1, TD_DIM_MAX);
	*dim = td_dim_of(g->dims, i);
	return true;
}

/* An input of the dtype and shape, "N T-1". */
HELPER td_input declare(const char *name, td_dtype dtype, const char *shape)
{
	td_input in = {.name = name, .pin_bytes = -1, .dtype = dtype};
	for (const char *at = shape; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		td_err e = {0};
		if (!td_dim_parse(g->dims, at, n, symbol, NULL, &in.dim[in.rank++], &e))
			fail_msg("%s", e.text);
		at += n;
	}
	return in;
}

HELPER int add(const td_input *in)
{
	td_graph_input(g, in, &(td_unit){0}, 1, 0);
	return g->inputs.n - 1;
}

HELPER int add_file(const char *name, td_dtype dtype, const char *shape, const char *path)
{
	td_input in = declare(name, dtype, shape);
	in.path = path;
	return add(&in);
}

/* A .npy file of zeros, or of `data`. */
HELPER temppath npy(const char *name, td_dtype dtype, int rank, const int64_t *dim,
                    const void *data)
{
	temppath p = tempdir_path(&dir, name);
	td_tensor t = {.dtype = dtype, .rank = rank};
	td_err e = {0};
	if (rank)
		memcpy(t.dim, dim, (size_t)rank * sizeof *dim);
	void *zeros = calloc((size_t)td_numel(&t) + 1, td_sizeof(dtype));
	assert_non_null(zeros);
	t.data = zeros;
	if (data)
		memcpy(zeros, data, (size_t)td_numel(&t) * td_sizeof(dtype));
	if (!td_npy_write(p.text, &t, &e))
		fail_msg("%s", e.text);
	free(zeros);
	return p;
}

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

HELPER void assert_opens(void)
{
	td_err e = {0};
	if (!td_inputs_open(g, &e))
		fail_msg("%s", e.text);
}

HELPER void assert_symbol(const char *name, int64_t lo, int64_t hi)
{
	const td_symbol *s = td_dims_symbol_c(g->dims, td_dims_find(g->dims, name));
	assert_int_equal(s->lo, lo);
	assert_int_equal(s->hi, hi);
}

/* `why` stands behind `input "name", path: `, or `input "name": ` when there is no path. */
HELPER void assert_says(const td_err *e, const char *name, const char *path, const char *why)
{
	char want[1024];
	td_clip(want, sizeof want, "input \"%s\"%s%s: %s", name, path ? ", " : "", path ? path : "",
	        why);
	assert_string_equal(e->text, want);
	assert_int_equal(e->code, TD_E_DATA);
}

#endif
