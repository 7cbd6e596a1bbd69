/*-------------------------------------------------------------------------
 *
 * fault.c
 *	  Crash positions and a shiftable clock for the tests.
 *
 * A file and not only a setting, because a position must strike once: after
 * kill -9 the restarted server reads the same settings again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef HFT_TESTING

#include <signal.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#include "worker/fault.h"

static char *fault_file = NULL;
static int	clock_shift_s = 0;

void
hft_fault_define(void)
{
	DefineCustomStringVariable("hft.fault_file",
							   "Test builds: names the crash position to strike.",
							   NULL, &fault_file, "", PGC_SIGHUP, 0,
							   NULL, NULL, NULL);
	DefineCustomIntVariable("hft.clock_shift",
							"Test builds: seconds added to the clock.",
							NULL, &clock_shift_s, 0, -1000000000, 1000000000,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
}

int64
hft_clock_shift(void)
{
	return (int64) clock_shift_s * 1000;
}

/* Wait until FILE.go is there; bounded, so that a test cannot hang us. */
static void
wait_for_go(void)
{
	char		path[MAXPGPATH + 4];

	snprintf(path, sizeof(path), "%s.go", fault_file);
	for (int i = 0; i < 6000 && access(path, F_OK) != 0; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pg_usleep(10000);
	}
	unlink(path);
}

static void
strike(const char *action)
{
	if (strcmp(action, "kill") == 0)
		kill(getpid(), SIGKILL);
	else if (strcmp(action, "exit") == 0)
		proc_exit(1);
	else if (strcmp(action, "error") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("error asked for by the test")));
	else if (strcmp(action, "wait") == 0)
		wait_for_go();
}

void
hft_fault_point(const char *place, const char *operation)
{
	char		line[128] = "";
	char		wanted[96];
	char		action[16];
	FILE	   *file;

	if (fault_file == NULL || fault_file[0] == '\0')
		return;
	file = fopen(fault_file, "r");
	if (file == NULL)
		return;
	(void) (fgets(line, sizeof(line), file) != NULL);
	fclose(file);
	snprintf(wanted, sizeof(wanted), "%s:%s ", place, operation);
	if (strncmp(line, wanted, strlen(wanted)) != 0)
		return;
	if (sscanf(line + strlen(wanted), "%15s", action) == 1 &&
		unlink(fault_file) == 0)
		strike(action);
}

#endif							/* HFT_TESTING */
