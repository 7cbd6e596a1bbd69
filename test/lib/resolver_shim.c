/*-------------------------------------------------------------------------
 *
 * resolver_shim.c
 *	  A name service that misbehaves, for LD_PRELOAD.
 *
 * Answers getaddrinfo() for names below ".shim" by their first label, and
 * writes down, in the file that $SHIM_LOG names, which thread asked with
 * which signals blocked.  All other names go to the real one.
 *
 *	stuck		never answers
 *	missing		does not exist
 *	inside		169.254.169.254
 *	mapped		::ffff:127.0.0.1
 *	flip		127.0.0.1 the first time, 10.9.8.7 from then on
 *	broken6		an IPv6 address that leads nowhere, then 127.0.0.1
 *
 *-------------------------------------------------------------------------
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*Getaddrinfo) (const char *, const char *,
							const struct addrinfo *, struct addrinfo **);

static void
write_down(const char *name)
{
	static const int watched[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM,
	SIGQUIT};
	const char *path = getenv("SHIM_LOG");
	sigset_t	blocked;
	int			open_signals = 0;
	char		line[200];
	int			fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0)
		return;
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		open_signals += !sigismember(&blocked, watched[i]);
	snprintf(line, sizeof(line), "%s %s %d\n", name,
			 gettid() == getpid() ? "main" : "thread", open_signals);
	if (write(fd, line, strlen(line)) < 0)
		abort();
	close(fd);
}

/* The chain for one address literal, made by the real function. */
static int
resolve_as(const char *literal, const char *service,
		   const struct addrinfo *hints, struct addrinfo **result)
{
	Getaddrinfo real = (Getaddrinfo) dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo any = *hints;

	any.ai_family = AF_UNSPEC;
	any.ai_flags = AI_NUMERICHOST;
	return real(literal, service, &any, result);
}

static int
resolve_both(const char *service, const struct addrinfo *hints,
			 struct addrinfo **result)
{
	int			code = resolve_as("100::1", service, hints, result);

	return code ? code : resolve_as("127.0.0.1", service, hints,
									&(*result)->ai_next);
}

int
getaddrinfo(const char *name, const char *service,
			const struct addrinfo *hints, struct addrinfo **result)
{
	static int	flips = 0;
	const char *dot = name ? strchr(name, '.') : NULL;

	if (dot == NULL || strcmp(dot, ".shim") != 0)
		return ((Getaddrinfo) dlsym(RTLD_NEXT, "getaddrinfo"))
			(name, service, hints, result);
	write_down(name);
	if (strncmp(name, "stuck.", 6) == 0)
		for (;;)
			sleep(1000);
	if (strncmp(name, "inside.", 7) == 0)
		return resolve_as("169.254.169.254", service, hints, result);
	if (strncmp(name, "mapped.", 7) == 0)
		return resolve_as("::ffff:127.0.0.1", service, hints, result);
	if (strncmp(name, "flip.", 5) == 0)
		return resolve_as(flips++ ? "10.9.8.7" : "127.0.0.1", service, hints,
						  result);
	if (strncmp(name, "broken6.", 8) == 0)
		return resolve_both(service, hints, result);
	return EAI_NONAME;
}
