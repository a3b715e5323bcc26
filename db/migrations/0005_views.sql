-- 0005: views for what people ask next.

-- The worst output of each comparison and device: of its limit, and in the measure of its norm.
CREATE VIEW v_worst_error AS
SELECT session, run, device, step, node, value, kind, of_bound, max_abs, norm_rel, acc_norm_rel, worst_index, worst_got,
	worst_ref, verdict, file, line
FROM (SELECT a.*, row_number() OVER (PARTITION BY run ORDER BY pass, of_bound DESC NULLS LAST, norm_rel DESC) AS place
	FROM v_agreement a)
WHERE place = 1;

-- Fields of the environment that changed between a session and the one before it.
CREATE VIEW v_env_diff AS
WITH pair AS (
	SELECT id AS session, environment AS b, lag(environment) OVER (ORDER BY id) AS a, lag(id) OVER (ORDER BY id) AS before
	FROM session
), field AS (
	SELECT DISTINCT p.session, p.before, p.a, p.b, f.field
	FROM pair p JOIN environment_field f ON f.environment IN (p.a, p.b)
	WHERE p.a <> p.b
)
SELECT x.session, x.before AS session_before, x.field, o.value AS was, n.value AS is_now
FROM field x LEFT JOIN environment_field o ON o.environment = x.a AND o.field = x.field
	LEFT JOIN environment_field n ON n.environment = x.b AND n.field = x.field
WHERE o.value IS NOT n.value;

-- Wall time of each pipeline on each device over time, beside the run before it. Arms of pairs have their own
-- view (v_pair).
CREATE VIEW v_history AS
SELECT r.pipeline, r.device, r.run, r.session, r.started_at, r.graph, r.wall_ms, r.repeats,
	round(1.0 * r.wall_ns / nullif(lag(r.wall_ns) OVER (PARTITION BY r.pipeline, r.device ORDER BY r.run), 0), 3)
		AS of_previous
FROM v_run r
WHERE r.status = 'ok' AND r.wall_ns > 0 AND NOT EXISTS (SELECT 1 FROM timed t WHERE t.run = r.run);

-- One line a comparison: what was compared, and what came of it.
CREATE VIEW v_comparison AS
SELECT s.id AS session, s.started_at,
	(SELECT g.name FROM run r JOIN plan p ON p.id = r.plan JOIN graph g ON g.id = p.graph WHERE r.session = s.id LIMIT 1)
		AS pipeline,
	s.verdict, count(*) AS outputs, sum(NOT a.pass) AS failed, min(a.bit_identical) AS bit_identical,
	(SELECT group_concat(v.candidate || ' ' || v.verdict || ' ' || v.speedup, ', ') FROM v_speedup v
		WHERE v.session = s.id AND v.what = 'end_to_end') AS speed,
	s.arguments
FROM session s JOIN run r ON r.session = s.id JOIN agreement a ON a.run = r.id
GROUP BY s.id;

-- Medians of the timed runs of a device, all pairs and controls: what a later session is held against.
CREATE VIEW v_timed AS
SELECT r.session, p.graph, r.device, x.asked, r.id AS run, r.wall_ns,
	0.5 * (t.calibrated_before_ns + t.calibrated_after_ns) AS calibrated_ns, t.steady
FROM timed t JOIN run r ON r.id = t.run JOIN plan p ON p.id = r.plan
	JOIN run x ON x.session = r.session AND x.number = CASE t.arm WHEN 'a' THEN t.a ELSE t.b END
WHERE t.steady IS NOT NULL AND r.wall_ns > 0;
