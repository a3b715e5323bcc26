/* eeg.thresholds: for a round of channels, items predict epochs, then an item a channel searches; on GPUs
 * thresholds_gpu_cl.h. */
#include "tandem.clh"

#include "thresholds_rooms.h"

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_thresholds_start(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_network(m);
}

__kernel TD_WG(1) void eeg_thresholds_predict(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_predict(m, (int)get_global_id(0));
}

__kernel TD_WG(1) void eeg_thresholds_search(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_search(m, (int)get_global_id(0));
}

#else
#include "thresholds_gpu_cl.h"
#endif
