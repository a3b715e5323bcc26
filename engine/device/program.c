/* program.c: from the sources of impls to a built program. Layer 3.
 *
 * A driver takes a constant half second for a program and little for each kernel in it, so all new
 * sources of one call go into one program. */
#include "cl_inner.h"

#include "../base/clock.h"
#include "../base/log.h"

#include <stdlib.h>
#include <string.h>

/* -- which sources -------------------------------------------------------- */

static bool same_source(const char *path, const char *text, const td_impl *impl)
{
	return (text == impl->text || td_same(text, impl->text)) &&
	       (path == impl->source || td_same(path, impl->source));
}

td_program *td_cl_program(const td_cl *cl, const td_impl *impl)
{
	for (int i = 0; i < cl->built.n; i++)
		if (same_source(cl->built.items[i].path, cl->built.items[i].text, impl))
			return cl->built.items[i].program;
	return NULL;
}

static bool has_source(const td_impl *impl)
{
	return impl && impl->on == TD_ON_OPENCL && impl->source;
}

static int by_path(const void *a, const void *b)
{
	const td_impl *const *x = a, *const *y = b;
	int order = strcmp((*x)->source, (*y)->source);
	return order                      ? order
	       : (*x)->text && (*y)->text ? strcmp((*x)->text, (*y)->text)
	                                  : ((*x)->text != NULL) - ((*y)->text != NULL);
}

/* The impls whose sources have to be built: one each, sorted, so that the text does not depend on
 * the order of the steps. Returns how many. */
static int fresh_sources(const td_cl *cl, const td_impl *const *impls, int n, const td_impl **fresh)
{
	int m = 0, kept = 0;
	for (int i = 0; i < n; i++)
		if (has_source(impls[i]) && !td_cl_program(cl, impls[i]))
			fresh[m++] = impls[i];
	qsort(fresh, (size_t)m, sizeof(const td_impl *), by_path);
	for (int i = 0; i < m; i++)
		if (!kept || by_path(&fresh[kept - 1], &fresh[i]) != 0)
			fresh[kept++] = fresh[i];
	return kept;
}

/* -- building ------------------------------------------------------------- */

static char *build_log(const td_cl *cl, cl_program program)
{
	size_t n = 0;
	cl_int rc = clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &n);
	char *log = td_alloc(rc == CL_SUCCESS ? n + 1 : 1);
	if (rc == CL_SUCCESS && n)
		clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, n, log, NULL);
	for (size_t end = strlen(log); end && (log[end - 1] == '\n' || log[end - 1] == ' ');)
		log[--end] = '\0';
	return log;
}

/* A log that is too long for a message is shown whole on stderr, and its first error in the message. */
static bool build_failed(const td_cl *cl, cl_program program, cl_int code, td_err *e)
{
	enum { SHORT = 700 };
	char *log = build_log(cl, program);
	const char *shown = strlen(log) > SHORT ? strstr(log, "error") : log;
	if (shown != log)
		td_warn("the compiler says:\n%s", log);
	while (shown && shown > log && shown[-1] != '\n')
		shown--;
	bool ok = td_cl_ok("clBuildProgram", code, e);
	if (!ok && e) {
		size_t n = strlen(e->text);
		td_clip(e->text + n, sizeof e->text - n, "\n%.*s", SHORT,
		        !*log   ? "(no word from the compiler)"
		        : shown ? shown
		                : log);
	}
	free(log);
	return ok;
}

static bool build(const td_cl *cl, cl_program program, td_err *e)
{
	cl_int rc = clBuildProgram(program, 1, &cl->device, cl->options, NULL, NULL);
	return rc == CL_SUCCESS || build_failed(cl, program, rc, e);
}

static bool build_from_source(const td_cl *cl, const char *text, cl_program *program, td_err *e)
{
	cl_int rc;
	*program = clCreateProgramWithSource(cl->context, 1, &text, NULL, &rc);
	if (!td_cl_ok("clCreateProgramWithSource", rc, e))
		return false;
	if (build(cl, *program, e))
		return true;
	clReleaseProgram(*program);
	return false;
}

static bool create_from_binary(const td_cl *cl, const unsigned char *data, size_t n,
                               cl_program *program, td_err *e)
{
	cl_int rc, status = CL_SUCCESS;
	*program = clCreateProgramWithBinary(cl->context, 1, &cl->device, &n, &data, &status, &rc);
	if (td_cl_ok("clCreateProgramWithBinary", rc ? rc : status, e) && build(cl, *program, e))
		return true;
	if (*program)
		clReleaseProgram(*program);
	return false;
}

/* From the cache. False when it holds nothing that the driver takes. */
static bool build_from_binary(const td_cl *cl, td_program *p)
{
	unsigned char *data;
	size_t n;
	td_err why;
	if (!td_binary_load(&p->key, &data, &n))
		return false;
	p->info.from_cache = create_from_binary(cl, data, n, &p->cl, &why);
	if (p->info.from_cache)
		memcpy(p->info.binary_sha256, td_sha256_of(data, n).hex,
		       sizeof p->info.binary_sha256);
	else
		td_note("the driver refuses a kept kernel binary, building from source: %s",
		        why.text);
	free(data);
	return p->info.from_cache;
}

static bool build_text(td_device *dev, const char *text, td_program *p, td_err *e)
{
	td_sha256 sha = td_sha256_text(text);
	memcpy(p->info.source_sha256, sha.hex, sizeof sha.hex);
	memcpy(p->info.options, dev->cl->options, sizeof p->info.options);
	p->key = td_binary_key(dev, sha.hex);
	return build_from_binary(dev->cl, p) || build_from_source(dev->cl, text, &p->cl, e);
}

static bool build_program(td_device *dev, const td_impl *const *fresh, int n, td_program **p,
                          td_err *e)
{
	td_str text = {0};
	int64_t begin = td_now_ns();
	*p = td_arena_alloc(&dev->arena, sizeof **p);
	bool ok = td_source_assemble(fresh, n, &text, e) &&
	          build_text(dev, td_str_text(&text), *p, e);
	(*p)->info.build_ns = td_now_ns() - begin;
	td_str_fini(&text);
	return ok;
}

/* What is said about sources that were built before. */
static td_build built_before(const td_cl *cl, const td_impl *const *impls, int n)
{
	td_build info = {0};
	for (int i = 0; i < n; i++)
		if (has_source(impls[i])) {
			const td_program *p = td_cl_program(cl, impls[i]);
			if (p)
				info = p->info;
			info.build_ns = 0;
			break;
		}
	return info;
}

static void keep(td_device *dev, td_program *p, const td_impl *const *fresh, int n)
{
	td_cl *cl = dev->cl;
	p->next = cl->programs;
	cl->programs = p;
	for (int i = 0; i < n; i++) {
		td_built b = {fresh[i]->source, fresh[i]->text, p};
		TD_PUSH(&dev->arena, cl->built, b);
	}
}

bool td_cl_build(td_device *dev, const td_impl *const *impls, int n, td_build *info, td_err *e)
{
	const td_impl **fresh = td_alloc(td_size_mul((size_t)n, sizeof(const td_impl *)));
	int m = fresh_sources(dev->cl, impls, n, fresh);
	td_program *p;
	bool ok = true;
	if (m == 0) {
		*info = built_before(dev->cl, impls, n);
	} else if ((ok = build_program(dev, fresh, m, &p, e))) {
		keep(dev, p, fresh, m);
		*info = p->info;
	}
	free(fresh);
	return ok;
}

void td_cl_programs_free(td_device *dev)
{
	for (td_program *p = dev->cl->programs; p; p = p->next) {
		if (!p->info.from_cache)
			td_binary_save(dev, p);
		for (int i = 0; i < TD_KERNEL_CHAINS; i++)
			for (const td_kernel *k = p->kernel[i]; k; k = k->next)
				clReleaseKernel(k->cl);
		clReleaseProgram(p->cl);
	}
	dev->cl->programs = NULL;
}
