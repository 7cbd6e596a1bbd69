/*-------------------------------------------------------------------------
 *
 * test_token_tool.c
 *	  The commands do what docs/tokens.md shows, and refuse what is wrong.
 *
 * In a "console" block of that page, a line that begins with "$ " is run,
 * and must print the lines below it.  Without such a line the test fails.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "tap.h"

#define MAX_OUTPUT	4096

/* What a command prints, and its exit status. */
static int
run(const char *command, char *output)
{
	FILE	   *in = popen(command, "r");
	size_t		len = fread(output, 1, MAX_OUTPUT - 1, in);
	int			status = pclose(in);

	output[len] = '\0';
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
check_shown(const char *command, const char *shown)
{
	char		output[MAX_OUTPUT];

	if (command[0] == '\0')
		return 0;
	is_int(run(command, output), 0, command);
	is_text(output, shown, "prints what the page shows");
	return 1;
}

static void
test_page(void)
{
	FILE	   *page = fopen("docs/tokens.md", "r");
	char		line[1024];
	char		command[1024] = "";
	char		shown[MAX_OUTPUT] = "";
	bool		inside = false;
	int			n = 0;

	while (page != NULL && fgets(line, sizeof(line), page) != NULL)
	{
		bool		fence = strncmp(line, "```", 3) == 0;

		if (inside && (fence || strncmp(line, "$ ", 2) == 0))
		{
			n += check_shown(command, shown);
			command[0] = shown[0] = '\0';
		}
		if (fence)
			inside = strcmp(line, "```console\n") == 0;
		else if (inside && strncmp(line, "$ ", 2) == 0)
		{
			line[strcspn(line, "\n")] = '\0';
			strcpy(command, line + 2);
		}
		else if (inside)
			strncat(shown, line, sizeof(shown) - strlen(shown) - 1);
	}
	if (page != NULL)
		fclose(page);
	ok(n > 0, "the page shows %d commands", n);
}

static void
is_refused(const char *command, const char *message)
{
	char		output[MAX_OUTPUT];

	is_int(run(command, output), 1, command);
	is_text(output, message, "says why");
}

int
main(void)
{
	char		output[MAX_OUTPUT];

	test_page();
	is_int(run("printf 'a\\n\\nb c' | build/tool/hft-count --lines",
			   output), 0, "lines");
	is_text(output, "1\n0\n2\n", "are counted one by one");
	is_refused("build/tool/hft-count --model=gpt4o 2>&1 </dev/null",
			   "hft-count: no tokenizer is known for model \"gpt4o\"\n");
	is_refused("build/tool/hft-count --encoding=../x 2>&1 </dev/null",
			   "hft-count: invalid name of an encoding: \"../x\"\n");
	is_refused("printf '1\\n' | build/tool/hft-count --jsonl 2>&1",
			   "hft-count: line 1 is no string and has no \"text\"\n");
	is_refused("printf 'YQ== 0\\nYg== 2\\n' | build/tool/hft-vocab "
			   "--like=build/vocab/hft-qwen3.vocab --name=x "
			   "--pattern=cl100k /dev/null 2>&1",
			   "hft-vocab: \"-\": line 2 does not have rank 1\n");
	return tap_done();
}
