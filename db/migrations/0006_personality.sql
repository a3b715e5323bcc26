-- 0006: what devices really do: arithmetic, clocks, peaks; and agreement that a change of it has outdated.

CREATE TABLE personality ( -- one look at a device, at first sight of it in an environment (driver, libraries)
	id INTEGER PRIMARY KEY,
	device INTEGER NOT NULL REFERENCES device,
	environment INTEGER NOT NULL REFERENCES environment,
	sha256 TEXT NOT NULL, -- of the answers about bits: another one means other arithmetic
	seen_at TEXT NOT NULL, -- UTC
	last_at TEXT NOT NULL, -- UTC: when a command last met it again
	took_ns INTEGER NOT NULL,
	UNIQUE (device, environment)
) STRICT;
CREATE INDEX personality_environment ON personality(environment);

CREATE TABLE probe ( -- one answer
	personality INTEGER NOT NULL REFERENCES personality,
	probe TEXT NOT NULL, -- "division", "td_exp", "peak_flops"
	bits INTEGER NOT NULL, -- part of the personality
	verdict TEXT NOT NULL, -- "ok", "other", "absent", "measured"
	value TEXT NOT NULL, -- in words
	number REAL,
	PRIMARY KEY (personality, probe)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_personality AS
SELECT d.name AS device, d.driver, p.seen_at, b.probe, b.verdict, b.value, b.number, b.bits,
	p.id = first_value(p.id) OVER (PARTITION BY d.name ORDER BY p.last_at DESC, p.id DESC) AS latest,
	substr(p.sha256, 1, 12) AS personality, p.id, p.environment, round(p.took_ns / 1e6) AS took_ms
FROM personality p JOIN device d ON d.id = p.device JOIN probe b ON b.personality = p.id;

-- Runs on a device whose arithmetic was another then than when it was last looked at: what agreed then says
-- nothing about the device as it is now.
CREATE VIEW v_stale AS
SELECT r.id AS run, r.session, d.name AS device, p.seen_at, substr(p.sha256, 1, 12) AS personality,
	n.seen_at AS changed_at, substr(n.sha256, 1, 12) AS personality_now
FROM run r JOIN session s ON s.id = r.session JOIN device d ON d.id = r.device
	JOIN personality p ON p.device = r.device AND p.environment = s.environment
	JOIN personality n ON n.id = (SELECT x.id FROM personality x JOIN device y ON y.id = x.device
		WHERE y.name = d.name ORDER BY x.last_at DESC, x.id DESC LIMIT 1)
WHERE n.sha256 <> p.sha256;

-- As in 0003, and only while the arithmetic of both devices is what it was.
DROP VIEW v_speedup;
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
WHERE p.a <> p.b AND coalesce(s.code, 0) NOT IN (4, 5) -- an input changed while pairs were made
	AND EXISTS (SELECT 1 FROM agreement x WHERE x.run = rb.id)
	AND NOT EXISTS (SELECT 1 FROM agreement x WHERE x.run IN (ra.id, rb.id) AND NOT x.pass)
	AND NOT EXISTS (SELECT 1 FROM v_stale x WHERE x.run IN (ra.id, rb.id))
	AND NOT EXISTS (SELECT 1 FROM timed t JOIN run r ON r.id = t.run
		LEFT JOIN build k ON k.run = r.id
		LEFT JOIN build agreed ON agreed.run = CASE t.arm WHEN 'a' THEN ra.id ELSE rb.id END
		WHERE r.session = p.session AND t.a = p.a AND t.b = p.b AND t.steady IS NOT NULL
			AND ((SELECT graph FROM plan WHERE id = r.plan) <> l.graph
				OR r.device <> CASE t.arm WHEN 'a' THEN ra.device ELSE rb.device END
				OR k.source_sha256 IS NOT agreed.source_sha256));
