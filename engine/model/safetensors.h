/* safetensors.h: files of named tensors. Layer 1.
 *
 * The format: 8 bytes with the length of the header (little-endian), the header, the data. The header is a
 * JSON object, name -> { "dtype": "F32", "shape": [2, 3], "data_offsets": [from, to] }, and may hold
 * "__metadata__", an object of strings. Offsets count from the end of the header; the tensors fill the data
 * without gaps or overlaps. Source: huggingface/safetensors, README. */
#ifndef TD_MODEL_SAFETENSORS_H
#define TD_MODEL_SAFETENSORS_H

#include "../base/arena.h"

/* A longer header is refused. */
#define TD_SAFETENSORS_HEADER_MAX ((size_t)32 << 20)

typedef struct {
	const char *name;
	const char *type; /* as the file says, "BF16" */
	td_dtype dtype;   /* TD_N_DTYPES: one that tandem does not know, "I16" */
	int rank;
	int64_t dim[TD_MAX_RANK];
	int64_t n;         /* elements */
	size_t begin, end; /* in the data */
} td_safetensor;

typedef struct {
	td_safetensor *items; /* in the order of the header */
	int n;
	size_t data_offset; /* where the data starts */
	td_arena arena;
} td_safetensors;

/* The length of the file's beginning that td_safetensors_header needs: from its first 8 bytes (fewer where
 * the file is shorter). */
TD_MUST_USE bool td_safetensors_head(const void *bytes, size_t n, size_t file_bytes, size_t *needed,
                                     td_err *e);
/* Reads a header from the first `n` bytes of a file of `file_bytes` bytes. A name given twice, offsets that
 * overlap, leave gaps, lie outside or do not fit dtype and shape: refused (TD_E_DATA). The caller calls
 * _fini also after an error. */
TD_MUST_USE bool td_safetensors_header(const void *bytes, size_t n, size_t file_bytes,
                                       td_safetensors *out, td_err *e);
void td_safetensors_fini(td_safetensors *s);

/* The tensor of that name, of a dtype that tandem reads; the message tells what there is. */
TD_MUST_USE bool td_safetensors_find(const td_safetensors *s, const char *name,
                                     const td_safetensor **out, td_err *e);
/* What it is read as where `wanted` is: f16 and bf16 become f32, which is exact, if f32 is wanted. */
td_dtype td_safetensor_dtype(const td_safetensor *t, td_dtype wanted);
/* Elements first … first+n-1, as they lie in the file, to their places in `out`, which is `as`. */
void td_safetensor_place(const td_safetensor *t, td_dtype as, int64_t first, int64_t n,
                         const void *raw, void *out);

/* Writes n host tensors, whole or not at all. */
TD_MUST_USE bool td_safetensors_write(const char *path, const char *const *names,
                                      const td_tensor *const *tensors, int n, td_err *e);

#endif
