/* fetch.h: files by pinned URL, through libcurl. Layer 0.
 *
 * A file is known by its SHA-256 and lies in the cache folder ($XDG_CACHE_HOME/tandem/fetch) under
 * that name; it gets there only whole and with the right hash. https and file URLs only, also after
 * redirects (file never after a redirect). TD_FETCH_ALLOW_HTTP=1 allows plain http for tests. */
#ifndef TD_BASE_FETCH_H
#define TD_BASE_FETCH_H

#include "err.h"

typedef struct {
	const char *url;
	const char *sha256;  /* required */
	int64_t bytes;       /* required: the exact size, also the limit of the download */
	const char *ca_file; /* extra CA certificates (PEM), NULL: the system's; for tests */
	int timeout_s;       /* gives up when less than 1 kB/s come in for so long; 0: 60 */
} td_fetch;

/* Path of the cached file of that hash, whether it is there or not; freed by the caller. */
char *td_fetch_path(const char *sha256);
/* Is it there, whole (right size)? */
bool td_fetch_cached(const char *sha256, int64_t bytes);
/* Drops the cached file of that hash, with a note, if it holds other bytes by now: a disk may have damaged it. */
TD_MUST_USE bool td_fetch_drop_damaged(const char *sha256, td_err *e);
/* Brings the file into the cache; resumes what an earlier try left (".part"). A wrong hash or size
 * keeps nothing. Of several processes that want the same file one fetches it and the others wait.
 * TD_E_DATA with URL and reason; TD_E_DEVICE when the cache cannot be written. */
TD_MUST_USE bool td_fetch_run(const td_fetch *f, td_err *e);

#endif
