/*-------------------------------------------------------------------------
 *
 * hft.c
 *	  Module entry point.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/settings.h"
#include "compat.h"
#include "hft.h"
#include "worker/fault.h"
#include "worker/shared.h"

HFT_MODULE_MAGIC(HFT_VERSION);

void		_PG_init(void);

void
_PG_init(void)
{
	hft_fault_define();
	hft_settings_define();
	if (process_shared_preload_libraries_in_progress)
	{
		hft_shared_init();
		hft_launcher_register();
	}
}
