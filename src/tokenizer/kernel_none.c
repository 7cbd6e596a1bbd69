/*-------------------------------------------------------------------------
 *
 * kernel_none.c
 *	  The kernel in plain C, for any machine.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"

#define probe_line find_in_line
#include "tokenizer/kernel_probe.inc"

static bool
always_usable(void)
{
	return true;
}

const HftKernel hft_kernel_none = {
	"none", always_usable,
	{hft_split_batch, hft_split_batch, hft_split_batch, hft_split_batch,
	hft_split_batch, hft_split_batch},
	probe_batch
};
