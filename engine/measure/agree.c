#include "agree.h"

#include "../model/dtype.h"
#include "../run/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *td_closeness_name(td_closeness c)
{
	return c == TD_EXACT ? "exact" : c == TD_ULP ? "ulp" : c == TD_SUM ? "sum" : "decision";
}

/* Floats in the order of their values: bit patterns as signed integers, negative ones mirrored. */
static int64_t order_f32(float x)
{
	int32_t bits;
	memcpy(&bits, &x, sizeof bits);
	return bits < 0 ? (int64_t)INT32_MIN - bits : bits;
}

double td_ulp_distance_f32(float a, float b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b) ? 0 : (double)INFINITY;
	int64_t d = order_f32(a) - order_f32(b);
	return d < 0 ? -(double)d : (double)d;
}

double td_ulp_distance_f64(double a, double b)
{
	int64_t x, y;
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b) ? 0 : (double)INFINITY;
	memcpy(&x, &a, sizeof x);
	memcpy(&y, &b, sizeof y);
	double ox = x < 0 ? -(double)(x - INT64_MIN) : (double)x,
	       oy = y < 0 ? -(double)(y - INT64_MIN) : (double)y;
	if ((x < 0) == (y < 0)) /* exactly, while the difference fits */
		return fabs((double)(x - y));
	return fabs(ox - oy);
}

/* |a - b|, infinite unless both are NaN, the same infinity, or finite. */
static double error_of(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b) ? 0 : (double)INFINITY;
	return td_feq_exact(a, b) ? 0 : fabs(a - b);
}

static double ulp_distance_16(const td_tensor *got, int64_t i, double ref)
{
	uint16_t a = ((const uint16_t *)got->data)[i], b;
	if (isnan(td_element(got, i)) || isnan(ref))
		return isnan(td_element(got, i)) && isnan(ref) ? 0 : (double)INFINITY;
	td_convert(&b, got->dtype, &ref, TD_F64, 1);
	int x = a & 0x8000 ? -(a & 0x7fff) : a, y = b & 0x8000 ? -(b & 0x7fff) : b;
	return abs(x - y);
}

static double ulps_of(const td_tensor *got, int64_t i, double ref)
{
	if (got->dtype == TD_F16 || got->dtype == TD_BF16)
		return ulp_distance_16(got, i, ref);
	if (got->dtype == TD_F32)
		return td_ulp_distance_f32(((const float *)got->data)[i], (float)ref);
	if (got->dtype == TD_F64)
		return td_ulp_distance_f64(((const double *)got->data)[i], ref);
	return 0;
}

/* Is element i, bit for bit, the oracle's value rounded to the dtype? */
static bool exact_at(const td_tensor *got, const td_tensor *ref, int64_t i)
{
	unsigned char want[8];
	size_t size = td_sizeof(got->dtype);
	td_convert(want, got->dtype, (const char *)ref->data + i * 8, ref->dtype, 1);
	if (memcmp(want, (const char *)got->data + (size_t)i * size, size) == 0)
		return true;
	return td_dtype_of(got->dtype)->is_float && isnan(td_element(got, i)) &&
	       isnan(td_element(ref, i));
}

/* Spacing of the dtype's numbers near zero: no error below it can be avoided. */
static double smallest(td_dtype d)
{
	return d == TD_F32 ? 0x1p-149 : d == TD_F64 ? 0x1p-1074 : d == TD_F16 ? 0x1p-24 : 0x1p-133;
}

/* What a node works with: f16 and bf16 are storage, sums are of floats. */
static double working_roundoff(td_dtype d)
{
	return td_dtype_of(d == TD_F16 || d == TD_BF16 ? TD_F32 : d)->unit_roundoff;
}

/* One element's error in the measure of the closeness. For TD_SUM: in units of u c, after what the
 * rounding of the result itself may cost (once to its dtype, and tol->ulp of what it is made with). */
static double measure(const td_tol *tol, const td_tensor *got, const td_tensor *ref,
                      const double *mag, int64_t i)
{
	double a = td_element(got, i), r = td_element(ref, i), u = working_roundoff(got->dtype);
	if (tol->kind == TD_EXACT)
		return exact_at(got, ref, i) ? 0 : 1;
	if (tol->kind == TD_ULP)
		return ulps_of(got, i, r);
	if (isinf(a) && exact_at(got, ref, i)) /* beyond the dtype's range, and so is ref */
		return 0;
	double error = error_of(a, r), once = td_dtype_of(got->dtype)->unit_roundoff,
	       own = fabs(r) * (once + 2 * u * tol->ulp) + smallest(got->dtype);
	if (error <= 0 || (isfinite(error) && error <= own)) /* `own` of a NaN is NaN */
		return 0;
	double c = mag ? mag[i] : fabs(r);
	return c > 0 && error < (double)INFINITY ? (error - own) / (u * c) : (double)INFINITY;
}

static double limit_of(const td_tol *tol, double length)
{
	if (tol->kind == TD_ULP)
		return tol->ulp;
	if (tol->kind == TD_SUM) {
		double depth = 8 + 2 * sqrt(length > 1 ? length : 1);
		return length < depth ? length : depth;
	}
	return 0;
}

td_agreement td_agree(const td_tol *tol, double length, double factor, const td_tensor *got,
                      const td_tensor *ref, const double *mag)
{
	td_agreement a = {.kind = tol->kind,
	                  .limit = limit_of(tol, length) * factor,
	                  .n = td_numel(got),
	                  .worst_index = -1};
	double sum_error = 0, sum_ref = 0;
	for (int64_t i = 0; i < a.n; i++) {
		double x = td_element(got, i), r = td_element(ref, i),
		       m = measure(tol, got, ref, mag, i);
		double error = isinf(x) && exact_at(got, ref, i) ? 0 : error_of(x, r);
		double ulp = ulps_of(got, i, r);
		a.max_abs = error > a.max_abs ? error : a.max_abs;
		a.max_ulp = ulp > a.max_ulp ? ulp : a.max_ulp;
		sum_error += error * error;
		sum_ref += isfinite(r) ? r * r : 0;
		if (m > 0 && (a.worst_index < 0 || (tol->kind != TD_EXACT && m > a.worst))) {
			a.worst_index = i;
			a.worst_got = x;
			a.worst_ref = r;
		}
		a.worst = tol->kind == TD_EXACT ? a.worst + m : m > a.worst ? m : a.worst;
	}
	a.norm_rel = sum_error > 0 ? sqrt(sum_error) / (sum_ref > 0 ? sqrt(sum_ref) : 1) : 0;
	a.pass = a.worst <= a.limit;
	return a;
}

td_agreement td_agree_decisions(const td_decisions *d, int port)
{
	td_agreement a = {.kind = TD_DECISION,
	                  .n = d->n,
	                  .worst = (double)d->wrong,
	                  .worst_index = -1,
	                  .decisions = *d};
	if (d->port == port)
		a.worst_index = d->worst;
	a.pass = d->wrong == 0;
	return a;
}

void td_difference(const td_tensor *a, const td_tensor *b, double *max_abs, double *norm_rel)
{
	double sum_error = 0, sum_ref = 0;
	*max_abs = 0;
	for (int64_t i = 0; i < td_numel(a); i++) {
		double x = td_element(a, i), r = td_element(b, i), error = error_of(x, r);
		*max_abs = error > *max_abs ? error : *max_abs;
		sum_error += error * error;
		sum_ref += isfinite(r) ? r * r : 0;
	}
	*norm_rel = sum_error > 0 ? sqrt(sum_error) / (sum_ref > 0 ? sqrt(sum_ref) : 1) : 0;
}

bool td_same_bits(const td_tensor *a, const td_tensor *b)
{
	if (a->dtype != b->dtype || a->rank != b->rank ||
	    memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) != 0)
		return false;
	size_t size = td_sizeof(a->dtype), n = (size_t)td_numel(a);
	if (!n || memcmp(a->data, b->data, n * size) == 0)
		return true;
	if (!td_dtype_of(a->dtype)->is_float)
		return false;
	for (size_t i = 0; i < n; i++) /* NaN payloads are not ours to promise */
		if (memcmp((const char *)a->data + i * size, (const char *)b->data + i * size,
		           size) != 0 &&
		    !(isnan(td_element(a, (int64_t)i)) && isnan(td_element(b, (int64_t)i))))
			return false;
	return true;
}
