-- The named queries of `tandem query NAME [ARGUMENT…]`.
--
-- Each is a name, one line that says what it answers, the arguments it may be given (?1 ?2; NULL
-- when left out), and one statement that only reads. A `default` is the statement that gives ?1 when
-- it is left out; unlike a coalesce() in the query it lets SQLite read one run instead of all.

-- name: last
-- doc: the last runs
-- args: [COUNT]
-- default: SELECT 20
SELECT run, session, started_at, pipeline, asked, device, status, wall_ms, build_ms, peak_mib, repeats, graph
FROM v_run
ORDER BY run DESC
LIMIT ?1;

-- name: sessions
-- doc: the last commands and how they ended
-- args: [COUNT]
-- default: SELECT 20
SELECT session, started_at, command, status, verdict, runs, failed, seconds, arguments
FROM v_session
ORDER BY session DESC
LIMIT ?1;

-- name: failed
-- doc: runs and commands that went wrong, and why
SELECT r.started_at, r.session, r.run, r.pipeline, r.asked, r.status, r.error
FROM v_run r
WHERE r.status <> 'ok'
UNION ALL
SELECT s.started_at, s.session, NULL, NULL, NULL, s.status, s.error
FROM v_session s
WHERE s.status <> 'ok' AND s.failed = 0
ORDER BY 1 DESC;

-- name: steps
-- doc: the steps of a run, slowest first
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT step, node, stage, impl, place, launches, repeats, median_ms, min_ms, max_ms,
	round(100.0 * median_ns / nullif(sum(median_ns) OVER (), 0), 1) AS percent
FROM v_step_time
WHERE run = ?1
ORDER BY median_ns DESC, number;

-- name: stages
-- doc: the stages of a run in the order of the pipeline
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT stage, steps, launches, repeats, median_ms, percent
FROM v_stage_time
WHERE run = ?1
ORDER BY first_step;

-- name: kernels
-- doc: time by kernel of a run
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT kernel, impl, place, items, local, count(*) AS launches, round(sum(us) / 1e3, 6) AS total_ms,
	round(avg(us), 3) AS mean_us, min(us) AS min_us, max(us) AS max_us
FROM v_launch
WHERE run = ?1 AND repeat >= 0
GROUP BY kernel, impl, place, items, local
ORDER BY total_ms DESC;

-- name: overhead
-- doc: kernel time beside wall time: the median repeat of each of the last runs
-- args: [COUNT]
-- default: SELECT 20
WITH ranked AS (
	SELECT w.*, row_number() OVER (PARTITION BY run ORDER BY wall_ns, repeat) AS rank,
		count(*) OVER (PARTITION BY run) AS repeats
	FROM v_repeat w
	WHERE run > (SELECT max(id) FROM run) - ?1
)
SELECT k.run, r.pipeline, r.asked, k.wall_ms, k.kernel_ms, k.transfer_ms, k.other_ms,
	k.kernel_percent, k.launches
FROM ranked k JOIN v_run r ON r.run = k.run
WHERE k.rank = (k.repeats + 1) / 2
ORDER BY k.run DESC;

-- name: repeats
-- doc: each repeat of a run: is it steady?
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT repeat, wall_ms, kernel_ms, transfer_ms, other_ms,
	round(1.0 * wall_ns / nullif(min(wall_ns) OVER (), 0), 3) AS of_fastest
FROM v_repeat
WHERE run = ?1
ORDER BY repeat;

-- name: transfers
-- doc: what a run moved between host and device
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT value, direction, mapped, count(*) AS times, mib, round(avg(ms), 6) AS mean_ms,
	round(avg(gib_per_s), 3) AS mean_gib_per_s, sum(bytes) AS total_bytes
FROM v_transfer
WHERE run = ?1 AND repeat >= 0
GROUP BY value, direction, mapped, bytes
ORDER BY total_bytes DESC, value;

-- name: builds
-- doc: kernel builds, cold and from the cache, by device
SELECT d.name AS device, d.driver,
	CASE b.from_cache WHEN 1 THEN 'cache' ELSE 'cold' END AS kind, count(*) AS builds,
	round(min(b.build_ns) / 1e6, 3) AS min_ms, round(avg(b.build_ns) / 1e6, 3) AS mean_ms,
	round(max(b.build_ns) / 1e6, 3) AS max_ms, count(DISTINCT b.source_sha256) AS sources
FROM build b JOIN run r ON r.id = b.run JOIN device d ON d.id = r.device
GROUP BY d.id, b.from_cache
ORDER BY device, kind DESC;

-- name: outputs
-- doc: the outputs of a run with their digests
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT output, repeat, dtype, dims, sha256, min, max, mean, n_nan, n_inf
FROM v_output
WHERE run = ?1
ORDER BY output, repeat;

-- name: bits
-- doc: did an output ever change its bits for the same graph, inputs and seed?
SELECT pipeline, graph, inputs, seed, output, runs, devices, digests, verdict
FROM v_bits
ORDER BY digests DESC, pipeline, graph, output;

-- name: digests
-- doc: which runs and devices gave which bits, for the graph, inputs and seed of a run
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT o.output, o.sha256, count(DISTINCT o.run) AS runs, min(o.run) AS first_run,
	max(o.run) AS last_run, group_concat(DISTINCT o.device) AS devices
FROM v_output o JOIN v_run r ON r.run = o.run
	JOIN v_run me ON me.run = ?1
WHERE r.graph_sha256 = me.graph_sha256 AND r.inputs_sha256 = me.inputs_sha256 AND r.seed IS me.seed
GROUP BY o.output, o.sha256
ORDER BY o.output, first_run;

-- name: speed
-- doc: speed-ups of comparisons that agree, with 95 % intervals and verdicts
-- args: [SESSION]
SELECT session, pipeline, baseline, candidate, what, speedup, low, high, pairs, verdict, why, stop
FROM v_speedup
WHERE ?1 IS NULL OR session = ?1
ORDER BY session DESC, b, what;

-- name: pairs
-- doc: the pairs of a session one by one, the arms beside each other
-- args: [SESSION]
-- default: SELECT max(session) FROM protocol
SELECT baseline, candidate, pair, baseline_ran, baseline_ms, candidate_ms, ratio, error
FROM v_pair
WHERE session = ?1
ORDER BY a = b, b, pair;

-- name: controls
-- doc: each device beside itself: does the session decide anything?
-- args: [SESSION]
-- default: SELECT max(session) FROM protocol
SELECT device, ratio, low, high, pairs, holds, biased
FROM v_control
WHERE session = ?1;

-- name: undecided
-- doc: comparisons without a verdict, and why
SELECT * FROM v_undecided ORDER BY session DESC;

-- name: split
-- doc: where the time of the timed runs went, by device: mean of all samples
-- args: [SESSION]
-- default: SELECT max(session) FROM protocol
SELECT s.device, count(*) AS samples, round(avg(s.wall_ms), 4) AS wall_ms, round(avg(s.upload_ms), 4) AS upload_ms,
	round(avg(s.kernel_ms), 4) AS kernel_ms, round(avg(s.download_ms), 4) AS download_ms,
	round(avg(s.host_ms), 4) AS host_ms, round(avg(s.build_ms), 2) AS build_ms, round(avg(s.first_ms), 3) AS first_ms,
	min(s.accounted) AS accounted
FROM v_split s
WHERE s.session = ?1
GROUP BY s.device;

-- name: lost
-- doc: timed runs without a result: crashed, hung, failed
SELECT * FROM v_lost ORDER BY run DESC;

-- name: agreement
-- doc: each step of a comparison beside its limit, the worst first
-- args: [SESSION]
-- default: SELECT max(r.session) FROM agreement a JOIN run r ON r.id = a.run
SELECT device, base, step, value, turn, kind, verdict, bit_identical, of_bound, worst, bound, max_abs, max_ulp,
	acc_max_abs, flips, at_risk, wrong
FROM v_agreement
WHERE session = ?1
ORDER BY pass, of_bound DESC NULLS LAST, run, number, turn;

-- name: errors
-- doc: isolated, propagated and accumulated error of each step, with signal to noise and quantiles
-- args: [SESSION]
-- default: SELECT max(r.session) FROM agreement a JOIN run r ON r.id = a.run
SELECT device, step, value, format('%.1e', max(isolated)) AS isolated, format('%.1e', max(propagated)) AS propagated,
	format('%.1e', max(accumulated)) AS accumulated, round(max(amplification), 3) AS amplification,
	min(snr_db) AS snr_db, round(max(rho_50), 3) AS rho_50, round(max(rho_99), 3) AS rho_99, round(max(rho_max), 3) AS rho_max,
	sum(n_other_class) AS other_class, max(worst_inputs) AS worst_inputs
FROM v_error
WHERE session = ?1
GROUP BY run, number, value
ORDER BY run, number;

-- name: amplifiers
-- doc: the steps that make the most of errors that come in, of all comparisons or one
-- args: [SESSION]
SELECT session, device, step, node, round(max(amplification), 3) AS amplification,
	format('%.1e', propagated) AS propagated, format('%.1e', accumulated) AS accumulated
FROM v_error
WHERE (?1 IS NULL OR session = ?1) AND amplification > 0
GROUP BY session, run, number
ORDER BY max(v_error.amplification) DESC LIMIT 20;

-- name: repeatability
-- doc: do steps done over give the same bits, as their nodes declare?
-- args: [SESSION]
-- default: SELECT max(r.session) FROM repeatability k JOIN run r ON r.id = k.run
SELECT device, step, node, port, declares, repeats, differing, verdict
FROM v_repeatability
WHERE session = ?1
ORDER BY differing DESC, run, step;

-- name: diverged
-- doc: the first step of each comparison that is not the same bits, and the first beyond its limit
-- args: [SESSION]
WITH ranked AS ( -- rows are in the order of the comparison, which turns of a loop make another than the steps'
	SELECT a.*, r.session, r.asked AS device, r.plan, row_number() OVER (PARTITION BY run, bit_identical ORDER BY a.id) AS bits_rank,
		row_number() OVER (PARTITION BY run, pass ORDER BY a.id) AS pass_rank
	FROM agreement a JOIN run r ON r.id = a.run
	WHERE ?1 IS NULL OR r.session = ?1
), first AS (
	SELECT 'other bits' AS first, * FROM ranked WHERE bit_identical = 0 AND bits_rank = 1
	UNION ALL
	SELECT 'beyond limit', * FROM ranked WHERE pass = 0 AND pass_rank = 1
)
SELECT f.session, f.run, f.device, b.asked AS base, f.first, s.name AS step, v.name AS value, f.turn,
	CASE WHEN f.bound > 0 THEN f.worst / f.bound END AS of_bound, f.max_abs, s.file, s.line
FROM first f JOIN plan p ON p.id = f.plan JOIN step s ON s.graph = p.graph AND s.step = f.step
	LEFT JOIN graph_value v ON v.graph = p.graph AND v.value = f.value
	LEFT JOIN run b ON b.id = f.base_run
ORDER BY f.session DESC, f.run, f.first;

-- name: devices
-- doc: devices seen, with driver and use
SELECT d.name AS device, d.model, d.type, d.driver, d.compute_units AS units,
	round(d.global_bytes / 1073741824.0, 1) AS gib, count(r.id) AS runs,
	min(r.started_at) AS first_seen, max(r.started_at) AS last_seen
FROM device d LEFT JOIN run r ON r.device = d.id
GROUP BY d.id
ORDER BY d.name, first_seen;

-- name: differences
-- doc: what differs between two runs: graph, inputs, parameters, device, environment
-- args: [RUN RUN]
WITH pick AS (
	SELECT coalesce(?1, (SELECT max(id) FROM run WHERE id < (SELECT max(id) FROM run))) AS a,
		coalesce(?2, (SELECT max(id) FROM run)) AS b
), fact AS (
	SELECT run, 'run' AS about, 'graph' AS field, graph_sha256 AS value FROM v_run
	UNION ALL SELECT run, 'run', 'plan', plan_sha256 FROM v_run
	UNION ALL SELECT run, 'run', 'pipeline', pipeline FROM v_run
	UNION ALL SELECT run, 'run', 'asked', asked FROM v_run
	UNION ALL SELECT run, 'run', 'seed', seed FROM v_run
	UNION ALL SELECT run, 'run', 'status', status FROM v_run
	UNION ALL SELECT id, 'run', 'threads', threads FROM run
	UNION ALL SELECT run, 'parameter', name, value FROM run_param
	UNION ALL SELECT run, 'input', name, sha256 FROM run_input
	UNION ALL SELECT run, 'source', name, sha256 FROM run_source
	UNION ALL SELECT r.id, 'code', 'commit', g.commit_sha FROM run r JOIN session_git g ON g.session = r.session
	UNION ALL SELECT r.id, 'code', 'changes', g.diff FROM run r JOIN session_git g ON g.session = r.session
	UNION ALL SELECT run, 'plug-in', path, sha256 FROM run_plugin
	UNION ALL SELECT r.id, 'device', 'name', d.name FROM run r JOIN device d ON d.id = r.device
	UNION ALL SELECT r.id, 'device', 'driver', d.driver FROM run r JOIN device d ON d.id = r.device
	UNION ALL SELECT r.id, 'device', f.field, f.value
		FROM run r JOIN device_field f ON f.device = r.device
	UNION ALL SELECT r.id, 'environment', f.field, f.value
		FROM run r JOIN session s ON s.id = r.session
			JOIN environment_field f ON f.environment = s.environment
), one AS (
	SELECT about, field, value FROM fact, pick WHERE run = a
), two AS (
	SELECT about, field, value FROM fact, pick WHERE run = b
)
SELECT coalesce(one.about, two.about) AS about, coalesce(one.field, two.field) AS field,
	one.value AS before, two.value AS after
FROM one FULL OUTER JOIN two ON one.about = two.about AND one.field = two.field
WHERE one.value IS NOT two.value
ORDER BY about, field;

-- name: environment
-- doc: the machine, the program and the libraries of a run; `now`: as it was when the run began
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT f.field, f.value, '' AS now
FROM run r JOIN session s ON s.id = r.session
	JOIN environment_field f ON f.environment = s.environment
WHERE r.id = ?1
UNION ALL
SELECT field, value, 'now'
FROM run_state
WHERE run = ?1
ORDER BY field;

-- name: history
-- doc: wall time of a pipeline over time, beside the run before it on the same device
-- args: [PIPELINE]
-- default: SELECT pipeline FROM run ORDER BY id DESC LIMIT 1
SELECT run, started_at, pipeline, device, graph, wall_ms, of_previous, repeats
FROM v_history
WHERE pipeline LIKE '%' || ?1 || '%'
ORDER BY run;

-- name: comparisons
-- doc: each comparison on one line: agreement, bits, speed
-- args: [COUNT]
-- default: SELECT 20
SELECT session, started_at, pipeline, verdict, outputs, failed, bit_identical, speed
FROM v_comparison
ORDER BY session DESC
LIMIT ?1;

-- name: worst
-- doc: the worst output of each comparison and device
-- args: [SESSION]
SELECT session, device, step, value, verdict, round(of_bound, 4) AS of_limit, max_abs, norm_rel, acc_norm_rel
FROM v_worst_error
WHERE ?1 IS NULL OR session = ?1
ORDER BY session DESC, run;

-- name: changes
-- doc: what changed in the environment from one session to the next
-- args: [SESSION]
SELECT session, session_before, field, was, is_now
FROM v_env_diff
WHERE ?1 IS NULL OR session = ?1
ORDER BY session DESC, field;

-- name: inputs
-- doc: the files a run read, by hash
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT name, path, url, sha256, bytes, CASE pinned WHEN 1 THEN 'yes' ELSE 'no' END AS pinned
FROM run_input
WHERE run = ?1
ORDER BY input;

-- name: extents
-- doc: late dims of a run: what they could be and what they were
-- args: [RUN]
-- default: SELECT max(id) FROM run
SELECT symbol, repeat, extent, capacity,
	round(100.0 * extent / nullif(capacity, 0), 1) AS percent
FROM bind
WHERE run = ?1
ORDER BY id;

-- name: recipe
-- doc: everything that is needed to run a run again, from the database alone
-- args: [RUN]
-- default: SELECT max(id) FROM run
WITH pick AS (SELECT * FROM run WHERE id = ?1)
SELECT 'plan' AS part, p.sha256 AS name, t.content
FROM pick r JOIN plan p ON p.id = r.plan JOIN text t ON t.sha256 = p.sha256
UNION ALL
SELECT 'graph', g.sha256, t.content
FROM pick r JOIN plan p ON p.id = r.plan JOIN graph g ON g.id = p.graph
	JOIN text t ON t.sha256 = g.sha256
UNION ALL
SELECT 'source', s.name, t.content
FROM pick r JOIN run_source s ON s.run = r.id JOIN text t ON t.sha256 = s.sha256
UNION ALL
SELECT 'input', i.name, coalesce(i.path, i.url) || ' sha256=' || i.sha256
FROM pick r JOIN run_input i ON i.run = r.id
UNION ALL
SELECT 'parameter', p.name, p.value
FROM pick r JOIN run_param p ON p.run = r.id
UNION ALL
SELECT 'plug-in', p.path, p.sha256
FROM pick r JOIN run_plugin p ON p.run = r.id
UNION ALL
SELECT 'device', asked, (SELECT name FROM device WHERE id = r.device) FROM pick r
UNION ALL
SELECT 'seed', 'seed', seed FROM pick WHERE seed IS NOT NULL;

-- name: personality
-- doc: what each device's arithmetic and clocks really do
-- args: [DEVICE]
SELECT device, probe, verdict, value, seen_at
FROM v_personality
WHERE latest AND (?1 IS NULL OR device = ?1 OR instr(device, ?1))
ORDER BY device, bits DESC, probe;

-- name: personality_changes
-- doc: probes that answered otherwise at another time, and how many runs that makes stale
SELECT a.device, a.probe, a.value AS was, b.value AS is_now, a.seen_at, b.seen_at AS changed_at,
	(SELECT count(*) FROM v_stale x WHERE x.device = b.device) AS stale_runs
FROM v_personality b JOIN v_personality a ON a.device = b.device AND a.probe = b.probe AND a.id <> b.id
WHERE b.latest AND b.bits AND a.value <> b.value
ORDER BY a.device, a.id DESC, a.probe;

-- name: stale
-- doc: runs whose agreement counts no more, because the device rounds otherwise now
SELECT run, session, device, seen_at, personality, changed_at, personality_now
FROM v_stale
ORDER BY run DESC;

-- name: roofline
-- doc: how near the steps of a run come to what the device can do; SUSPECT: nearer than possible
-- args: [RUN]
-- default: SELECT max(run) FROM step_cost
SELECT step, node, median_ms, p95_ms, bound_ms, bound_by, percent, percent_p95, verdict, repeats
FROM v_roofline
WHERE run = ?1
ORDER BY median_ns DESC, number;

-- name: suspect
-- doc: steps that seem faster than their device allows: a wrong cost, or work that was not done
SELECT run, session, device, step, node, median_ms, bound_ms, bound_by, percent
FROM v_roofline
WHERE verdict = 'SUSPECT'
ORDER BY run DESC, percent DESC;

-- name: code
-- doc: commit and changes of the pipeline's folder, by command
-- args: [COUNT]
-- default: SELECT 20
SELECT s.id AS session, s.started_at, s.command, g.folder, g.commit_sha, g.dirty, t.content AS changes
FROM session s JOIN session_git g ON g.session = s.id LEFT JOIN text t ON t.sha256 = g.diff
ORDER BY s.id DESC
LIMIT ?1;

-- name: blame
-- doc: where the errors of a comparison's outputs come from, step by step
-- args: [RUN]
-- default: SELECT max(run) FROM error_share
SELECT step, node, device, percent, isolated, weight
FROM v_error_share
WHERE run = ?1
ORDER BY share DESC, number;

-- name: break_even
-- doc: from how many calls on a candidate is worth its build
SELECT session, pipeline, baseline, candidate, speedup,
	CASE worth WHEN 'always' THEN 'from the first call' WHEN 'never' THEN 'never'
		WHEN 'from' THEN format('from %.0f calls on', ceil(worth_calls))
		WHEN 'until' THEN format('up to %.0f calls', floor(worth_calls)) END AS worth_it,
	baseline_ms, candidate_ms, verdict
FROM v_speedup
WHERE what = 'end_to_end' AND worth IS NOT NULL
ORDER BY session DESC, candidate;

-- name: break_even_size
-- doc: at which size of its data a candidate overtakes, between sizes that were compared
WITH size AS (
	SELECT pipeline, baseline, candidate, what, bytes, exp(avg(ln(speedup))) AS speedup, count(*) AS sessions
	FROM v_speedup_by_size
	GROUP BY pipeline, baseline, candidate, what, bytes
), next AS (
	SELECT *, lead(bytes) OVER w AS next_bytes, lead(speedup) OVER w AS next_speedup, min(bytes) OVER g AS least,
		max(bytes) OVER g AS most, count(*) OVER g AS sizes, min(speedup) OVER g AS lowest, max(speedup) OVER g AS highest
	FROM size
	WINDOW g AS (PARTITION BY pipeline, baseline, candidate, what), w AS (g ORDER BY bytes)
)
SELECT pipeline, baseline, candidate, what,
	CASE WHEN lowest >= 1 THEN 'faster at all sizes' WHEN highest <= 1 THEN 'slower at all sizes'
		WHEN next_speedup > speedup THEN 'faster from here on' ELSE 'slower from here on' END AS finding,
	CASE WHEN lowest < 1 AND highest > 1 THEN
		round(exp(ln(bytes) - ln(speedup) * (ln(next_bytes) - ln(bytes)) / (ln(next_speedup) - ln(speedup)))) END AS bytes,
	sizes, least AS from_bytes, most AS to_bytes
FROM next
WHERE CASE WHEN lowest < 1 AND highest > 1 THEN (speedup < 1) <> (next_speedup < 1) ELSE bytes = least END
ORDER BY pipeline, baseline, candidate, what, 6;
