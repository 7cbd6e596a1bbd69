/*-------------------------------------------------------------------------
 *
 * test_base_secret.c
 *	  Key files are read only when nobody else could have read or planted
 *	  them, and no file can stop the process (R37, F75).
 *
 * An alarm ends the test when a FIFO blocks it.
 *
 *-------------------------------------------------------------------------
 */
#include "base/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char directory[] = "/tmp/hft-secret-XXXXXX";

static char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void
make_file(const char *name, const char *content, size_t length, mode_t mode)
{
	int			fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, content, length) != (ssize_t) length ||
		fchmod(fd, mode) != 0)
		abort();
	close(fd);
}

static void
check(const char *name, const char *expected, const char *says)
{
	const char *problem;
	char	   *secret = hft_secret_file_read(directory, name, &problem);

	is_text(secret, expected, *name ? name : "no name");
	ok(says == NULL ? problem == NULL :
	   problem != NULL && strstr(problem, says) != NULL,
	   "... %s", problem ? problem : "without a problem");
	hft_secret_free(secret);
}

static void
test_good(void)
{
	make_file("good", "sk-1\n", 5, 0600);
	check("good", "sk-1", NULL);
	make_file("windows", "sk-2 \r\n\r\n", 9, 0400);
	check("windows", "sk-2", NULL);
	make_file("json", "{\n\"a\":1}", 8, 0600);
	check("json", "{\n\"a\":1}", NULL);
}

static void
test_content(void)
{
	char	   *large = malloc(1024 * 1024);

	make_file("empty", "", 0, 0600);
	check("empty", NULL, "empty");
	make_file("blank", "\n\n", 2, 0600);
	check("blank", NULL, "empty");
	make_file("binary", "a\0b", 3, 0600);
	check("binary", NULL, "NUL");
	memset(large, 'k', 1024 * 1024);
	make_file("large", large, 1024 * 1024, 0600);
	check("large", NULL, "larger");
	make_file("largest", large, HFT_SECRET_MAX, 0600);
	large[HFT_SECRET_MAX] = '\0';
	check("largest", large, NULL);
	free(large);
}

static void
test_access(void)
{
	make_file("group", "sk-3", 4, 0640);
	check("group", NULL, "group or others");
	make_file("others", "sk-3", 4, 0604);
	check("others", NULL, "group or others");
	make_file("closed", "sk-3", 4, 0000);
	if (geteuid() == 0)
	{
		make_file("foreign", "sk-3", 4, 0600);
		if (chown(path_of("foreign"), 12345, -1) != 0)
			abort();
		check("foreign", NULL, "owned by");
	}
	else
		check("closed", NULL, "may not read");
}

static void
test_kind(void)
{
	if (mkfifo(path_of("fifo"), 0600) != 0 ||
		symlink("good", path_of("inner")) != 0 ||
		symlink("/etc/passwd", path_of("outer")) != 0 ||
		mkdir(path_of("folder"), 0700) != 0)
		abort();
	check("fifo", NULL, "regular");
	check("inner", NULL, "symbolic link");
	check("outer", NULL, "symbolic link");
	check("folder", NULL, "regular");
}

static void
test_name(void)
{
	const char *problem;

	check("absent", NULL, "not exist");
	check("", NULL, "plain");
	check(".", NULL, "plain");
	check("..", NULL, "plain");
	check("../etc/passwd", NULL, "plain");
	check("/etc/passwd", NULL, "plain");
	check("folder/good", NULL, "plain");
	is_text(hft_secret_file_read("", "good", &problem), NULL, "no directory");
	is_text(hft_secret_file_read("/nonexistent", "good", &problem), NULL,
			"a directory that is not there");
	ok(problem != NULL, "... %s", problem);
	hft_secret_free(NULL);
}

static void
remove_all(void)
{
	static const char *const names[] = {"good", "windows", "json", "empty",
		"blank", "binary", "large", "largest", "group", "others", "closed",
	"foreign", "fifo", "inner", "outer", "folder"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove(path_of(names[i]));
	rmdir(directory);
}

int
main(void)
{
	alarm(20);
	if (mkdtemp(directory) == NULL)
		abort();
	test_good();
	test_content();
	test_access();
	test_kind();
	test_name();
	remove_all();
	return tap_done();
}
