/* tensor.matmul by CLBlast: judged by tolerance, never chosen by itself.
 *
 * TANDEM_CLBLAST=FILE sets CLBlast's own parameters once a device, before its first product. Each line of
 * the file names a kernel, its precision (32, 64) and all of its parameters, as the tuners of CLBlast print
 * them: "Xgemm 32 GEMMK=0 KREG=1 KWG=32 …". CLBlast keeps them, so its results may change with the file. */
#include "matmul.h"

#include <clblast_c.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMETERS = 64, LONGEST_LINE = 2048 };

static bool failed(int status, const char *what, td_err *e)
{
	return td_fail(e, TD_E_DEVICE, "CLBlast: %s: status %d", what, status);
}

/* -- parameters -------------------------------------------------------------------- */

static bool override_line(cl_device_id device, char *line, const char *file, int number, td_err *e)
{
	const char *names[MAX_PARAMETERS];
	size_t values[MAX_PARAMETERS], n = 0;
	char *save = NULL, *kernel = strtok_r(line, " \t\n", &save),
	     *precision = strtok_r(NULL, " \t\n", &save);
	if (!kernel || kernel[0] == '#')
		return true;
	for (char *word;
	     precision && n < MAX_PARAMETERS && (word = strtok_r(NULL, " \t\n", &save)) != NULL;
	     n++) {
		char *equals = strchr(word, '='), *end;
		if (!equals || equals == word)
			return td_fail(e, TD_E_USAGE, "%s:%d: \"%s\" is not NAME=NUMBER", file,
			               number, word);
		*equals = '\0';
		names[n] = word;
		values[n] = strtoul(equals + 1, &end, 10);
		if (!equals[1] || *end)
			return td_fail(e, TD_E_USAGE, "%s:%d: %s is \"%s\", not a number", file,
			               number, word, equals + 1);
	}
	if (!precision || !n)
		return td_fail(e, TD_E_USAGE, "%s:%d: a line is KERNEL PRECISION NAME=NUMBER …",
		               file, number);
	CLBlastPrecision p =
		strcmp(precision, "64") == 0 ? CLBlastPrecisionDouble : CLBlastPrecisionSingle;
	CLBlastStatusCode status = CLBlastOverrideParameters(device, kernel, p, n, names, values);
	return status == CLBlastSuccess || td_fail(e, TD_E_USAGE,
	                                           "%s:%d: CLBlast does not take these parameters "
	                                           "of %s (status %d); it needs all of them",
	                                           file, number, kernel, (int)status);
}

static bool override_all(cl_device_id device, const char *path, td_err *e)
{
	char line[LONGEST_LINE];
	FILE *f = fopen(path, "r");
	if (!f)
		return td_fail(e, TD_E_USAGE, "TANDEM_CLBLAST: %s: %s", path, strerror(errno));
	bool ok = true;
	for (int number = 1; ok && fgets(line, sizeof line, f); number++)
		ok = override_line(device, line, path, number, e);
	fclose(f);
	return ok;
}

/* CLBlast holds parameters for each device; this remembers for which it was told. */
static bool tell_once(cl_command_queue queue, td_err *e)
{
	static cl_device_id told;
	const char *path = getenv("TANDEM_CLBLAST");
	cl_device_id device = NULL;
	if (!path || !*path)
		return true;
	cl_int status =
		clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(cl_device_id), &device, NULL);
	if (status != CL_SUCCESS)
		return failed((int)status, "clGetCommandQueueInfo", e);
	if (device == told)
		return true;
	if (!override_all(device, path, e))
		return false;
	told = device;
	return true;
}

/* -- products -------------------------------------------------------------------------- */

static bool clear(const td_call *c, cl_command_queue queue, td_err *e)
{
	const cl_uchar zero = 0;
	cl_event event = NULL;
	cl_int status = clEnqueueFillBuffer(
		queue, c->out[0].mem, &zero, 1, 0,
		(size_t)td_numel(&c->out[0]) * td_sizeof(c->out[0].dtype), 0, NULL, &event);
	return status == CL_SUCCESS ? td_cl_record(c, "clEnqueueFillBuffer", event, e)
	                            : failed((int)status, "clEnqueueFillBuffer", e);
}

/* Matrices first … first + count of the batch; strides of 0 are not CLBlast's: then one at a time. */
static CLBlastStatusCode product(const td_call *c, const td_sizes *s, int64_t first, int64_t count,
                                 cl_command_queue *queue, cl_event *event)
{
	const matmul_params *p = c->params;
	const CLBlastTranspose ta = p->ta ? CLBlastTransposeYes : CLBlastTransposeNo,
			       tb = p->tb ? CLBlastTransposeYes : CLBlastTransposeNo;
	const size_t m = (size_t)s->m, n = (size_t)s->n, k = (size_t)s->k,
		     lda = (size_t)(p->ta ? s->a_col : s->a_row),
		     ldb = (size_t)(p->tb ? s->b_col : s->b_row), a = (size_t)(first * s->a_batch),
		     b = (size_t)(first * s->b_batch), out = (size_t)first * m * n;
	if (c->out[0].dtype == TD_F32)
		return CLBlastSgemmStridedBatched(
			CLBlastLayoutRowMajor, ta, tb, m, n, k, 1, c->in[0].mem, a, lda,
			(size_t)s->a_batch, c->in[1].mem, b, ldb, (size_t)s->b_batch, 0,
			c->out[0].mem, out, n, m * n, (size_t)count, queue, event);
	return CLBlastDgemmStridedBatched(CLBlastLayoutRowMajor, ta, tb, m, n, k, 1, c->in[0].mem,
	                                  a, lda, (size_t)s->a_batch, c->in[1].mem, b, ldb,
	                                  (size_t)s->b_batch, 0, c->out[0].mem, out, n, m * n,
	                                  (size_t)count, queue, event);
}

bool tensor_matmul_clblast(const td_call *c, td_err *e)
{
	td_sizes s = matmul_sizes_of(c);
	cl_command_queue queue = td_cl_queue(c);
	if (td_numel(&c->out[0]) == 0)
		return true;
	if (s.k == 0)
		return clear(c, queue, e);
	if (!tell_once(queue, e))
		return false;
	int64_t at_once = s.batch > 1 && (!s.a_batch || !s.b_batch) ? 1 : s.batch;
	for (int64_t i = 0; i < s.batch; i += at_once) {
		cl_event event = NULL;
		CLBlastStatusCode status = product(c, &s, i, at_once, &queue, &event);
		if (status != CLBlastSuccess)
			return failed((int)status, "gemm", e);
		if (!td_cl_record(c, "clblast_gemm", event, e))
			return false;
	}
	return true;
}
