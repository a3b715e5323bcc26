-- 0007: what a step has to do at least, and so how fast it can be; the pipeline's code; inputs that changed.

ALTER TABLE run_input ADD COLUMN sha256_after TEXT; -- of the file when the run had ended; another: the run counts no more

CREATE TABLE session_git ( -- the repository that the pipeline lies in
	session INTEGER PRIMARY KEY REFERENCES session,
	folder TEXT NOT NULL, -- of the pipeline, as given
	commit_sha TEXT NOT NULL,
	dirty INTEGER NOT NULL, -- that folder is not as committed
	diff TEXT REFERENCES text -- how: `git status` and `git diff HEAD` of the folder
) STRICT;
CREATE INDEX session_git_diff ON session_git(diff);

CREATE TABLE step_cost ( -- by the node's cost function, in one repeat, with the dims that late ones came to
	run INTEGER NOT NULL REFERENCES run,
	step INTEGER NOT NULL,
	flops REAL, bytes REAL,
	PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;

-- Ceilings of each device: the best that any look at it has found, as a busy machine shows less.
CREATE VIEW v_ceiling AS
SELECT device, max(number) FILTER (WHERE probe = 'peak_flops') AS flops_per_s,
	max(number) FILTER (WHERE probe = 'peak_bytes') AS bytes_per_s,
	max(number) FILTER (WHERE probe = 'peak_cached_bytes') AS cached_bytes_per_s,
	max(number) FILTER (WHERE probe = 'cache_bytes') AS cache_bytes
FROM v_personality GROUP BY device;

-- The roofline: no step is done sooner than its operations and its bytes allow; bytes come at the speed of the
-- caches where they fit. A step that seems to be is SUSPECT: its cost is wrong, or it did not do its work.
CREATE VIEW v_roofline AS
WITH once AS (
	SELECT run, step, min(kernel) AS kernel, sum(coalesce(kernel_ns, host_ns)) AS ns,
		row_number() OVER by_time AS rank, count(*) OVER by_time AS repeats
	FROM launch
	WHERE repeat >= 0
	GROUP BY run, step, repeat
	WINDOW by_time AS (PARTITION BY run, step ORDER BY sum(coalesce(kernel_ns, host_ns))
		ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), measured AS (
	SELECT run, step, min(kernel) AS kernel, max(repeats) AS repeats,
		avg(ns) FILTER (WHERE rank IN ((repeats + 1) / 2, (repeats + 2) / 2)) AS median_ns,
		max(ns) FILTER (WHERE rank <= (95 * repeats + 99) / 100) AS p95_ns
	FROM once GROUP BY run, step
), bound AS (
	SELECT m.*, k.place, d.name AS device, c.flops, c.bytes,
		1e9 * c.flops / t.flops_per_s AS compute_ns,
		1e9 * c.bytes / CASE WHEN c.bytes <= t.cache_bytes THEN t.cached_bytes_per_s ELSE t.bytes_per_s END AS memory_ns
	FROM measured m JOIN run r ON r.id = m.run JOIN device d ON d.id = r.device JOIN kernel k ON k.id = m.kernel
		JOIN step_cost c ON c.run = m.run AND c.step = m.step
		JOIN v_ceiling t ON t.device = CASE k.place WHEN 'host' THEN 'native' ELSE d.name END
)
SELECT b.run, r.session, r.asked, b.device, b.step AS number, s.name AS step, s.node, s.stage, b.place, b.repeats,
	round(b.median_ns / 1e6, 6) AS median_ms, round(b.p95_ns / 1e6, 6) AS p95_ms,
	round(max(compute_ns, memory_ns) / 1e6, 6) AS bound_ms,
	CASE WHEN compute_ns > memory_ns THEN 'operations' ELSE 'bytes' END AS bound_by,
	round(100 * max(compute_ns, memory_ns) / nullif(median_ns, 0), 1) AS percent,
	round(100 * max(compute_ns, memory_ns) / nullif(p95_ns, 0), 1) AS percent_p95,
	CASE WHEN median_ns < 0.95 * max(compute_ns, memory_ns) THEN 'SUSPECT' ELSE '' END AS verdict,
	b.flops, b.bytes, b.median_ns, b.p95_ns, max(compute_ns, memory_ns) AS bound_ns
FROM bound b JOIN run r ON r.id = b.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = b.step;

CREATE TABLE error_share ( -- where the errors of a comparison's outputs come from
	run INTEGER NOT NULL REFERENCES run,
	step INTEGER NOT NULL,
	isolated REAL NOT NULL, -- relative, of its worst output and turn
	weight REAL NOT NULL, -- how it is amplified on its way to the outputs, all ways together
	share REAL NOT NULL, -- isolated * weight, of the sum over all steps
	PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_error_share AS
SELECT r.session, x.run, r.asked AS device, s.step AS number, s.name AS step, s.node,
	round(100 * x.share, 1) AS percent, x.isolated, x.weight, x.share
FROM error_share x JOIN run r ON r.id = x.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = x.step;

-- Speed-ups of one pipeline by the size of its data: bytes that its steps must move, from their costs.
CREATE VIEW v_speedup_by_size AS
SELECT v.pipeline, v.baseline, v.candidate, v.what, v.session, c.bytes, v.value AS speedup, v.low_raw AS low,
	v.high_raw AS high, v.verdict
FROM v_speedup v JOIN (SELECT r.session, r.asked, max(t.bytes) AS bytes
	FROM run r JOIN (SELECT run, sum(bytes) AS bytes FROM step_cost GROUP BY run) t ON t.run = r.id
	GROUP BY r.session, r.asked) c ON c.session = v.session AND c.asked = v.candidate
WHERE v.value IS NOT NULL;
