/* attention_body.h: the kernel of attention.attention, once a kind of q, k, v and out. OpenCL only; attention.cl
 * includes it. No guard on purpose. NAME: the kernel, S: the number as it is stored, KIND: of td_stored.h. */

#ifdef TD_CPU

__kernel TD_WG(1) void NAME(ATTENTION_CL(S), ATTENTION_RESULTS_CL(S))
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(1);
	attention_room room;
	attention_rows(ATTENTION_HEAD(z, head, KIND), z, attention_first(z, (int)get_global_id(0)),
	               ATTENTION_RESULTS(z, head), &room);
}

#else

__kernel TD_WG2(16, 16) void NAME(ATTENTION_CL(S), ATTENTION_RESULTS_CL(S))
{
	__local float left[SLICE][SIDE + 1], right[SLICE][SIDE + 1], p[SIDE][SIDE + 1];
	__local float m[SIDE], l[SIDE], shrink[SIDE], base[SIDE];
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(2);
	const attention_head a = ATTENTION_HEAD(z, head, KIND);
	const int x = 4 * (int)get_local_id(0), y = 4 * (int)get_local_id(1),
		  row = SIDE * (int)get_group_id(0);
	const int item = (int)(get_local_id(1) * 16 + get_local_id(0));
	const int last = min(row + SIDE, s) + t - s, seen = !causal || last > t ? t : max(last, 0);
	float w[4][4], o[4][ATTENTION_MOST / 16] = {{0}};
	if (item < SIDE) {
		m[item] = -INFINITY;
		l[item] = 0;
	}
	for (int key = 0; key < seen; key += SIDE) {
		int n = min((int)SIDE, seen - key);
		group_scores(a, z, row, key, y, x, left, right, w);
		for (int i = 0; i < 16; i++)
			p[y + i / 4][x + i % 4] = w[i / 4][i % 4];
		barrier(CLK_LOCAL_MEM_FENCE);
		if (item < SIDE)
			row_most(p[item], n, m + item, shrink + item, base + item);
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int i = 0; i < 16; i++)
			p[y + i / 4][x + i % 4] = td_exp2_low(w[i / 4][i % 4] - base[y + i / 4]);
		for (int i = 0; i < 4 * ATTENTION_MOST / 16; i++)
			o[i % 4][i / 4] *= shrink[y + i % 4];
		barrier(CLK_LOCAL_MEM_FENCE);
		if (item < SIDE) {
			float block = 0;
			for (int j = 0; j < n; j++)
				block += p[item][j];
			l[item] = fma(l[item], shrink[item], block);
		}
		group_values(a, z, key, n, y, p, o);
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	const attention_results r = ATTENTION_RESULTS(z, head);
	for (int i = 0; i < 4 && row + y + i < s; i++) {
		float total = l[y + i], inverse = 1 / total;
		long to = r.first + (long)(row + y + i) * e;
		for (int n = x / 4; n < e; n += 16)
			td_stored_set(r.out, to + n, KIND,
			              td_one_nan(total <= 0 ? 0 : o[i][n / 16] * inverse));
		if (x == 0)
			attention_summary(r, row + y + i, m[y + i], total);
	}
}

#endif
