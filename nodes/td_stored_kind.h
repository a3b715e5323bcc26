/* td_stored_kind.h: the kind (td_stored.h) of a dtype. Host only. */
#ifndef TD_STORED_KIND_H
#define TD_STORED_KIND_H

#include "tandem.h"

#include "td_stored.h"

static inline int td_stored_kind(td_dtype d)
{
	return d == TD_F16 ? TD_STORED_F16 : d == TD_BF16 ? TD_STORED_BF16 : TD_STORED_F32;
}

#endif
