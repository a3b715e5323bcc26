#include "store_inner.h"

#include "base/str.h"
#include "migrate.h"

#include <stdlib.h>
#include <time.h>

/* -- statements ----------------------------------------------------------- */

typedef struct {
	const char *table, *columns;
	bool once; /* a row that is there already is fine */
} put_sql;

static const put_sql puts_sql[TD_N_PUTS] = {
	[TD_PUT_TEXT] = {"text", "sha256, content", true},
	[TD_PUT_GRAPH] = {"graph", "sha256, name"},
	[TD_PUT_STEP] = {"step",
                         "graph, step, name, node, version, stage, loop, params, tol_factor,"
                         " tol_reason, file, line"},
	[TD_PUT_GRAPH_VALUE] = {"graph_value", "graph, value, name"},
	[TD_PUT_PLAN] = {"plan", "sha256, graph, peak_bytes, host_peak_bytes, lower_bytes,"
                                 " transfer_bytes"},
	[TD_PUT_DEVICE] = {"device",
                           "sha256, name, model, type, vendor, platform, driver, version, unified,"
                           " compute_units, clock_mhz, global_bytes, max_alloc_bytes, local_bytes,"
                           " constant_bytes, f64, f16, i64_atomics, correct_div_sqrt, denormals,"
                           " fma"},
	[TD_PUT_DEVICE_FIELD] = {"device_field", "device, field, value", true},
	[TD_PUT_ENVIRONMENT] = {"environment", "sha256"},
	[TD_PUT_ENVIRONMENT_FIELD] = {"environment_field", "environment, field, value", true},
	[TD_PUT_SESSION] = {"session", "command, arguments, environment, started_at"},
	[TD_PUT_RUN] = {"run",
                        "session, number, plan, device, pipeline, asked, threads, seed, warmup,"
                        " repeats, inputs_sha256, code, error, started_at, wall_ns, build_ns,"
                        " peak_bytes, host_zero_ns, device_zero_ns"},
	[TD_PUT_PARAM] = {"run_param", "run, name, type, value, given"},
	[TD_PUT_SOURCE] = {"run_source", "run, n, name, sha256"},
	[TD_PUT_INPUT] = {"run_input", "run, input, name, path, url, sha256, bytes, pinned"},
	[TD_PUT_PLUGIN] = {"run_plugin", "run, path, sha256, build"},
	[TD_PUT_STATE] = {"run_state", "run, field, value", true},
	[TD_PUT_REPEAT] = {"run_repeat",
                           "run, repeat, wall_ns, kernel_ns, upload_ns, download_ns, executions"},
	[TD_PUT_BUILD] = {"build",
                          "run, build_ns, from_cache, options, source_sha256, binary_sha256"},
	[TD_PUT_KERNEL] = {"kernel",
                           "name, impl, place, items_x, items_y, items_z, local_x, local_y,"
                           " local_z",
                           true},
	[TD_PUT_LAUNCH] = {"launch",
                           "run, repeat, step, n, turn, kernel, begin_ns, host_ns, queued_ns,"
                           " submit_ns, wait_ns, kernel_ns"},
	[TD_PUT_TRANSFER] = {"transfer", "run, repeat, value, up, mapped, bytes, begin_ns, host_ns,"
                                         " queued_ns, submit_ns, wait_ns, copy_ns"},
	[TD_PUT_BIND] = {"bind", "run, repeat, symbol, extent, capacity"},
	[TD_PUT_VALUE] = {"value",
                          "run, repeat, value, output, dtype, dims, sha256, n, n_nan, n_inf,"
                          " n_zero, n_subnormal, min, max, mean"},
	[TD_PUT_SHOWN] = {"shown", "value, sha256"},
	[TD_PUT_AGREEMENT] =
		{"agreement",
                 "run, base_run, step, port, value, turn, kind, oracle, n, bound, worst, max_abs,"
                 " max_ulp, norm_rel, acc_max_abs, acc_norm_rel, base_max_abs, worst_index, "
                 "worst_got,"
                 " worst_ref, at_risk, flips, wrong, bit_identical, pass, promised, worst_inputs,"
                 " prop_max_abs, prop_norm_rel, gap, amplification, rho_50, rho_99, rho_999,"
                 " rho_max, cosine, n_nan, n_inf, n_other_class, n_sign, n_zero_sign, n_flushed"},
	[TD_PUT_REPEATABILITY] = {"repeatability", "run, step, port, level, repeats, differing"},
	[TD_PUT_TIMED] = {"timed",
                          "run, a, b, pair, arm, position, steady, first_ns, calibrated_before_ns,"
                          " calibrated_after_ns, involuntary, outputs_sha256"},
	[TD_PUT_PROTOCOL] = {"protocol",
                             "session, seed, stop, spent_s, margin, sample_s, controls, biased"},
	[TD_PUT_SPEEDUP] =
		{"speedup",
                 "session, a, b, what, pairs, lost, value, low, high, rank_low, rank_high,"
                 " hodges_lehmann, sd, smallest, largest, corrected, p, verdict, why, once_a_s,"
                 " once_b_s, each_a_s, each_b_s, worth, worth_calls"},
	[TD_PUT_PERSONALITY] = {"personality",
                                "device, environment, sha256, seen_at, last_at, took_ns"},
	[TD_PUT_COST] = {"step_cost", "run, step, flops, bytes"},
	[TD_PUT_BLAME] = {"error_share", "run, step, isolated, weight, share"},
	[TD_PUT_GIT] = {"session_git", "session, folder, commit_sha, dirty, diff"},
	[TD_PUT_PROBE] = {"probe", "personality, probe, bits, verdict, value, number"},
};

static const char *const finds_sql[TD_N_FINDS] = {
	[TD_FIND_GRAPH] = "SELECT id FROM graph WHERE sha256 = ?1",
	[TD_FIND_PLAN] = "SELECT id FROM plan WHERE sha256 = ?1",
	[TD_FIND_DEVICE] = "SELECT id FROM device WHERE sha256 = ?1",
	[TD_FIND_ENVIRONMENT] = "SELECT id FROM environment WHERE sha256 = ?1",
	[TD_FIND_KERNEL] = "SELECT id FROM kernel WHERE name = ?1 AND impl = ?2 AND place = ?3"
			   " AND items_x = ?4 AND items_y = ?5 AND items_z = ?6"
			   " AND local_x = ?7 AND local_y = ?8 AND local_z = ?9",
	[TD_FIND_PERSONALITY] = "SELECT id FROM personality WHERE device = ?1 AND environment = ?2",
	[TD_FIND_UNLIKE] = ("SELECT personality FROM probe WHERE personality = ?1 AND bits"
	                    " AND verdict = 'other' AND probe NOT LIKE 'td\\_%' ESCAPE '\\'"),
};

static bool prepare_put(td_store *s, td_put which, td_err *e)
{
	const put_sql *p = &puts_sql[which];
	td_str sql = {0};
	td_str_addf(&sql, "INSERT INTO %s(%s) VALUES (?", p->table, p->columns);
	for (const char *c = p->columns; *c; c++)
		if (*c == ',')
			td_str_add(&sql, ", ?");
	td_str_add(&sql, p->once ? ") ON CONFLICT DO NOTHING" : ")");
	bool ok = td_sql_prepare(&s->sql, sql.data, &s->put[which], e);
	td_str_fini(&sql);
	return ok;
}

bool td_store_put_n(td_store *s, td_put which, const td_cell *cells, int n, td_err *e)
{
	bool row;
	if (!s->put[which] && !prepare_put(s, which, e))
		return false;
	bool ok = td_sql_bind(&s->sql, s->put[which], cells, n, e) &&
	          td_sql_step(&s->sql, s->put[which], &row, e);
	sqlite3_reset(s->put[which]);
	return ok;
}

int64_t td_store_new_id(const td_store *s)
{
	return sqlite3_last_insert_rowid(s->sql.db);
}

bool td_store_find(td_store *s, td_find which, const td_cell *cells, int n, int64_t *id, td_err *e)
{
	bool row = false;
	if (!s->find[which] && !td_sql_prepare(&s->sql, finds_sql[which], &s->find[which], e))
		return false;
	bool ok = td_sql_bind(&s->sql, s->find[which], cells, n, e) &&
	          td_sql_step(&s->sql, s->find[which], &row, e);
	*id = row ? sqlite3_column_int64(s->find[which], 0) : 0;
	sqlite3_reset(s->find[which]);
	return ok;
}

/* -- opening -------------------------------------------------------------- */

/* WAL: readers and one writer do not wait for each other. NORMAL: a commit does not wait for the
 * disk; a program that dies loses nothing, a machine that loses power may lose the last commits but
 * never the file. */
static bool set_modes(const td_sql *q, td_err *e)
{
	sqlite3_stmt *st = NULL;
	bool row, wal = false;
	bool ok = td_sql_prepare(q, "PRAGMA journal_mode = WAL", &st, e) &&
	          td_sql_step(q, st, &row, e);
	if (ok)
		wal = td_same((const char *)sqlite3_column_text(st, 0), "wal");
	sqlite3_finalize(st);
	if (ok && !wal)
		return td_fail(e, TD_E_DEVICE,
		               "the file system of %s cannot hold a database that several programs "
		               "use: name a file on another one with --db FILE",
		               q->path);
	return ok && td_sql_exec(q, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", e);
}

static bool set_up(const td_sql *q, td_err *e)
{
	td_sql_mark m;
	td_arena a = {0};
	int n;
	const td_migration *list = td_migrations(&a, &n);
	bool ok = td_sql_look(q, &m, e) && td_sql_ours(q, &m, true, n, e) && set_modes(q, e) &&
	          (m.version == n || td_migrate(q, list, n, e));
	td_arena_fini(&a);
	return ok;
}

/* SQLite does not wait for locks in all that happens here: switching to WAL, or finding the log of
 * a program that is just closing. */
static bool set_up_patiently(const td_sql *q, td_err *e)
{
	int64_t until = td_now_ns() + (int64_t)q->wait_ms * 1000000;
	while (!set_up(q, e)) {
		if (!td_sql_is_busy(q) || td_now_ns() > until)
			return false;
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
	return true;
}

bool td_store_open(const char *path, td_store **out, td_err *e)
{
	td_store *s = td_alloc(sizeof *s);
	*out = NULL;
	if (!td_sql_open(&s->sql, path, true, e) || !set_up_patiently(&s->sql, e)) {
		td_store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void td_store_close(td_store *s)
{
	if (!s)
		return;
	td_held_forget(&s->session);
	for (int i = 0; i < TD_N_PUTS; i++)
		sqlite3_finalize(s->put[i]);
	for (int i = 0; i < TD_N_FINDS; i++)
		sqlite3_finalize(s->find[i]);
	td_sql_close(&s->sql);
	free(s);
}

/* -- ids ------------------------------------------------------------------ */

int64_t td_store_session_id(const td_store *s)
{
	return s->session.id;
}

int64_t td_store_run_id(const td_store *s, int number)
{
	for (int i = 0; i < s->session.runs.n; i++)
		if (s->session.runs.items[i]->begun.run == number)
			return s->session.runs.items[i]->id;
	return 0;
}
