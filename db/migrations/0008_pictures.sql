-- 0008: what pictures show. How an output is looked at stands in the graph's text ("picture …").

CREATE TABLE shown ( -- elements of an output that a picture shows
	value INTEGER PRIMARY KEY REFERENCES value,
	sha256 TEXT NOT NULL REFERENCES text -- numbers, row-major, separated by blanks
) STRICT;
CREATE INDEX shown_text ON shown(sha256);
