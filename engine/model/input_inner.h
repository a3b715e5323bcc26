/* input_inner.h: one input file on its way in; shared by input.c and the formats that have a file of their own. Layer 1. */
#ifndef TD_MODEL_INPUT_INNER_H
#define TD_MODEL_INPUT_INNER_H

#include "csv.h"
#include "edf.h"
#include "graph.h"
#include "input.h"
#include "npy.h"
#include "safetensors.h"

/* A recording: its header, and what was chosen of it. */
typedef struct {
	td_arena arena;
	td_edf h;
	int *channel, n_channels;
	td_edf_events events;
	int64_t *start; /* samples at which epochs start … */
	int32_t *code;  /* … and which of the asked-for events they are around */
	int64_t n_starts;
	int64_t first, n_times; /* the window of an epoch: samples from its event on */
	bool at_end;            /* all records were read */
} td_recording;

typedef struct td_source_file td_source_file;

/* A file format. `look` fills dtype, rank and dims; `read` then the data, for which there is room. */
typedef struct {
	const char *ending;
	bool (*look)(td_source_file *s, const td_input *in, td_tensor *t, td_err *e);
	bool (*read)(td_source_file *s, const td_input *in, const td_tensor *t, td_err *e);
	bool by_name; /* it holds several tensors, each with a name */
} td_source_format;

/* A file being read, from its first byte to its last, hashed on the way. */
struct td_source_file {
	const td_source_format *format;
	int fd;
	size_t bytes; /* size when it was opened */
	td_hasher *hash;
	const td_input_data *same; /* the file was hashed already; or NULL */
	int64_t stamp[3];
	td_npy npy;
	td_csv csv;
	td_recording edf;
	td_safetensors tensors;
	const td_safetensor *tensor;
	double rate; /* samples a second along the last dim, 0: it has none */
};

/* -- input.c -------------------------------------------------------------- */

/* Opens the file of an input and reads what its shape takes; `same`: what was read of that file
 * before, or NULL. Closed also after an error. */
TD_MUST_USE bool td_source_open(td_source_file *s, const td_input *in, const char *path,
                                td_tensor *t, const td_input_data *same, td_err *e);
void td_source_close(td_source_file *s);
/* Reads the next n bytes and hashes them. */
TD_MUST_USE bool td_source_read(td_source_file *s, void *data, size_t n, td_err *e);

/* What the file has is what the input declares; of its dims those that are known, or `all`. */
TD_MUST_USE bool td_source_check_type(const td_graph *g, const td_input *in, const td_tensor *t,
                                      td_err *e);
TD_MUST_USE bool td_source_check_dims(const td_graph *g, const td_input *in, const td_tensor *t,
                                      bool all, td_err *e);
/* The rate of the last dim, where the file has one, is that of its symbol. */
TD_MUST_USE bool td_source_check_rate(const td_graph *g, const td_input *in, double rate,
                                      td_err *e);
/* Puts the input's name and path before a message; returns false. */
bool td_source_within(td_err *e, const td_input *in, const char *path);

/* -- input_edf.c: a recording as an input --------------------------------- */

TD_MUST_USE bool td_edf_look(td_source_file *s, const td_input *in, td_tensor *t, td_err *e);
TD_MUST_USE bool td_edf_read(td_source_file *s, const td_input *in, const td_tensor *t, td_err *e);
/* The names of the chosen channels, separated by commas. */
const char *td_edf_chosen(td_source_file *s);

/* -- input_safetensors.c ---------------------------------------------------- */

TD_MUST_USE bool td_safetensors_look(td_source_file *s, const td_input *in, td_tensor *t,
                                     td_err *e);
TD_MUST_USE bool td_safetensors_read(td_source_file *s, const td_input *in, const td_tensor *t,
                                     td_err *e);

#endif
