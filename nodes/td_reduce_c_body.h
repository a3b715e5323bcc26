/* td_reduce_c_body.h: td_reduce.h in C, once a type. No guard on purpose.
 *
 * The 16 lanes are vectors of 64 bytes, as gcc and clang know them: from an array neither of them
 * makes accumulators that stay in registers. */

typedef REAL FN(m_lanes) __attribute__((vector_size(64)));
typedef WORD FN(m_masks) __attribute__((vector_size(64)));
#define EACH 64 / (int)sizeof(REAL) /* lanes in a vector */
#define PARTS 16 / (EACH)           /* vectors */

static inline REAL FN(fold_sum)(const REAL *lane)
{
	REAL a[8];
	for (int j = 0; j < 8; j++)
		a[j] = (lane[j] + 0) + (lane[j + 8] + 0);
	for (int j = 0; j < 4; j++)
		a[j] += a[j + 4];
	REAL r = (a[0] + a[2]) + (a[1] + a[3]);
	return r <= (REAL)INFINITY ? r : ONE_NAN;
}

static inline REAL FN(fold_max)(const REAL *lane)
{
	REAL a[8];
	for (int j = 0; j < 8; j++)
		a[j] = TD_LARGER(lane[j], lane[j + 8]);
	for (int half = 4; half; half /= 2)
		for (int j = 0; j < half; j++)
			a[j] = TD_LARGER(a[j], a[j + half]);
	return a[0];
}

static inline REAL FN(fold_min)(const REAL *lane)
{
	REAL a[8];
	for (int j = 0; j < 8; j++)
		a[j] = TD_SMALLER(lane[j], lane[j + 8]);
	for (int half = 4; half; half /= 2)
		for (int j = 0; j < half; j++)
			a[j] = TD_SMALLER(a[j], a[j + half]);
	return a[0];
}

static inline REAL FN(sum)(const REAL *x, int64_t n)
{
	FN(m_lanes) lane[PARTS] = {{0}}, v;
	for (; n >= 16; n -= 16)
		for (int p = 0; p < PARTS; p++, x += EACH) {
			memcpy(&v, x, sizeof v);
			lane[p] += v;
		}
	for (int j = 0; j < n; j++)
		lane[j / (EACH)][j % (EACH)] += x[j];
	return FN(fold_sum)((const REAL *)lane);
}

static inline REAL FN(dot)(const REAL *x, const REAL *y, int64_t n)
{
	FN(m_lanes) lane[PARTS] = {{0}}, v, w;
	for (; n >= 16; n -= 16)
		for (int p = 0; p < PARTS; p++, x += EACH, y += EACH) {
			memcpy(&v, x, sizeof v);
			memcpy(&w, y, sizeof w);
			for (int j = 0; j < EACH; j++)
				lane[p][j] = FMA(v[j], w[j], lane[p][j]);
		}
	for (int j = 0; j < n; j++)
		lane[j / (EACH)][j % (EACH)] = FMA(x[j], y[j], lane[j / (EACH)][j % (EACH)]);
	return FN(fold_sum)((const REAL *)lane);
}

/* b where the mask is set, else a. */
#define CHOOSE(mask, b, a) \
	((FN(m_lanes))(((mask) & (FN(m_masks))(b)) | (~(mask) & (FN(m_masks))(a))))

static inline REAL FN(max)(const REAL *x, int64_t n)
{
	FN(m_lanes) lane[PARTS] = {{0}}, v;
	for (int p = 0; p < PARTS; p++)
		lane[p] -= (REAL)INFINITY;
	for (; n >= 16; n -= 16)
		for (int p = 0; p < PARTS; p++, x += EACH) {
			memcpy(&v, x, sizeof v);
			lane[p] = CHOOSE(lane[p] < v, v, lane[p]);
		}
	REAL *tail = (REAL *)lane;
	for (int j = 0; j < n; j++)
		tail[j] = TD_LARGER(tail[j], x[j]);
	return FN(fold_max)(tail);
}

static inline REAL FN(min)(const REAL *x, int64_t n)
{
	FN(m_lanes) lane[PARTS] = {{0}}, v;
	for (int p = 0; p < PARTS; p++)
		lane[p] += (REAL)INFINITY;
	for (; n >= 16; n -= 16)
		for (int p = 0; p < PARTS; p++, x += EACH) {
			memcpy(&v, x, sizeof v);
			lane[p] = CHOOSE(v < lane[p], v, lane[p]);
		}
	REAL *tail = (REAL *)lane;
	for (int j = 0; j < n; j++)
		tail[j] = TD_SMALLER(tail[j], x[j]);
	return FN(fold_min)(tail);
}

#undef CHOOSE
#undef EACH
#undef PARTS
