/*-------------------------------------------------------------------------
 *
 * test_provider_history.c
 *	  OpenAI's events, metrics, checkpoints and result files: every one,
 *	  once, whatever happens between two pages.
 *
 * A small provider with a growing list of events answers the adapter's
 * requests, so what is checked is what would be stored and not what was
 * asked.  A broken walk could still pass by reading everything again and
 * again; so repeated ids count as failures, too.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"

#define MAX_EVENTS 2000
#define PAGE 100				/* the limit that the adapter asks for */

/* Events 0 .. count-1, newest last; which of them were stored how often. */
typedef struct World
{
	Rig			rig;
	int			count;
	int			stored[MAX_EVENTS];
	int			metrics[MAX_EVENTS];
} World;

static void
put_event(char **at, int n)
{
	*at += sprintf(*at, "{\"object\":\"fine_tuning.job.event\",\"id\":"
				   "\"ftevent-%d\",\"created_at\":%d,\"level\":\"info\","
				   "\"message\":\"Step %d/%d: training loss=0.15\","
				   "\"type\":\"metrics\",\"data\":{\"step\":%d,"
				   "\"total_steps\":%d,\"train_loss\":0.15,"
				   "\"train_mean_token_accuracy\":0.9,\"junk\":null}}",
				   n, 1790000000 + n, n, MAX_EVENTS, n, MAX_EVENTS);
}

/* The page after the id in the URL, newest first. */
static char *
write_page(const World *world)
{
	const char *after = strstr(world->rig.request.url, "after=ftevent-");
	int			from = after ? atoi(after + 14) - 1 : world->count - 1;
	int			to = from - PAGE + 1 > 0 ? from - PAGE + 1 : 0;
	char	   *page = malloc(PAGE * 400 + 200);
	char	   *at = page;

	at += sprintf(at, "{\"object\":\"list\",\"data\":[");
	for (int n = from; n >= to; n--)
	{
		put_event(&at, n);
		if (n > to)
			*at++ = ',';
	}
	sprintf(at, "],\"has_more\":%s}", to > 0 ? "true" : "false");
	return page;
}

static void
store(World *world)
{
	const HftOutcome *o = &world->rig.outcome;

	for (int i = 0; i < o->nevents; i++)
		world->stored[atoi(o->events[i].id + strlen("ftevent-"))]++;
	for (int i = 0; i < o->nmetrics; i++)
		world->metrics[o->metrics[i].step]++;
}

/* One run of the history; "grow" new events appear before each request. */
static void
run_history(World *world, int grow)
{
	do
	{
		char	   *page;

		rig_ask(&world->rig, HFT_OP_HISTORY);
		page = write_page(world);
		rig_answer(&world->rig, HFT_OP_HISTORY, 200, page);
		free(page);
		store(world);
		world->count += grow;
	} while (world->rig.outcome.progress == HFT_MORE);
}

static void
check_stored(const World *world, int count, const char *what)
{
	int			missing = 0;
	int			doubled = 0;
	int			wrong = 0;

	for (int n = 0; n < count; n++)
	{
		missing += world->stored[n] == 0;
		doubled += world->stored[n] > 1;
		wrong += world->metrics[n] != 2;
	}
	is_int(missing, 0, what);
	is_int(doubled, 0, "none twice");
	is_int(wrong, 0, "two metrics for each");
}

static void
test_walk(void)
{
	World	   *world = calloc(1, sizeof(World));

	rig_init(&world->rig, "openai");
	world->count = 450;
	run_history(world, 7);
	check_stored(world, 450, "F37: none missing while new ones arrive");
	run_history(world, 0);
	check_stored(world, world->count, "the next run takes the new ones");
	is_text(world->rig.outcome.metrics[0].name, "train_loss", "a loss");
	is_int(world->rig.outcome.steps_total, MAX_EVENTS, "steps in all");
	run_history(world, 0);
	is_int(world->rig.outcome.nevents, 0, "nothing new, nothing read");
	rig_done(&world->rig);
	free(world);
}

/* The place where the walk should go on is gone: it begins again. */
static void
test_expired_place(void)
{
	World	   *world = calloc(1, sizeof(World));
	char	   *page;

	rig_init(&world->rig, "openai");
	world->count = 250;
	rig_ask(&world->rig, HFT_OP_HISTORY);
	page = write_page(world);
	rig_answer(&world->rig, HFT_OP_HISTORY, 200, page);
	free(page);
	store(world);
	rig_answer(&world->rig, HFT_OP_HISTORY, 404,
			   "{\"error\":{\"message\":\"no such event\"}}");
	is_int(world->rig.outcome.progress, HFT_MORE, "F37: begin again");
	memset(world->stored, 0, sizeof(world->stored));
	memset(world->metrics, 0, sizeof(world->metrics));
	run_history(world, 0);
	check_stored(world, 250, "F37: and read all");
	rig_done(&world->rig);
	free(world);
}

/* Events as they really come: no type, no data, a text for the numbers. */
static void
test_odd_events(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"data\":["
				   "{\"id\":\"e4\",\"created_at\":4,\"message\":"
				   "\"Step 300/300: training loss=0.15, validation loss=0.27"
				   ", full validation loss=0.40\",\"data\":null},"
				   "{\"id\":\"e3\",\"level\":\"error\",\"message\":"
				   "\"Example 17 is bad\",\"data\":{\"error_code\":"
				   "\"invalid_n_examples\",\"error_param\":\"training_file\"}"
				   "},{\"message\":\"no id\"},"
				   "{\"id\":\"e1\",\"type\":\"metrics\",\"data\":{\"step\":"
				   "1,\"train_loss\":\"low\",\"valid_loss\":NaN}}],"
				   "\"has_more\":false}");
	is_int(o->nevents, 4, "all events");
	is_int(o->nmetrics, 3, "numbers out of the text");
	is_text(o->metrics[0].name, "train_loss", "training loss");
	is_near(o->metrics[1].value, 0.27, 1e-12, "validation loss");
	is_text(o->metrics[2].name, "full_valid_loss", "full validation loss");
	is_int(o->bad_line, 17, "F42: the line");
	is_text(o->events[0].type, "message", "a type where there is none");
	is_int((long long) strlen(o->events[2].id), 32, "an id where none is");
	ok(strstr(o->events[1].data, "invalid_n_examples") != NULL, "data kept");
	rig_done(&rig);
}

#define NO_EVENTS "{\"object\":\"list\",\"data\":[],\"has_more\":false}"
#define CSV "step,train_loss,train_accuracy,valid_loss," \
	"valid_mean_token_accuracy\n1,2.5,0.4,,\n2,1.5,0.6,1.75,0.5\n"

static void
test_checkpoints(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	rig.job.remote_state = "succeeded";
	rig_cursor(&rig, "{\"newest\":\"e9\",\"metrics\":true}");
	rig_answer(&rig, HFT_OP_HISTORY, 200, NO_EVENTS);
	is_int(rig.outcome.progress, HFT_MORE, "events, then checkpoints");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs/ftjob-abc/"
			   "checkpoints?limit=100");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"data\":[{\"id\":"
				   "\"ftckpt_1\",\"created_at\":5,\"step_number\":88,"
				   "\"fine_tuned_model_checkpoint\":\"ft:m:ckpt-step-88\","
				   "\"metrics\":{\"step\":88,\"valid_loss\":0.3}}],"
				   "\"has_more\":false}");
	is_int(o->progress, HFT_DONE, "metrics came: no result file needed");
	is_text(o->checkpoints[0].model, "ft:m:ckpt-step-88", "callable");
	is_int(o->checkpoints[0].step, 88, "step");
	is_text(rig.call.cursor, "{\"newest\":\"e9\",\"metrics\":true}",
			"what the next run needs");
	rig_done(&rig);
}

/* A job of which no metric ever came: the result file has them. */
static void
read_result(Rig *rig, const char *body)
{
	HftResponse file = {.status = 200, .content_type = "text/csv",
	.body = body, .body_length = strlen(body)};

	rig_cursor(rig, "{\"phase\":\"job\"}");
	rig_answer(rig, HFT_OP_HISTORY, 200,
			   "{\"id\":\"j\",\"result_files\":[\"file-R\"]}");
	rig_ask(rig, HFT_OP_HISTORY);
	is_request(rig, "GET", "https://host/v1/files/file-R/content");
	rig_answer_with(rig, HFT_OP_HISTORY, &file);
	is_int(rig->outcome.progress, HFT_DONE, "read");
}

static void
test_result_file(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig.job.remote_state = "succeeded";
	rig_cursor(&rig, "{\"phase\":\"checkpoints\",\"tries\":3}");
	rig_answer(&rig, HFT_OP_HISTORY, 404, "{\"error\":{\"message\":\"x\"}}");
	is_int(rig.outcome.progress, HFT_MORE, "F43: no checkpoints: go on");
	is_text(rig.outcome.events[0].level, "warn", "F43: with a warning");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs/ftjob-abc");
	read_result(&rig, CSV);
	is_int(rig.outcome.nmetrics, 6, "plain CSV; empty cells are absent");
	is_text(rig.outcome.metrics[5].name, "valid_accuracy", "by header name");
	is_near(rig.outcome.metrics[4].value, 1.75, 0, "value");
	is_int(rig.outcome.metrics[4].step, 2, "step");
	is_text(rig.call.cursor, "{\"metrics\":true}", "and never again");
	read_result(&rig, "c3RlcCx0cmFpbl9sb3NzCjEsMi41CjIsMS41Cg==");
	is_int(rig.outcome.nmetrics, 2, "CSV in base64");
	read_result(&rig, "\xff\xfe no table");
	is_int(rig.outcome.nmetrics, 0, "neither: nothing, and no crash");
	rig_done(&rig);
}

/* F43: the result file of a success may be late. */
static void
test_late_result(void)
{
	Rig			rig;
	int			waits = 0;

	rig_init(&rig, "openai");
	rig.job.remote_state = "succeeded";
	rig_cursor(&rig, "{\"phase\":\"result\",\"file\":\"file-R\"}");
	do
	{
		rig_ask(&rig, HFT_OP_HISTORY);
		rig_answer(&rig, HFT_OP_HISTORY, 404,
				   "{\"error\":{\"message\":\"x\"}}");
	} while (rig.outcome.progress == HFT_WAIT && waits++ < 10);
	is_text(rig.request.url, "https://host/v1/files/file-R/content",
			"F43: the same file");
	is_int(waits, 3, "F43: asked for three times more");
	is_int(rig.outcome.progress, HFT_DONE, "F43: then done without");
	rig.job.remote_state = "failed";
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_HISTORY, 200, NO_EVENTS);
	rig_answer(&rig, HFT_OP_HISTORY, 200, NO_EVENTS);
	is_int(rig.outcome.progress, HFT_DONE, "a failed job has no more");
	rig_done(&rig);
}

int
main(void)
{
	test_walk();
	test_expired_place();
	test_odd_events();
	test_checkpoints();
	test_result_file();
	test_late_result();
	return tap_done();
}
