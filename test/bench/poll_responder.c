/*-------------------------------------------------------------------------
 *
 * poll_responder.c
 *	  poll_responder PORT_FILE: a server that answers polls and does nothing
 *	  else
 *
 * Says of every job that it runs, and of its events that there is one, as
 * OpenAI does.  One thread and one epoll set, so that what is measured is the
 * client.  Writes its port into the file; ends with its parent.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EVENTS 256
#define REQUEST_MAX 8192

typedef struct Client
{
	int			fd;
	size_t		length;
	char		request[REQUEST_MAX];
} Client;

static const char events[] =
	"{\"object\":\"list\",\"data\":[{\"object\":\"fine_tuning.job.event\","
	"\"id\":\"ftevent-1\",\"created_at\":1700000000,\"level\":\"info\","
	"\"message\":\"Fine-tuning job started\",\"type\":\"message\","
	"\"data\":{}}],\"has_more\":false}";

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The answer to "GET .../jobs/ID[/events...]". */
static size_t
write_answer(const char *request, char *answer, size_t size)
{
	const char *id = strstr(request, "/jobs/");
	size_t		length = id ? strcspn(id + 6, "/? ") : 0;
	char		body[1024];

	if (id == NULL)
		snprintf(body, sizeof(body), "{}");
	else if (id[6 + length] == '/')
		snprintf(body, sizeof(body), "%s", events);
	else
		snprintf(body, sizeof(body),
				 "{\"object\":\"fine_tuning.job\",\"id\":\"%.*s\","
				 "\"model\":\"gpt-4o-mini-2024-07-18\","
				 "\"created_at\":1700000000,\"finished_at\":null,"
				 "\"fine_tuned_model\":null,\"organization_id\":\"org-1\","
				 "\"status\":\"running\",\"validation_file\":null,"
				 "\"training_file\":\"file-1\",\"result_files\":[],"
				 "\"trained_tokens\":null,\"error\":null,\"seed\":7,"
				 "\"estimated_finish\":null,\"integrations\":[],"
				 "\"hyperparameters\":{\"n_epochs\":3,\"batch_size\":1,"
				 "\"learning_rate_multiplier\":2}}", (int) length, id + 6);
	return snprintf(answer, size,
					"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					"Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* False when the client has gone. */
static int
serve(Client *client)
{
	ssize_t		got = read(client->fd, client->request + client->length,
						   sizeof(client->request) - 1 - client->length);
	char		answer[2048];
	char	   *end;

	if (got <= 0)
		return 0;
	client->length += got;
	client->request[client->length] = '\0';
	while ((end = strstr(client->request, "\r\n\r\n")) != NULL)
	{
		size_t		length = write_answer(client->request, answer,
										  sizeof(answer));
		size_t		used = end + 4 - client->request;

		if (write(client->fd, answer, length) != (ssize_t) length)
			return 0;
		client->length -= used;
		memmove(client->request, client->request + used, client->length + 1);
	}
	return client->length < sizeof(client->request) - 1;
}

static void
admit(int epoll, int listener)
{
	Client	   *client = calloc(1, sizeof(Client));
	struct epoll_event event = {.events = EPOLLIN,.data.ptr = client};
	int			one = 1;

	client->fd = accept(listener, NULL, NULL);
	if (client->fd < 0)
	{
		free(client);
		return;
	}
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static int
listen_somewhere(const char *port_file)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t	length = sizeof(address);
	int			listener = socket(AF_INET, SOCK_STREAM, 0);
	FILE	   *file = fopen(port_file, "w");

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || file == NULL ||
		bind(listener, (struct sockaddr *) &address, length) != 0 ||
		listen(listener, 1024) != 0 ||
		getsockname(listener, (struct sockaddr *) &address, &length) != 0)
		fail("poll_responder");
	fprintf(file, "%d\n", ntohs(address.sin_port));
	fclose(file);
	return listener;
}

int
main(int argc, char **argv)
{
	struct epoll_event events_seen[EVENTS];
	struct epoll_event event = {.events = EPOLLIN,.data.ptr = NULL};
	int			epoll = epoll_create1(0);
	int			listener;

	if (argc != 2)
	{
		fprintf(stderr, "usage: poll_responder PORT_FILE\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	listener = listen_somewhere(argv[1]);
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;)
	{
		int			count = epoll_wait(epoll, events_seen, EVENTS, -1);

		for (int i = 0; i < count; i++)
		{
			Client	   *client = events_seen[i].data.ptr;

			if (client == NULL)
				admit(epoll, listener);
			else if (!serve(client))
			{
				close(client->fd);
				free(client);
			}
		}
	}
}
