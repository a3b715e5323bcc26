-- 0001: sessions, runs, and what they were made of.
--
-- A migration is never edited once it is released: what changes later is 0002 and on. Comments
-- inside the parentheses stay with the table, so `.schema` in the sqlite3 shell shows them.
--
-- Times end in _ns (nanoseconds), sizes in _bytes; flags are 0 or 1; NULL is "there was none", and
-- where a number was no number. Numbers of steps and values are those of the graph's text form.

PRAGMA application_id = 1953391725; -- "tndm"

-- -- texts and what they describe: one row a content ------------------------

CREATE TABLE text ( -- graphs, plans, pipeline sources
	sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
	content TEXT NOT NULL
) STRICT;

CREATE TABLE graph (
	id INTEGER PRIMARY KEY,
	sha256 TEXT NOT NULL UNIQUE REFERENCES text,
	name TEXT NOT NULL
) STRICT;

CREATE TABLE step (
	graph INTEGER NOT NULL REFERENCES graph,
	step INTEGER NOT NULL, -- number
	name TEXT NOT NULL,
	node TEXT NOT NULL,
	version INTEGER NOT NULL, -- of the node
	stage TEXT,
	loop INTEGER, -- number of the innermost loop it is in
	params TEXT NOT NULL, -- "k=10 threshold=0.3": all of them, defaults too
	tol_factor REAL NOT NULL, -- how much the pipeline widens the node's limits
	tol_reason TEXT,
	file TEXT, line INTEGER, -- in the pipeline that was the first to make this graph
	PRIMARY KEY (graph, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE graph_value (
	graph INTEGER NOT NULL REFERENCES graph,
	value INTEGER NOT NULL, -- number
	name TEXT NOT NULL, -- "series", "corr.weight"
	PRIMARY KEY (graph, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
	id INTEGER PRIMARY KEY,
	sha256 TEXT NOT NULL UNIQUE REFERENCES text,
	graph INTEGER NOT NULL REFERENCES graph,
	peak_bytes INTEGER NOT NULL, -- on the device: the promise
	host_peak_bytes INTEGER NOT NULL,
	lower_bytes INTEGER NOT NULL, -- no plan needs less on the device
	transfer_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX plan_graph ON plan(graph);

CREATE TABLE device (
	id INTEGER PRIMARY KEY,
	sha256 TEXT NOT NULL UNIQUE, -- of all that follows and of its fields
	name TEXT NOT NULL, -- stable id: what --on takes
	model TEXT NOT NULL, -- as the driver says it
	type TEXT NOT NULL,
	vendor TEXT NOT NULL, platform TEXT NOT NULL, driver TEXT NOT NULL, version TEXT NOT NULL,
	unified INTEGER NOT NULL, -- shares its memory with the host
	compute_units INTEGER NOT NULL, clock_mhz INTEGER NOT NULL,
	global_bytes INTEGER NOT NULL, max_alloc_bytes INTEGER NOT NULL,
	local_bytes INTEGER NOT NULL, constant_bytes INTEGER NOT NULL,
	f64 INTEGER NOT NULL, f16 INTEGER NOT NULL, i64_atomics INTEGER NOT NULL,
	correct_div_sqrt INTEGER NOT NULL, denormals INTEGER NOT NULL, fma INTEGER NOT NULL
) STRICT;

CREATE TABLE device_field ( -- everything the driver says about itself
	device INTEGER NOT NULL REFERENCES device,
	field TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (device, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE environment (
	id INTEGER PRIMARY KEY,
	sha256 TEXT NOT NULL UNIQUE -- of its fields
) STRICT;

CREATE TABLE environment_field (
	environment INTEGER NOT NULL REFERENCES environment,
	field TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (environment, field)
) STRICT, WITHOUT ROWID;

-- -- what happened ----------------------------------------------------------

CREATE TABLE session ( -- one command
	id INTEGER PRIMARY KEY,
	command TEXT NOT NULL, -- "run", "compare"
	arguments TEXT NOT NULL,
	environment INTEGER NOT NULL REFERENCES environment,
	started_at TEXT NOT NULL, -- UTC
	ended_at TEXT, -- NULL: it still runs, or it was killed
	code INTEGER CHECK (code BETWEEN 0 AND 5), -- exit code
	status TEXT NOT NULL AS (CASE code WHEN 0 THEN 'ok' WHEN 1 THEN 'differs'
		WHEN 2 THEN 'refused' WHEN 3 THEN 'undecided' WHEN 4 THEN 'device error'
		WHEN 5 THEN 'data error' ELSE 'unfinished' END),
	verdict TEXT, -- "AGREE", "DISAGREE"
	error TEXT
) STRICT;
CREATE INDEX session_environment ON session(environment);

CREATE TABLE run (
	id INTEGER PRIMARY KEY,
	session INTEGER NOT NULL REFERENCES session,
	number INTEGER NOT NULL, -- in the session, from 0; 0 is the baseline of a comparison
	plan INTEGER NOT NULL REFERENCES plan,
	device INTEGER NOT NULL REFERENCES device,
	pipeline TEXT NOT NULL, -- path as given
	asked TEXT NOT NULL, -- the device as asked for: "cpu", "cpu.2"
	threads INTEGER NOT NULL, -- native impls run on
	seed INTEGER,
	warmup INTEGER NOT NULL, repeats INTEGER NOT NULL, -- as asked for
	inputs_sha256 TEXT NOT NULL, -- of the names and hashes of its input files
	code INTEGER NOT NULL CHECK (code BETWEEN 0 AND 5),
	status TEXT NOT NULL AS (CASE code WHEN 0 THEN 'ok' WHEN 1 THEN 'differs'
		WHEN 2 THEN 'refused' WHEN 3 THEN 'undecided' WHEN 4 THEN 'device error'
		ELSE 'data error' END),
	error TEXT,
	started_at TEXT NOT NULL, -- UTC
	wall_ns INTEGER NOT NULL, -- median of the repeats
	build_ns INTEGER NOT NULL,
	peak_bytes INTEGER NOT NULL, -- on the device, measured
	host_zero_ns INTEGER NOT NULL, device_zero_ns INTEGER NOT NULL, -- see launch
	UNIQUE (session, number)
) STRICT;
CREATE INDEX run_plan ON run(plan);
CREATE INDEX run_device ON run(device);

CREATE TABLE run_param ( -- parameters of the pipeline
	run INTEGER NOT NULL REFERENCES run,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	value TEXT,
	given INTEGER NOT NULL, -- on the command line
	PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_source ( -- texts that made the graph
	run INTEGER NOT NULL REFERENCES run,
	n INTEGER NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL REFERENCES text,
	PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_source_text ON run_source(sha256);

CREATE TABLE run_input ( -- files that were read
	run INTEGER NOT NULL REFERENCES run,
	input INTEGER NOT NULL, -- number
	name TEXT NOT NULL,
	path TEXT, url TEXT,
	sha256 TEXT NOT NULL, -- of the file
	bytes INTEGER NOT NULL,
	pinned INTEGER NOT NULL, -- the pipeline says the hash
	PRIMARY KEY (run, input)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_plugin (
	run INTEGER NOT NULL REFERENCES run,
	path TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	build TEXT NOT NULL,
	PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_state ( -- what changes from moment to moment, when the run began: load, clock
	run INTEGER NOT NULL REFERENCES run,
	field TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (run, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_repeat (
	run INTEGER NOT NULL REFERENCES run,
	repeat INTEGER NOT NULL,
	wall_ns INTEGER NOT NULL,
	PRIMARY KEY (run, repeat)
) STRICT, WITHOUT ROWID;

CREATE TABLE build ( -- kernels compiled or loaded
	id INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES run,
	build_ns INTEGER NOT NULL,
	from_cache INTEGER NOT NULL,
	options TEXT NOT NULL,
	source_sha256 TEXT NOT NULL, binary_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX build_run ON build(run);

CREATE TABLE kernel ( -- what a launch launched
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	impl TEXT NOT NULL, -- "cl", "native"
	place TEXT NOT NULL, -- "device", or "host" where the device had no impl
	items_x INTEGER NOT NULL, items_y INTEGER NOT NULL, items_z INTEGER NOT NULL,
	local_x INTEGER NOT NULL, local_y INTEGER NOT NULL, local_z INTEGER NOT NULL,
	UNIQUE (name, impl, place, items_x, items_y, items_z, local_x, local_y, local_z)
) STRICT;

CREATE TABLE launch ( -- one kernel launch or native call; the raw samples
	-- Each time is told from the one before it, which keeps a row under 50 bytes:
	--   host began   = run.host_zero_ns + begin_ns     host ended = host began + host_ns
	--   queued       = run.device_zero_ns + queued_ns  submitted  = queued + submit_ns
	--   kernel began = submitted + wait_ns             kernel ended = kernel began + kernel_ns
	run INTEGER NOT NULL REFERENCES run,
	repeat INTEGER NOT NULL, -- below 0: warm-up
	step INTEGER NOT NULL,
	n INTEGER NOT NULL, -- order within the run
	turn INTEGER NOT NULL, -- of the innermost loop, 0 outside
	kernel INTEGER NOT NULL REFERENCES kernel,
	begin_ns INTEGER NOT NULL, host_ns INTEGER NOT NULL, -- host clock
	queued_ns INTEGER, submit_ns INTEGER, wait_ns INTEGER, kernel_ns INTEGER, -- device clock
	PRIMARY KEY (run, repeat, step, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer ( -- times as in launch, copy_ns for kernel_ns
	id INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES run,
	repeat INTEGER NOT NULL,
	value INTEGER NOT NULL,
	up INTEGER NOT NULL, -- to the device
	mapped INTEGER NOT NULL, -- shared memory: bytes are counted, nothing moved
	bytes INTEGER NOT NULL,
	begin_ns INTEGER NOT NULL, host_ns INTEGER NOT NULL,
	queued_ns INTEGER, submit_ns INTEGER, wait_ns INTEGER, copy_ns INTEGER
) STRICT;
CREATE INDEX transfer_run ON transfer(run, repeat);

CREATE TABLE bind ( -- late dims that found their extent
	id INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES run,
	repeat INTEGER NOT NULL,
	symbol TEXT NOT NULL,
	extent INTEGER NOT NULL,
	capacity INTEGER NOT NULL
) STRICT;
CREATE INDEX bind_run ON bind(run);

CREATE TABLE value ( -- outputs, and inner values that were looked at
	id INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES run,
	repeat INTEGER NOT NULL,
	value INTEGER NOT NULL, -- number
	output TEXT, -- name of the output; NULL: inside the graph
	dtype TEXT NOT NULL,
	dims TEXT NOT NULL, -- "[94,355]"
	sha256 TEXT NOT NULL, -- of the element bytes
	n INTEGER NOT NULL,
	n_nan INTEGER NOT NULL, n_inf INTEGER NOT NULL,
	n_zero INTEGER NOT NULL, n_subnormal INTEGER NOT NULL,
	min REAL, max REAL, mean REAL -- of the finite elements
) STRICT;
CREATE INDEX value_run ON value(run);

CREATE TABLE agreement ( -- one output of one step: right, and the same as the baseline's?
	id INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES run,
	base_run INTEGER REFERENCES run,
	step INTEGER NOT NULL, port INTEGER NOT NULL, value INTEGER NOT NULL,
	turn INTEGER NOT NULL,
	kind TEXT NOT NULL, -- "exact", "ulp", "sum", "decision"
	n INTEGER NOT NULL,
	-- isolated: against the oracle on the same inputs, in the measure of `kind`
	bound REAL, worst REAL, -- worst / bound <= 1 passes
	max_abs REAL, max_ulp REAL, norm_rel REAL,
	-- accumulated: against the baseline's own course
	acc_max_abs REAL, acc_norm_rel REAL,
	worst_index INTEGER, worst_got REAL, worst_ref REAL,
	at_risk INTEGER NOT NULL, flips INTEGER NOT NULL, wrong INTEGER NOT NULL, -- decisions
	bit_identical INTEGER NOT NULL, -- to the baseline
	pass INTEGER NOT NULL
) STRICT;
CREATE INDEX agreement_run ON agreement(run);
CREATE INDEX agreement_base ON agreement(base_run);
