/*-------------------------------------------------------------------------
 *
 * secret.c
 *	  Read a file that holds a credential (R37, F75).
 *
 * Everything is checked on the open descriptor, so that nobody can swap the
 * file between check and use.  O_NONBLOCK keeps a FIFO from stopping the
 * process, O_NOFOLLOW a link from leading out of the directory.
 *
 *-------------------------------------------------------------------------
 */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Younger changes may share their time with the next one. */
#define SETTLED_NS INT64_C(2000000000)

static bool
plain_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static const char *
open_problem(int error)
{
	switch (error)
	{
		case ENOENT:
			return "The file does not exist in hft.secret_directory.";
		case ELOOP:
			return "The file must not be a symbolic link.";
		case EACCES:
			return "The server's operating system user may not read the file.";
		default:
			return "The file could not be opened.";
	}
}

/* The rule that the open file breaks, or NULL. */
static const char *
check_file(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return "The file could not be examined.";
	if (!S_ISREG(st.st_mode))
		return "The file must be a regular file.";
	if (st.st_uid != geteuid())
		return "The file must be owned by the server's operating system user.";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "The file must give no access to group or others (mode 0600).";
	if (st.st_size > HFT_SECRET_MAX)
		return "The file must not be larger than 64 kB.";
	*size = st.st_size;
	return NULL;
}

/* Read at most "size" bytes; -1 when reading fails. */
static ssize_t
read_all(int fd, char *buffer, size_t size)
{
	size_t		done = 0;

	while (done < size)
	{
		ssize_t		got = read(fd, buffer + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += got;
	}
	return done;
}

/* Cut trailing white space off; the rule that the content breaks, or NULL. */
static const char *
trim_content(char *secret, size_t length)
{
	if (memchr(secret, '\0', length) != NULL)
		return "The file must hold text, without NUL bytes.";
	while (length > 0 && strchr(" \t\r\n", secret[length - 1]) != NULL)
		secret[--length] = '\0';
	return length == 0 ? "The file must not be empty." : NULL;
}

static char *
read_open_file(int fd, const char **problem)
{
	size_t		size = 0;
	ssize_t		length;
	char	   *secret;

	*problem = check_file(fd, &size);
	if (*problem != NULL)
		return NULL;
	secret = calloc(1, size + 1);
	if (secret == NULL)
	{
		*problem = "There is not enough memory to read the file.";
		return NULL;
	}
	length = read_all(fd, secret, size);
	*problem = length < 0 ? "The file could not be read." :
		trim_content(secret, length);
	if (*problem != NULL)
	{
		explicit_bzero(secret, size);
		free(secret);
		return NULL;
	}
	return secret;
}

char *
hft_secret_file_read(const char *directory, const char *name,
					 const char **problem)
{
	char	   *secret = NULL;
	int			dir;
	int			fd;

	*problem = NULL;
	if (directory[0] == '\0')
		*problem = "The setting hft.secret_directory is empty.";
	else if (!plain_name(name))
		*problem = "The name of a key file must be a plain file name.";
	if (*problem != NULL)
		return NULL;
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
	{
		*problem = "The directory of hft.secret_directory could not be opened.";
		return NULL;
	}
	fd = openat(dir, name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		*problem = open_problem(errno);
	else
	{
		secret = read_open_file(fd, problem);
		close(fd);
	}
	close(dir);
	return secret;
}

static int64_t
nanoseconds(struct timespec time)
{
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

bool
hft_secret_file_stamp(const char *directory, const char *name,
					  HftSecretStamp *stamp)
{
	char		path[PATH_MAX];
	struct timespec now;
	struct stat st;
	int64_t		age;

	if (directory[0] == '\0' || !plain_name(name) ||
		snprintf(path, sizeof(path), "%s/%s", directory,
				 name) >= (int) sizeof(path) ||
		lstat(path, &st) != 0)
		return false;
	memset(stamp, 0, sizeof(*stamp));
	stamp->device = st.st_dev;
	stamp->inode = st.st_ino;
	stamp->mode_and_owner = (uint64_t) st.st_mode << 32 | st.st_uid;
	stamp->size = st.st_size;
	stamp->modified_ns = nanoseconds(st.st_mtim);
	stamp->changed_ns = nanoseconds(st.st_ctim);
	clock_gettime(CLOCK_REALTIME, &now);
	age = nanoseconds(now) - stamp->changed_ns;
	return age > SETTLED_NS;
}

void
hft_secret_free(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
