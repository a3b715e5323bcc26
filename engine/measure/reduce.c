#include "reduce.h"

#include "../base/file.h"
#include "../model/dtype.h"
#include "../model/npy.h"
#include "../model/safetensors.h"
#include "one_step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The bundle on its way. */
typedef struct {
	const td_reduce *r;
	const td_failure *f;
	const td_step *step;
	td_graph *g;             /* the step alone */
	int value[TD_MAX_PORTS]; /* of g, for each input port; TD_NONE: absent */
	bool kernels;            /* the kernels are in the folder */
	td_arena arena;
} bundle;

static char *path_of(const bundle *b, const char *name)
{
	return td_path_join(b->r->dir, name);
}

static bool write_text(const bundle *b, const char *name, const td_str *text, td_err *e)
{
	char *path = path_of(b, name), *dir = td_path_dir(path);
	bool ok = td_mkdirs(dir, e) && td_file_write(path, td_str_text(text), text->n, e);
	free(dir);
	free(path);
	return ok;
}

const char *td_reduce_ending(td_dtype d)
{
	return td_dtype_of(d)->npy ? ".npy" : ".safetensors";
}

/* DIR/<folder>/<port>.npy */
static bool write_tensor(const bundle *b, const char *folder, const char *port, const td_tensor *t,
                         td_err *e)
{
	td_str name = {0};
	td_str_addf(&name, "%s/%s%s", folder, port, td_reduce_ending(t->dtype));
	char *path = path_of(b, name.data), *dir = td_path_dir(path);
	bool ok = td_mkdirs(dir, e) &&
	          (td_dtype_of(t->dtype)->npy ? td_npy_write(path, t, e)
	                                      : td_safetensors_write(path, &port, &t, 1, e));
	free(dir);
	free(path);
	td_str_fini(&name);
	return ok;
}

/* -- the graph ------------------------------------------------------------ */

/* A number, or a symbol where the axis has a sampling rate, which only symbols carry. */
static td_dim dim_of(const bundle *b, td_dim dim, int64_t extent)
{
	int s = td_dim_symbol(b->f->g->dims, dim);
	const td_symbol *theirs = s < 0 ? NULL : td_dims_symbol_c(b->f->g->dims, s);
	if (!theirs || !(theirs->rate > 0))
		return td_dim_int(b->g->dims, extent);
	int mine = td_dims_find(b->g->dims, theirs->name);
	if (mine < 0) {
		mine = td_dims_declare(b->g->dims, theirs->name, extent, extent);
		td_dims_symbol(b->g->dims, mine)->rate = theirs->rate;
	}
	return td_dim_of(b->g->dims, mine);
}

/* Writes what the port was given and makes a pinned input of it. */
static bool add_input(bundle *b, int port, td_err *e)
{
	const td_value *v = &b->f->g->values.items[b->step->in[port]];
	const td_tensor *t = &b->f->in[port];
	const char *name = b->f->run->node->in[port].name;
	td_input in = {.name = name,
	               .dtype = t->dtype,
	               .rank = t->rank,
	               .tensor = td_dtype_of(t->dtype)->npy ? NULL : name};
	td_sha256 sha;
	if (!write_tensor(b, "inputs", name, t, e))
		return false;
	char *path = path_of(
		b, td_arena_printf(&b->arena, "inputs/%s%s", name, td_reduce_ending(t->dtype)));
	bool ok = td_file_sha256(path, &sha, &in.pin_bytes, e);
	free(path);
	if (!ok)
		return false;
	in.pin = sha.hex;
	for (int i = 0; i < t->rank; i++)
		in.dim[i] = dim_of(b, v->shape.dim[i], t->dim[i]);
	b->value[port] = td_graph_input(b->g, &in, &v->unit, v->lo, v->hi);
	return true;
}

/* One input a value: a step may take the same one twice. */
static bool add_inputs(bundle *b, td_err *e)
{
	for (int i = 0; i < b->step->n_in; i++) {
		b->value[i] = TD_NONE;
		for (int k = 0; k < i; k++)
			if (b->step->in[k] == b->step->in[i])
				b->value[i] = b->value[k];
		if (b->step->in[i] != TD_NONE && b->value[i] == TD_NONE && !add_input(b, i, e))
			return false;
	}
	return true;
}

static void add_step(bundle *b)
{
	const td_origin nowhere = {0};
	const td_step *s = b->step;
	const td_node *node = b->f->run->node;
	td_binding in[TD_MAX_PORTS];
	int n = 0;
	for (int i = 0; i < s->n_in; i++)
		if (b->value[i] != TD_NONE)
			in[n++] = (td_binding){node->in[i].name,
			                       td_own_value(b->g, node, i, b->value[i], nowhere)};
	td_step_options o = {.name = s->name,
	                     .impl = s->impl,
	                     .tol_reason = s->tol_reason,
	                     .tol_factor = s->tol_factor,
	                     .native_allowed = s->native_allowed};
	int step = td_graph_step(b->g, s->node_name, in, n, NULL, 0, &o, nowhere);
	/* parameters are those of the step; that required ones were not given counts no more, as only
	 * the text of this graph is used */
	if (node->params_size)
		memcpy(b->g->steps.items[step].params, s->params, node->params_size);
	for (const td_port *p = node->out; p->name; p++)
		td_graph_output(b->g, p->name, td_graph_out(b->g, step, p->name, nowhere), nowhere);
}

static bool write_graph(bundle *b, td_err *e)
{
	td_str text = {0};
	b->g = td_graph_new(b->f->g->registry, b->f->g->name);
	bool ok = add_inputs(b, e);
	if (ok) {
		add_step(b);
		td_graph_text(b->g, &text);
		ok = write_text(b, "step.graph", &text, e);
	}
	td_str_fini(&text);
	td_graph_free(b->g);
	return ok;
}

/* -- results, kernels, plug-ins ------------------------------------------- */

static bool write_results(const bundle *b, td_err *e)
{
	const td_failure *f = b->f;
	for (int i = 0; i < f->run->n_out; i++) {
		const char *port = f->run->node->out[i].name;
		if (!write_tensor(b, "got", port, &f->out[i], e) ||
		    (f->ref[i] && !write_tensor(b, "expected", port, f->ref[i], e)) ||
		    (f->lane && f->base && !write_tensor(b, "baseline", port, &f->base[i], e)))
			return false;
	}
	return true;
}

/* The kernels' whole text stands in one file of that name, in the place that TANDEM_KERNELS gives it. */
static bool write_kernels(bundle *b, td_err *e)
{
	const td_impl *impl = b->f->run->impl;
	td_str text = {0}, plain = {0};
	if (impl->on != TD_ON_OPENCL || !impl->source || impl->text)
		return true;
	bool ok = td_source_assemble(&impl, 1, &text, e);
	for (const char *at = td_str_text(&text);
	     ok && *at;) { /* paths of this machine stay here */
		size_t n = strcspn(at, "\n");
		n += at[n] == '\n';
		if (!td_starts(at, "#line "))
			td_str_add_n(&plain, at, n);
		at += n;
	}
	ok = ok && write_text(b, td_arena_printf(&b->arena, "kernels/%s", impl->source), &plain, e);
	b->kernels = ok;
	td_str_fini(&text);
	td_str_fini(&plain);
	return ok;
}

static bool copy_plugins(const bundle *b, td_err *e)
{
	enum { LARGEST = 64 << 20 };
	const td_registry *r = b->f->g->registry;
	for (int i = 0; i < r->plugins.n; i++) {
		const char *from = r->plugins.items[i].path;
		char *data, *to = path_of(b, td_path_base(from));
		size_t n;
		bool ok = td_file_read(from, LARGEST, &data, &n, e);
		if (ok) {
			ok = td_file_write(to, data, n, e);
			free(data);
		}
		free(to);
		if (!ok)
			return false;
	}
	return true;
}

/* -- README --------------------------------------------------------------- */

/* " --name headtail", as a shell takes it. */
static void add_option(td_str *s, const char *name, const char *head, const char *tail)
{
	td_str value = {0};
	td_str_addf(&value, "%s%s", head, tail);
	td_str_addf(s, " %s", name);
	td_str_add_word(s, value.data);
	td_str_fini(&value);
}

static void add_command(const bundle *b, td_str *s)
{
	const td_node *node = b->f->run->node;
	const td_registry *r = b->f->g->registry;
	const char *config = getenv("TANDEM_CL_CONFIG");
	size_t n = strlen(node->name);
	if (config && *config)
		td_str_addf(s, "TANDEM_CL_CONFIG=%s ", config);
	td_str_addf(s, "%standem compare step.graph", b->kernels ? "TANDEM_KERNELS=kernels " : "");
	for (int i = 0; i < b->step->n_in; i++) {
		bool first = b->value[i] != TD_NONE;
		for (int k = 0; k < i; k++)
			first = first && b->value[k] != b->value[i];
		if (first)
			td_str_addf(s, " -p %s=inputs/%s%s", node->in[i].name, node->in[i].name,
			            td_reduce_ending(b->f->in[i].dtype));
	}
	for (int i = 0; i < r->plugins.n; i++)
		add_option(s, "--plugin", "./", td_path_base(r->plugins.items[i].path));
	for (int i = 0; i < b->r->n_impls; i++)
		if (td_starts(b->r->impls[i], node->name) && b->r->impls[i][n] == '=')
			td_str_addf(s, " --impl %s", b->r->impls[i]);
	if (b->r->oracle_flops > 0)
		td_str_addf(s, " --oracle-flops %s", td_number_text(b->r->oracle_flops).text);
	td_str on = {0};
	td_str_addf(&on, "%s,", b->r->baseline);
	add_option(s, "--on", on.data, b->r->device);
	td_str_add(s, " --pairs 0 --no-db");
	td_str_fini(&on);
}

static void add_finding(const bundle *b, td_str *s)
{
	const td_rec_agreement *row = b->f->row;
	if (!row) {
		td_str_addf(s,
		            "Done over on the same inputs it gives other bits, although the node "
		            "promises "
		            "D%u.\n",
		            b->f->run->node->flags & TD_D_MASK);
		return;
	}
	const char *port = b->f->run->node->out[row->port].name;
	if (row->promised && !row->bit_identical && row->worst <= row->limit)
		td_str_addf(s,
		            "Output `%s` is within its limit, but has other bits than on %s, "
		            "although the "
		            "node promises D3.\n",
		            port, b->r->baseline);
	else if (td_same(row->oracle, "none"))
		td_str_addf(s,
		            "Output `%s` has other bits than on %s, and was too costly for the "
		            "oracle.\n",
		            port, b->r->baseline);
	else
		td_str_addf(s, "Output `%s` is beyond its limit: %s, where %s are allowed (%s).\n",
		            port, td_number_text(row->worst).text, td_number_text(row->limit).text,
		            row->kind);
	if (row->worst_index >= 0)
		td_str_addf(s, "Worst element: number %" PRId64 " is %s, the oracle says %s%s%s.\n",
		            row->worst_index, td_number_text(row->worst_got).text,
		            td_number_text(row->worst_ref).text, row->worst_inputs ? ", from " : "",
		            row->worst_inputs ? row->worst_inputs : "");
	if (row->turn)
		td_str_addf(s, "In turn %" PRId64 " of its loop.\n", row->turn);
}

static bool write_readme(const bundle *b, td_err *e)
{
	const td_caps *d = &b->f->plan->caps;
	td_str s = {0};
	td_str_addf(&s, "# Step `%s` (%s) of `%s` on %s\n\n", b->step->name, b->f->run->node->name,
	            b->f->g->name, b->r->device);
	add_finding(b, &s);
	td_str_addf(&s, "Device: %s, %s, driver %s.\n\nIn this folder,\n\n    ", d->id, d->name,
	            *d->driver ? d->driver : "-");
	add_command(b, &s);
	td_str_add(&s, "\n\nshows it again, with exit code 1.");
	if (b->kernels)
		td_str_add(
			&s,
			" `kernels/` holds the kernels as they were; without `TANDEM_KERNELS` the "
			"program's own are used.");
	td_str_addf(&s,
	            "\n\n| | |\n|---|---|\n| `step.graph` | the step alone, inputs pinned |\n"
	            "| `inputs/` | what it was given |\n| `got/` | what %s made of it |\n",
	            b->r->device);
	if (b->f->ref[0])
		td_str_add(&s, "| `expected/` | what the oracle, in double, makes of it |\n");
	if (b->f->lane && b->f->base)
		td_str_addf(&s, "| `baseline/` | what %s made of its own inputs |\n",
		            b->r->baseline);
	bool ok = write_text(b, "README.md", &s, e);
	td_str_fini(&s);
	return ok;
}

bool td_reduce_write(const td_reduce *r, const td_failure *f, td_err *e)
{
	bundle b = {.r = r, .f = f, .step = &f->g->steps.items[f->run->step]};
	bool ok = td_mkdirs(r->dir, e) && write_graph(&b, e) && write_results(&b, e) &&
	          write_kernels(&b, e) && copy_plugins(&b, e) && write_readme(&b, e);
	td_arena_fini(&b.arena);
	return ok || td_within(e, "--reduce %s", r->dir);
}
