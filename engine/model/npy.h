/* npy.h: NumPy .npy files, versions 1.0 to 3.0. Layer 1. */
#ifndef TD_MODEL_NPY_H
#define TD_MODEL_NPY_H

#include "../base/str.h"

/* A longer header is refused: that much of a file is enough to read any header. */
#define TD_NPY_HEADER_MAX ((size_t)65536)

typedef struct {
	td_dtype dtype;
	int rank;
	int64_t dim[TD_MAX_RANK];
	int64_t n;          /* elements */
	size_t data_offset; /* where the elements start */
	bool swapped;       /* not in the byte order of this machine */
	bool fortran;       /* the first dim runs fastest */
} td_npy;

/* Reads a header from the first `n` bytes (TD_NPY_HEADER_MAX or the whole file) of a file of
 * `file_bytes` bytes. Object and unsupported dtypes, wrong sizes and lying headers are refused, each
 * with its own message (TD_E_DATA). Bool arrays ("|b1") read as u8, half precision ("<f2") as f16. */
TD_MUST_USE bool td_npy_header(const void *bytes, size_t n, size_t file_bytes, td_npy *h,
                               td_err *e);

/* Opens a file and reads its header. */
TD_MUST_USE bool td_npy_open(const char *path, td_npy *h, td_err *e);

/* Takes elements first … first+n-1 of the file, as they lie there, to their places in the row-major
 * tensor `out`, in the byte order of this machine. */
void td_npy_place(const td_npy *h, int64_t first, int64_t n, const void *raw, void *out);

/* Writes a tensor with host data as version 1.0, whole or not at all. A dtype that .npy files do not
 * know (bf16): TD_E_USAGE. */
TD_MUST_USE bool td_npy_write(const char *path, const td_tensor *t, td_err *e);

#endif
