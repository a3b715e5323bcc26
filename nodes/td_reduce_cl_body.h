/* td_reduce_cl_body.h: td_reduce.h in OpenCL C, once a type. No guard on purpose. */

static inline REAL16 FN(load16)(__global const REAL *x, long left, REAL pad)
{
	if (left >= 16)
		return vload16(0, x);
	REAL lane[16];
	for (long i = 0; i < 16; i++)
		lane[i] = i < left ? x[i] : pad;
	return vload16(0, lane);
}

static inline REAL FN(fold_sum)(REAL16 lane)
{
	lane += (REAL16)(0);
	REAL8 a = lane.lo + lane.hi;
	REAL4 b = a.lo + a.hi;
	REAL2 c = b.lo + b.hi;
	REAL r = c.x + c.y;
	return r <= (REAL)INFINITY ? r : ONE_NAN;
}

static inline REAL FN(fold_max)(REAL16 lane)
{
	REAL8 a = TD_LARGER(lane.lo, lane.hi);
	REAL4 b = TD_LARGER(a.lo, a.hi);
	REAL2 c = TD_LARGER(b.lo, b.hi);
	return TD_LARGER(c.x, c.y);
}

static inline REAL FN(fold_min)(REAL16 lane)
{
	REAL8 a = TD_SMALLER(lane.lo, lane.hi);
	REAL4 b = TD_SMALLER(a.lo, a.hi);
	REAL2 c = TD_SMALLER(b.lo, b.hi);
	return TD_SMALLER(c.x, c.y);
}

static inline REAL FN(sum)(__global const REAL *x, long n)
{
	REAL16 lane = (REAL16)(0);
	for (; n >= 16; n -= 16, x += 16)
		lane += vload16(0, x);
	return FN(fold_sum)(n > 0 ? lane + FN(load16)(x, n, 0) : lane);
}

static inline REAL FN(dot)(__global const REAL *x, __global const REAL *y, long n)
{
	REAL16 lane = (REAL16)(0);
	for (; n >= 16; n -= 16, x += 16, y += 16)
		lane = fma(vload16(0, x), vload16(0, y), lane);
	return FN(fold_sum)(n > 0 ? fma(FN(load16)(x, n, 0), FN(load16)(y, n, 0), lane) : lane);
}

static inline REAL FN(max)(__global const REAL *x, long n)
{
	REAL16 lane = (REAL16)(-(REAL)INFINITY);
	for (; n > 0; n -= 16, x += 16) {
		REAL16 v = FN(load16)(x, n, -(REAL)INFINITY);
		lane = TD_LARGER(lane, v);
	}
	return FN(fold_max)(lane);
}

static inline REAL FN(min)(__global const REAL *x, long n)
{
	REAL16 lane = (REAL16)((REAL)INFINITY);
	for (; n > 0; n -= 16, x += 16) {
		REAL16 v = FN(load16)(x, n, (REAL)INFINITY);
		lane = TD_SMALLER(lane, v);
	}
	return FN(fold_min)(lane);
}

/* The 16 lanes of the row that this work item belongs to. */
static inline REAL16 FN(group_lanes)(REAL lane, __local REAL *local_lanes)
{
	size_t i = get_local_id(0);
	barrier(CLK_LOCAL_MEM_FENCE); /* the last use of local_lanes may still be read */
	local_lanes[i] = lane;
	barrier(CLK_LOCAL_MEM_FENCE);
	return vload16(i / 16, local_lanes);
}

static inline REAL FN(group_sum)(REAL lane, __local REAL *local_lanes)
{
	return FN(fold_sum)(FN(group_lanes)(lane, local_lanes));
}

static inline REAL FN(group_max)(REAL lane, __local REAL *local_lanes)
{
	return FN(fold_max)(FN(group_lanes)(lane, local_lanes));
}

static inline REAL FN(group_min)(REAL lane, __local REAL *local_lanes)
{
	return FN(fold_min)(FN(group_lanes)(lane, local_lanes));
}
