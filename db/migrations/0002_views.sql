-- 0002: views: names instead of numbers, human units first, raw ones last.
--
-- A time of a launch is the device's own (kernel_ns) where it has a clock, else the host's. Warm-ups
-- (repeat < 0) are in v_launch and v_transfer and in no view of medians.

CREATE VIEW v_session AS
SELECT s.id AS session, s.command, s.started_at, s.status, s.verdict,
	count(r.id) AS runs,
	coalesce(sum(r.code <> 0), 0) AS failed,
	round((julianday(s.ended_at) - julianday(s.started_at)) * 86400, 3) AS seconds,
	s.arguments, s.error, s.environment
FROM session s LEFT JOIN run r ON r.session = s.id
GROUP BY s.id;

CREATE VIEW v_run AS
SELECT r.id AS run, r.session, r.number, s.command, r.started_at, r.pipeline, r.asked,
	d.name AS device, r.status,
	round(r.wall_ns / 1e6, 3) AS wall_ms,
	round(r.build_ns / 1e6, 3) AS build_ms,
	round(r.peak_bytes / 1048576.0, 3) AS peak_mib,
	(SELECT count(*) FROM run_repeat t WHERE t.run = r.id) AS repeats,
	r.seed, substr(g.sha256, 1, 12) AS graph, substr(p.sha256, 1, 12) AS plan, r.error,
	r.wall_ns, r.build_ns, r.peak_bytes, p.peak_bytes AS planned_peak_bytes,
	g.sha256 AS graph_sha256, p.sha256 AS plan_sha256, r.inputs_sha256
FROM run r JOIN session s ON s.id = r.session JOIN plan p ON p.id = r.plan
	JOIN graph g ON g.id = p.graph JOIN device d ON d.id = r.device;

CREATE VIEW v_launch AS
SELECT l.run, l.n, l.repeat, l.turn, s.name AS step, s.node, s.stage, k.name AS kernel, k.impl,
	k.place,
	round(coalesce(l.kernel_ns, l.host_ns) / 1e3, 3) AS us,
	round(l.host_ns / 1e3, 3) AS host_us,
	format('%d,%d,%d', k.items_x, k.items_y, k.items_z) AS items,
	format('%d,%d,%d', k.local_x, k.local_y, k.local_z) AS local,
	r.host_zero_ns + l.begin_ns AS host_begin_ns, l.host_ns,
	r.device_zero_ns + l.queued_ns AS device_queued_ns, l.submit_ns, l.wait_ns, l.kernel_ns
FROM launch l JOIN run r ON r.id = l.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = l.step JOIN kernel k ON k.id = l.kernel;

-- Median over the timed repeats of what a step took in one repeat (all its launches, all turns).
-- Steps of a repeat are ranked by time; the row in the middle, with the next one where their number
-- is even, is the median. Nothing is grouped after that, so `WHERE run = 5` reads that run alone.
CREATE VIEW v_step_time AS
WITH once AS (
	SELECT run, step, count(*) AS launches, min(kernel) AS kernel,
		sum(coalesce(kernel_ns, host_ns)) AS ns,
		lead(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS next_ns,
		min(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS min_ns,
		max(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS max_ns,
		row_number() OVER by_time AS rank,
		count(*) OVER by_time AS repeats
	FROM launch
	WHERE repeat >= 0
	GROUP BY run, step, repeat
	WINDOW by_time AS (PARTITION BY run, step ORDER BY sum(coalesce(kernel_ns, host_ns))
		ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), middle AS (
	SELECT *, CASE WHEN repeats % 2 THEN ns ELSE (ns + next_ns) / 2 END AS median_ns
	FROM once
	WHERE rank = (repeats + 1) / 2
)
SELECT m.run, m.step AS number, s.name AS step, s.node, s.version, s.stage, k.impl, k.place,
	m.repeats, m.launches,
	round(m.median_ns / 1e6, 6) AS median_ms,
	round(m.min_ns / 1e6, 6) AS min_ms,
	round(m.max_ns / 1e6, 6) AS max_ms,
	m.median_ns, m.min_ns, m.max_ns
FROM middle m JOIN run r ON r.id = m.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = m.step JOIN kernel k ON k.id = m.kernel;

CREATE VIEW v_stage_time AS
WITH once AS (
	SELECT l.run, s.stage, p.graph, min(l.step) AS first_step, count(*) AS launches,
		sum(coalesce(kernel_ns, host_ns)) AS ns,
		lead(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS next_ns,
		min(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS min_ns,
		max(sum(coalesce(kernel_ns, host_ns))) OVER by_time AS max_ns,
		row_number() OVER by_time AS rank,
		count(*) OVER by_time AS repeats
	FROM launch l JOIN run r ON r.id = l.run JOIN plan p ON p.id = r.plan
		JOIN step s ON s.graph = p.graph AND s.step = l.step
	WHERE l.repeat >= 0
	GROUP BY l.run, s.stage, l.repeat
	WINDOW by_time AS (PARTITION BY l.run, s.stage ORDER BY sum(coalesce(kernel_ns, host_ns))
		ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), middle AS (
	SELECT *, CASE WHEN repeats % 2 THEN ns ELSE (ns + next_ns) / 2 END AS median_ns
	FROM once
	WHERE rank = (repeats + 1) / 2
)
SELECT run, coalesce(stage, '-') AS stage,
	(SELECT count(*) FROM step x WHERE x.graph = m.graph AND x.stage IS m.stage) AS steps,
	repeats, launches,
	round(median_ns / 1e6, 6) AS median_ms,
	round(100.0 * median_ns / nullif(sum(median_ns) OVER (PARTITION BY run), 0), 1) AS percent,
	first_step, median_ns, min_ns, max_ns
FROM middle m;

CREATE VIEW v_transfer AS
SELECT t.run, t.repeat, v.name AS value, CASE t.up WHEN 1 THEN 'up' ELSE 'down' END AS direction,
	t.mapped, round(t.bytes / 1048576.0, 3) AS mib,
	round(coalesce(t.copy_ns, t.host_ns) / 1e6, 6) AS ms,
	CASE t.mapped WHEN 0 THEN round(t.bytes * 1e9 / 1073741824.0
		/ nullif(coalesce(t.copy_ns, t.host_ns), 0), 3) END AS gib_per_s,
	t.bytes, coalesce(t.copy_ns, t.host_ns) AS ns, t.host_ns, t.copy_ns
FROM transfer t JOIN run r ON r.id = t.run JOIN plan p ON p.id = r.plan
	LEFT JOIN graph_value v ON v.graph = p.graph AND v.value = t.value;

-- Where the wall time of each repeat went; `other` is what neither clock saw: host work and waiting.
CREATE VIEW v_repeat AS
WITH part AS (
	SELECT w.run, w.repeat, w.wall_ns, count(l.n) AS launches,
		coalesce(sum(coalesce(l.kernel_ns, l.host_ns)), 0) AS kernel_ns,
		(SELECT coalesce(sum(coalesce(t.copy_ns, t.host_ns)), 0) FROM transfer t
			WHERE t.run = w.run AND t.repeat = w.repeat AND NOT t.mapped) AS transfer_ns
	FROM run_repeat w LEFT JOIN launch l ON l.run = w.run AND l.repeat = w.repeat
	GROUP BY w.run, w.repeat
)
SELECT run, repeat,
	round(wall_ns / 1e6, 6) AS wall_ms,
	round(kernel_ns / 1e6, 6) AS kernel_ms,
	round(transfer_ns / 1e6, 6) AS transfer_ms,
	round((wall_ns - kernel_ns - transfer_ns) / 1e6, 6) AS other_ms,
	round(100.0 * kernel_ns / nullif(wall_ns, 0), 1) AS kernel_percent,
	launches, wall_ns, kernel_ns, transfer_ns
FROM part;

CREATE VIEW v_output AS
SELECT v.run, r.asked, d.name AS device, v.repeat, v.output, v.dtype, v.dims, v.sha256,
	v.min, v.max, v.mean, v.n, v.n_nan, v.n_inf, v.n_zero, v.n_subnormal
FROM value v JOIN run r ON r.id = v.run JOIN device d ON d.id = r.device
WHERE v.output IS NOT NULL;

-- The same graph on the same inputs with the same seed: did an output ever change its bits?
CREATE VIEW v_bits AS
SELECT r.pipeline, substr(g.sha256, 1, 12) AS graph, substr(r.inputs_sha256, 1, 12) AS inputs,
	r.seed, v.output,
	count(DISTINCT v.run) AS runs, count(DISTINCT r.device) AS devices,
	count(DISTINCT v.sha256) AS digests,
	CASE count(DISTINCT v.sha256) WHEN 1 THEN 'same bits' ELSE 'CHANGED' END AS verdict,
	g.sha256 AS graph_sha256, r.inputs_sha256
FROM value v JOIN run r ON r.id = v.run JOIN plan p ON p.id = r.plan
	JOIN graph g ON g.id = p.graph
WHERE v.output IS NOT NULL
GROUP BY g.id, r.inputs_sha256, r.seed, v.output;

CREATE VIEW v_agreement AS
SELECT r.session, a.run, a.base_run, r.asked AS device, b.asked AS base, a.step AS number,
	s.name AS step, s.node, s.stage, v.name AS value, a.turn, a.kind,
	CASE a.pass WHEN 1 THEN 'pass' ELSE 'FAIL' END AS verdict,
	a.bit_identical,
	CASE WHEN a.bound > 0 THEN a.worst / a.bound END AS of_bound, -- <= 1 passes
	a.worst, a.bound, a.max_abs, a.max_ulp, a.norm_rel, a.acc_max_abs, a.acc_norm_rel,
	a.worst_index, a.worst_got, a.worst_ref, a.at_risk, a.flips, a.wrong, a.n,
	s.tol_factor, s.tol_reason, s.file, s.line, a.pass
FROM agreement a JOIN run r ON r.id = a.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = a.step
	LEFT JOIN graph_value v ON v.graph = p.graph AND v.value = a.value
	LEFT JOIN run b ON b.id = a.base_run;
