-- 0003: timed pairs: runs in processes of their own, side by side, and what follows from them.

ALTER TABLE run_repeat ADD COLUMN kernel_ns INTEGER; -- of timed runs, which keep no launches
ALTER TABLE run_repeat ADD COLUMN upload_ns INTEGER;
ALTER TABLE run_repeat ADD COLUMN download_ns INTEGER;
ALTER TABLE run_repeat ADD COLUMN executions INTEGER; -- of the plan; times are the mean of one

ALTER TABLE agreement ADD COLUMN promised INTEGER; -- it had to be bit-identical: D3 on the same inputs

CREATE TABLE timed ( -- a run that is one arm of a pair; its samples are rows of run_repeat
	run INTEGER PRIMARY KEY REFERENCES run,
	a INTEGER NOT NULL, b INTEGER NOT NULL, -- devices, by the number of their run in the session
	pair INTEGER NOT NULL, -- among the pairs of (a, b); a = b: a control
	arm TEXT NOT NULL CHECK (arm IN ('a', 'b')),
	position INTEGER NOT NULL, -- 0: first of its pair
	steady TEXT, -- "steady", "unsteady"; NULL: there is no result
	first_ns INTEGER,
	calibrated_before_ns INTEGER, calibrated_after_ns INTEGER, -- the clock witness
	involuntary INTEGER, -- context switches while samples were taken
	outputs_sha256 TEXT
) STRICT;

CREATE TABLE protocol ( -- how the pairs of a session were made
	session INTEGER PRIMARY KEY REFERENCES session,
	seed INTEGER NOT NULL,
	stop TEXT NOT NULL,
	spent_s REAL NOT NULL, margin REAL NOT NULL, sample_s REAL NOT NULL,
	controls INTEGER NOT NULL,
	biased INTEGER NOT NULL -- a control does not hold: nothing is decided
) STRICT;

CREATE TABLE speedup ( -- what the pairs of two devices say, in one measure; above 1: b is faster
	id INTEGER PRIMARY KEY,
	session INTEGER NOT NULL REFERENCES session,
	a INTEGER NOT NULL, b INTEGER NOT NULL, -- a = b: a control
	what TEXT NOT NULL CHECK (what IN ('end_to_end', 'kernel_only')),
	pairs INTEGER NOT NULL, lost INTEGER NOT NULL,
	value REAL, low REAL, high REAL, -- 95 % t interval
	rank_low REAL, rank_high REAL, -- signed ranks
	hodges_lehmann REAL, sd REAL, smallest REAL, largest REAL,
	corrected REAL, -- value with each time corrected for its clock
	p REAL,
	verdict TEXT NOT NULL, why TEXT NOT NULL,
	once_a_s REAL, once_b_s REAL, each_a_s REAL, each_b_s REAL,
	worth TEXT, worth_calls REAL, -- break-even: "from" so many calls b wins in spite of its build
	UNIQUE (session, a, b, what)
) STRICT;

-- A speed-up appears here only when every output of every step of that candidate agrees, in the same
-- session, for the same graph, device and kernels as those that were timed.
CREATE VIEW v_speedup AS
SELECT p.session, g.name AS pipeline, ra.asked AS baseline, rb.asked AS candidate, p.what,
	round(p.value, 3) AS speedup, round(p.low, 3) AS low, round(p.high, 3) AS high, p.pairs,
	CASE o.biased WHEN 1 THEN 'UNDECIDED' ELSE p.verdict END AS verdict, p.why,
	round(p.each_a_s * 1e3, 4) AS baseline_ms, round(p.each_b_s * 1e3, 4) AS candidate_ms,
	p.worth, p.worth_calls, o.stop, s.started_at, p.value, p.low AS low_raw, p.high AS high_raw,
	p.rank_low, p.rank_high, p.hodges_lehmann, p.sd, p.smallest, p.largest, p.corrected, p.p, p.lost, p.a, p.b
FROM speedup p JOIN session s ON s.id = p.session JOIN protocol o ON o.session = p.session
	JOIN run ra ON ra.session = p.session AND ra.number = p.a
	JOIN run rb ON rb.session = p.session AND rb.number = p.b
	JOIN plan l ON l.id = rb.plan JOIN graph g ON g.id = l.graph
WHERE p.a <> p.b
	AND EXISTS (SELECT 1 FROM agreement x WHERE x.run = rb.id)
	AND NOT EXISTS (SELECT 1 FROM agreement x WHERE x.run IN (ra.id, rb.id) AND NOT x.pass)
	AND NOT EXISTS (SELECT 1 FROM timed t JOIN run r ON r.id = t.run
		LEFT JOIN build k ON k.run = r.id
		LEFT JOIN build agreed ON agreed.run = CASE t.arm WHEN 'a' THEN ra.id ELSE rb.id END
		WHERE r.session = p.session AND t.a = p.a AND t.b = p.b AND t.steady IS NOT NULL
			AND ((SELECT graph FROM plan WHERE id = r.plan) <> l.graph
				OR r.device <> CASE t.arm WHEN 'a' THEN ra.device ELSE rb.device END
				OR k.source_sha256 IS NOT agreed.source_sha256));

CREATE VIEW v_control AS
SELECT p.session, r.asked AS device, round(p.value, 4) AS ratio, round(p.low, 4) AS low, round(p.high, 4) AS high,
	p.pairs, p.verdict AS holds, o.biased
FROM speedup p JOIN protocol o ON o.session = p.session
	JOIN run r ON r.session = p.session AND r.number = p.a
WHERE p.a = p.b AND p.what = 'end_to_end';

-- Both arms of each pair, their medians and the ratio; NULL where a run has no result.
CREATE VIEW v_pair AS
WITH m AS (
	SELECT t.run, r.session, t.a, t.b, t.pair, t.arm, t.position, t.steady, r.wall_ns, r.error,
		t.calibrated_before_ns, t.calibrated_after_ns
	FROM timed t JOIN run r ON r.id = t.run
)
SELECT x.session, ra.asked AS baseline, rb.asked AS candidate, x.pair,
	CASE x.position WHEN 0 THEN 'first' ELSE 'second' END AS baseline_ran,
	round(x.wall_ns / 1e6, 4) AS baseline_ms, round(y.wall_ns / 1e6, 4) AS candidate_ms,
	round(1.0 * x.wall_ns / nullif(y.wall_ns, 0), 4) AS ratio,
	coalesce(x.error, y.error) AS error, x.run AS baseline_run, y.run AS candidate_run, x.a, x.b
FROM m x JOIN m y ON y.session = x.session AND y.a = x.a AND y.b = x.b AND y.pair = x.pair
	AND x.arm = 'a' AND y.arm = 'b'
	JOIN run ra ON ra.session = x.session AND ra.number = x.a
	JOIN run rb ON rb.session = x.session AND rb.number = x.b;

CREATE VIEW v_undecided AS
SELECT session, pipeline, baseline, candidate, what, speedup, low, high, pairs, why, stop
FROM v_speedup WHERE verdict = 'UNDECIDED';

-- Where the time of a sample went; `accounted` is 0 when the parts exceed the wall time by more than 2 %.
CREATE VIEW v_split AS
SELECT t.run, r.session, r.asked AS device, w.repeat,
	round(w.wall_ns / 1e6, 6) AS wall_ms, round(w.upload_ns / 1e6, 6) AS upload_ms,
	round(w.kernel_ns / 1e6, 6) AS kernel_ms, round(w.download_ns / 1e6, 6) AS download_ms,
	round((w.wall_ns - w.upload_ns - w.kernel_ns - w.download_ns) / 1e6, 6) AS host_ms,
	w.upload_ns + w.kernel_ns + w.download_ns <= 1.02 * w.wall_ns AS accounted,
	round(r.build_ns / 1e6, 3) AS build_ms, round(t.first_ns / 1e6, 3) AS first_ms
FROM timed t JOIN run r ON r.id = t.run JOIN run_repeat w ON w.run = t.run
WHERE w.repeat >= 0;

CREATE VIEW v_lost AS
SELECT r.session, r.id AS run, r.asked AS device, t.a, t.b, t.pair, t.arm, r.error, r.started_at
FROM timed t JOIN run r ON r.id = t.run WHERE t.steady IS NULL;

DROP VIEW v_agreement;
CREATE VIEW v_agreement AS
SELECT r.session, a.run, a.base_run, r.asked AS device, b.asked AS base, a.step AS number,
	s.name AS step, s.node, s.stage, v.name AS value, a.turn, a.kind,
	CASE a.pass WHEN 1 THEN 'pass' ELSE 'FAIL' END AS verdict,
	a.bit_identical,
	CASE WHEN a.bound > 0 THEN a.worst / a.bound END AS of_bound, -- <= 1 passes
	a.worst, a.bound, a.max_abs, a.max_ulp, a.norm_rel, a.acc_max_abs, a.acc_norm_rel, a.base_max_abs, a.oracle,
	a.worst_index, a.worst_got, a.worst_ref, a.at_risk, a.flips, a.wrong, a.n,
	s.tol_factor, s.tol_reason, s.file, s.line, a.pass, a.promised
FROM agreement a JOIN run r ON r.id = a.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = a.step
	LEFT JOIN graph_value v ON v.graph = p.graph AND v.value = a.value
	LEFT JOIN run b ON b.id = a.base_run;
