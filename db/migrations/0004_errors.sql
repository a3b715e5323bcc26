-- 0004: more about errors: what came in wrong and went on, quantiles, classes, repeats.

ALTER TABLE agreement ADD COLUMN worst_inputs TEXT; -- "x=1.5 gain=0.25": what the worst element was made of
-- propagated: the oracle on the device's inputs against the oracle's own course
ALTER TABLE agreement ADD COLUMN prop_max_abs REAL;
ALTER TABLE agreement ADD COLUMN prop_norm_rel REAL;
ALTER TABLE agreement ADD COLUMN gap REAL; -- accumulated - (isolated + propagated), in roundings: near 1 or less
ALTER TABLE agreement ADD COLUMN amplification REAL; -- relative propagated error over what came in; NULL: nothing did
ALTER TABLE agreement ADD COLUMN rho_50 REAL; -- quantiles of |isolated| / (u c), up to 9 % too large
ALTER TABLE agreement ADD COLUMN rho_99 REAL;
ALTER TABLE agreement ADD COLUMN rho_999 REAL;
ALTER TABLE agreement ADD COLUMN rho_max REAL;
ALTER TABLE agreement ADD COLUMN cosine REAL; -- 1 - cos of the angle to the oracle's output
ALTER TABLE agreement ADD COLUMN n_nan INTEGER;
ALTER TABLE agreement ADD COLUMN n_inf INTEGER;
ALTER TABLE agreement ADD COLUMN n_other_class INTEGER; -- NaN or infinite on one side only
ALTER TABLE agreement ADD COLUMN n_sign INTEGER;
ALTER TABLE agreement ADD COLUMN n_zero_sign INTEGER;
ALTER TABLE agreement ADD COLUMN n_flushed INTEGER; -- 0 where the oracle has a subnormal number

CREATE TABLE repeatability ( -- one output of one step, made again on the same inputs
	run INTEGER NOT NULL REFERENCES run,
	step INTEGER NOT NULL, port INTEGER NOT NULL,
	level INTEGER NOT NULL, -- what the node declares: 0 nothing, 1 same device, 2 any group size, 3 any device
	repeats INTEGER NOT NULL, differing INTEGER NOT NULL,
	PRIMARY KEY (run, step, port)
) STRICT, WITHOUT ROWID;

-- The errors of each output of a comparison, for the reader: isolated (the device's own), propagated (what
-- came in), accumulated, all relative to the oracle's norm.
CREATE VIEW v_error AS
SELECT r.session, a.run, r.asked AS device, s.step AS number, s.name AS step, s.node, v.name AS value, a.turn,
	a.norm_rel AS isolated, a.prop_norm_rel AS propagated, a.acc_norm_rel AS accumulated, a.gap, a.amplification,
	a.rho_50, a.rho_99, a.rho_999, a.rho_max,
	CASE WHEN a.norm_rel > 0 THEN round(-20 * log10(a.norm_rel), 2) END AS snr_db, a.cosine,
	a.n_nan, a.n_inf, a.n_other_class, a.n_sign, a.n_zero_sign, a.n_flushed,
	a.worst_index, a.worst_got, a.worst_ref, a.worst_inputs
FROM agreement a JOIN run r ON r.id = a.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = a.step
	LEFT JOIN graph_value v ON v.graph = p.graph AND v.value = a.value;

CREATE VIEW v_repeatability AS
SELECT r.session, k.run, r.asked AS device, s.name AS step, s.node, k.port, 'D' || k.level AS declares,
	k.repeats, k.differing,
	CASE WHEN k.differing = 0 THEN 'same bits' WHEN k.level = 0 THEN 'as declared' ELSE 'BROKEN' END AS verdict
FROM repeatability k JOIN run r ON r.id = k.run JOIN plan p ON p.id = r.plan
	JOIN step s ON s.graph = p.graph AND s.step = k.step;
