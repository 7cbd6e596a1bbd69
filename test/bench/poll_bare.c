/*-------------------------------------------------------------------------
 *
 * poll_bare.c
 *	  poll_bare PORT JOBS SECONDS CONCURRENT: what libcurl alone can do
 *
 * Asks for the status and then for the events of one job after the other,
 * as a worker does, "CONCURRENT" jobs at a time, and throws the answers away.
 * Prints the polls (both requests) a second, and its processor seconds.
 *
 *-------------------------------------------------------------------------
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct Poll
{
	CURL	   *easy;
	int			job;
	int			step;			/* 0: status, 1: events */
} Poll;

static int	port;
static int	jobs;
static int	next_job = 0;
static long polls = 0;

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static size_t
swallow(char *data, size_t size, size_t count, void *arg)
{
	return size * count;
}

static void
ask(CURLM *multi, Poll *poll)
{
	char		url[256];

	snprintf(url, sizeof(url), poll->step == 0 ?
			 "http://127.0.0.1:%d/v1/fine_tuning/jobs/ftjob-%d" :
			 "http://127.0.0.1:%d/v1/fine_tuning/jobs/ftjob-%d/events?limit=100",
			 port, poll->job);
	curl_easy_setopt(poll->easy, CURLOPT_URL, url);
	curl_multi_add_handle(multi, poll->easy);
}

/* One request is over: the next of this poll, or the next job's first. */
static void
go_on(CURLM *multi, Poll *poll)
{
	if (++poll->step == 2)
	{
		polls++;
		poll->step = 0;
		poll->job = next_job++ % jobs;
	}
	curl_multi_remove_handle(multi, poll->easy);
	ask(multi, poll);
}

static void
start(CURLM *multi, Poll *poll, struct curl_slist *headers)
{
	poll->easy = curl_easy_init();
	poll->job = next_job++ % jobs;
	curl_easy_setopt(poll->easy, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(poll->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(poll->easy, CURLOPT_PRIVATE, poll);
	curl_easy_setopt(poll->easy, CURLOPT_NOSIGNAL, 1L);
	ask(multi, poll);
}

static void
report(double elapsed)
{
	struct rusage usage;
	double		cpu;

	getrusage(RUSAGE_SELF, &usage);
	cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	printf("%.0f %.2f\n", polls / elapsed, cpu / elapsed);
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	CURLM	   *multi;
	Poll	   *all;
	CURLMsg    *message;
	double		begin = seconds();
	double		length;
	int			concurrent;
	int			running;
	int			left;

	if (argc != 5)
	{
		fprintf(stderr, "usage: poll_bare PORT JOBS SECONDS CONCURRENT\n");
		return 2;
	}
	port = atoi(argv[1]);
	jobs = atoi(argv[2]);
	length = atof(argv[3]);
	concurrent = atoi(argv[4]);
	curl_global_init(CURL_GLOBAL_ALL);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) concurrent);
	headers = curl_slist_append(headers, "Authorization: Bearer test-key");
	all = calloc(concurrent, sizeof(Poll));
	for (int i = 0; i < concurrent; i++)
		start(multi, &all[i], headers);
	while (seconds() - begin < length)
	{
		curl_multi_perform(multi, &running);
		while ((message = curl_multi_info_read(multi, &left)) != NULL)
		{
			char	   *poll;

			if (message->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &poll);
			go_on(multi, (Poll *) poll);
		}
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	report(seconds() - begin);
	return 0;
}
