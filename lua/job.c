/* From a file to a proved graph and a plan. */
#include "job.h"

#include "../engine/base/file.h"
#include "../engine/base/log.h"
#include "../engine/model/edf.h"
#include "../engine/model/input.h"
#include "../engine/model/npy.h"
#include "../engine/model/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 64 << 20 };

/* A graph text names no files: -p INPUT=FILE does. */
static bool give_file(td_graph *g, const td_option *p, td_err *e)
{
	td_str names = {0};
	for (int i = 0; i < g->inputs.n; i++) {
		td_input *in = &g->inputs.items[i];
		if (td_same(in->name, p->name)) {
			in->path = td_arena_strdup(&g->arena, p->value);
			td_str_fini(&names);
			return true;
		}
		td_str_addf(&names, "%s%s", i ? ", " : "", in->name);
	}
	td_fail(e, TD_E_USAGE, "the graph has no input \"%s\" for -p; it has %s", p->name,
	        names.n ? names.data : "none");
	td_str_fini(&names);
	return false;
}

static td_graph *read_graph(const td_job *j, const char *text, size_t n, td_err *e)
{
	td_graph *g = td_graph_read(j->registry, j->path, text, n, e);
	for (int i = 0; g && i < j->n_params; i++)
		if (!give_file(g, &j->params[i], e)) {
			td_graph_free(g);
			return NULL;
		}
	return g;
}

/* All that a saved plan says is settled. */
static bool no_options(const td_job *j, td_err *e)
{
	if (j->n_params)
		return td_fail(e, TD_E_USAGE,
		               "%s is a saved plan, whose parameters are settled: -p %s=… is for "
		               "`tandem plan`",
		               j->path, j->params[0].name);
	return true;
}

static const char *impl_at(const void *impls, int i)
{
	return ((const td_impl *)impls)[i].name;
}

/* Does "node=impl" name what there is? Elsewhere it would be passed over: an impl of another backend is. */
static bool known_impl(const td_registry *r, const char *wish, td_err *e)
{
	char name[64];
	size_t length = strcspn(wish, "=");
	int n = 1; /* the first is the oracle, which `--on ref` takes */
	td_clip(name, sizeof name, "%.*s", (int)length, wish);
	const td_node *node = td_registry_find(r, name);
	if (!node || wish[length] != '=')
		return td_fail(e, TD_E_USAGE,
		               "--impl %s: there is no node \"%s\"; `tandem nodes` "
		               "lists them",
		               wish, name);
	for (; node->impls[n].name; n++)
		if (td_same(node->impls[n].name, wish + length + 1))
			return true;
	const char *close = td_closest(wish + length + 1, n - 1, impl_at, node->impls + 1);
	return td_fail(e, TD_E_USAGE,
	               "--impl %s: %s has no such impl; %s%s%s`tandem nodes %s` lists "
	               "them",
	               wish, name, close ? "did you mean " : "", close ? close : "",
	               close ? "? " : "", name);
}

bool td_job_load(const td_job *j, td_loaded *l, td_err *e)
{
	char *text;
	size_t n;
	*l = (td_loaded){.diags.strict = j->strict};
	if (j->out && !*j->out)
		return td_fail(e, TD_E_USAGE, "--out is empty: it takes the name of a folder");
	for (int i = 0; i < j->n_impls; i++)
		if (!known_impl(j->registry, j->impls[i], e))
			return false;
	if (!td_file_read(j->path, TEXT_LIMIT, &text, &n, e))
		return false;
	if (td_plan_is_saved(text, n))
		l->plan = td_plan_load(j->registry, j->path, text, n, &l->graph, &l->diags, e);
	else if (td_starts(text, "tandem graph"))
		l->graph = read_graph(j, text, n, e);
	else
		l->graph = td_lua_build(j->registry, j->path, j->params, j->n_params, e);
	bool ok = td_plan_is_saved(text, n) ? l->plan && no_options(j, e) : l->graph != NULL;
	free(text);
	return ok;
}

void td_job_print_findings(const td_loaded *l)
{
	td_str text = {0};
	if (!l->diags.n)
		return;
	td_diags_text(&l->diags, l->graph, td_colour(2), &text);
	fputs(td_str_text(&text), stderr);
	td_str_fini(&text);
}

bool td_job_prove(const td_job *j, bool fetch, td_loaded *l, td_err *e)
{
	if (!td_job_load(j, l, e)) {
		td_job_print_findings(l);
		return false;
	}
	if (l->plan && j->replan) {
		td_plan_free(l->plan);
		l->plan = NULL;
		return true;
	}
	if (l->plan)
		return true;
	bool opened = (!fetch || td_inputs_fetch(l->graph, e)) && td_inputs_open(l->graph, e);
	bool proved = td_check(l->graph, &l->diags);
	if (!proved)
		td_job_print_findings(l);
	return opened && (proved || td_fail(e, TD_E_USAGE, "%s does not pass check", j->path));
}

td_plan *td_job_plan(const td_job *j, td_loaded *l, const td_caps *caps, td_err *e)
{
	td_plan_options o = {.caps = caps,
	                     .guard_bytes = j->guard ? 256 : 0,
	                     .impls = j->impls,
	                     .n_impls = j->n_impls};
	td_plan *p = td_plan_new(l->graph, &o, &l->diags);
	if (p)
		return p;
	td_job_print_findings(l);
	td_fail(e, TD_E_DEVICE, "the pipeline cannot be planned for %s", caps->name);
	return NULL;
}

/* A driver may tell its memory as it is at the moment: the plan must fit, the rest must be the same. */
bool td_job_fits_device(const td_plan *p, td_device *dev, td_err *e)
{
	td_caps now = *td_device_caps(dev);
	int64_t memory = now.global_bytes, largest = now.max_alloc_bytes;
	now.global_bytes = p->caps.global_bytes;
	now.max_alloc_bytes = p->caps.max_alloc_bytes;
	char *made = td_caps_json(&p->caps), *here = td_caps_json(&now);
	bool same = td_same(made, here);
	free(made);
	free(here);
	if (!same)
		return td_fail(e, TD_E_DEVICE,
		               "the plan was made for %s (driver %s), this is %s (driver %s); make "
		               "the plan again",
		               p->caps.id, p->caps.driver, now.id, now.driver);
	for (int i = 0; i < p->buffers.n; i++)
		if (p->buffers.items[i].place == TD_MAIN && p->buffers.items[i].bytes > largest)
			return td_fail(e, TD_E_DEVICE,
			               "the plan has a buffer of %s, %s now allows %s",
			               td_bytes_text((double)p->buffers.items[i].bytes).text,
			               now.id, td_bytes_text((double)largest).text);
	return (double)p->peak_bytes[TD_MAIN] <= 0.9 * (double)memory ||
	       td_fail(e, TD_E_DEVICE, "the plan needs %s, %s now has %s",
	               td_bytes_text((double)p->peak_bytes[TD_MAIN]).text, now.id,
	               td_bytes_text((double)memory).text);
}

void td_job_unload(td_loaded *l)
{
	td_plan_free(l->plan);
	td_graph_free(l->graph);
	td_diags_fini(&l->diags);
	*l = (td_loaded){0};
}

int64_t td_job_seed(const td_graph *g)
{
	int64_t seed;
	for (int i = 0; i < g->params.n; i++)
		if (td_same(g->params.items[i].name, "seed") &&
		    td_read_int(g->params.items[i].value, &seed))
			return seed;
	return -1;
}

/* An output as a recording: its channels are named as those of an input, its time axis has a rate. */
static bool write_recording(const char *path, const td_graph *g, const td_output *o,
                            const td_tensor *t, td_err *e)
{
	const td_shape *shape = &g->values.items[o->value].shape;
	int last = shape->rank > 0 ? td_dim_symbol(g->dims, shape->dim[shape->rank - 1]) : TD_NONE;
	td_edf_out out = {.data = t, .channels = td_output_channels(g, o)};
	if (last >= 0)
		out.rate = td_dims_symbol_c(g->dims, last)->rate;
	if (!out.channels || out.rate <= 0)
		return td_fail(e, TD_E_USAGE,
		               "the output \"%s\" cannot be written as a recording: %s", o->name,
		               out.channels ? "its last dim has no sampling rate"
		                            : "the recording that names its channels was not read");
	return td_edf_write(path, &out, e);
}

static char *output_path(const char *dir, const char *name, const char *ending)
{
	td_str file = {0};
	td_str_addf(&file, "%s%s", name, ending);
	char *path = td_path_join(dir, file.data);
	td_str_fini(&file);
	return path;
}

static bool write_output(const char *dir, const td_graph *g, int i, const td_tensor *t, td_err *e)
{
	const td_output *o = &g->outputs.items[i];
	char *npy = output_path(dir, o->name, ".npy"), *edf = output_path(dir, o->name, ".edf");
	bool ok = td_npy_write(npy, t, e) && (!o->channels_of || write_recording(edf, g, o, t, e));
	free(npy);
	free(edf);
	return ok;
}

bool td_job_one_file(const char *out)
{
	return td_ends(out, ".safetensors");
}

static bool write_one_file(const char *path, const td_plan *p, const td_exec *x, td_err *e)
{
	size_t n = (size_t)p->graph->outputs.n;
	const char **names = td_alloc(td_size_mul(n + 1, sizeof *names));
	const td_tensor **tensors = td_alloc(td_size_mul(n + 1, sizeof *tensors));
	char *folder = td_path_dir(path);
	for (int i = 0; i < p->graph->outputs.n; i++) {
		names[i] = p->graph->outputs.items[i].name;
		tensors[i] = td_exec_output(x, i);
	}
	bool ok = td_mkdirs(folder, e) && td_safetensors_write(path, names, tensors, (int)n, e);
	free(folder);
	free(tensors);
	free(names);
	return ok;
}

bool td_job_write_outputs(const char *dir, const td_plan *p, const td_exec *x, td_err *e)
{
	if (td_job_one_file(dir))
		return write_one_file(dir, p, x, e);
	if (!td_mkdirs(dir, e))
		return false;
	for (int i = 0; i < p->graph->outputs.n; i++)
		if (!write_output(dir, p->graph, i, td_exec_output(x, i), e))
			return false;
	return true;
}

bool td_job_write_json(const char *dir, const char *name, const json_t *j, td_err *e)
{
	if (!td_mkdirs(dir, e))
		return false;
	char *text = json_dumps(j, JSON_INDENT(2)), *path = td_path_join(dir, name);
	bool ok = td_file_write(path, text, strlen(text), e);
	free(path);
	free(text);
	return ok;
}
