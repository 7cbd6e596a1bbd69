/*-------------------------------------------------------------------------
 *
 * test_report_text.c
 *	  Sparklines and escaping.
 *
 *-------------------------------------------------------------------------
 */
#include "report/markup.h"
#include "report/sparkline.h"

#include "tap.h"

static HftBuffer out;

static const char *
draw(const double *values, size_t n, size_t width)
{
	hft_buffer_reset(&out);
	hft_sparkline(&out, &hft_spark_blocks, values, n, width);
	return out.data ? out.data : "";
}

static void
test_sparkline(void)
{
	double		rising[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	double		pairs[8] = {0, 2, 8, 6, 0, 0, NAN, 14};
	double		gaps[5] = {NAN, 1, NAN, 2, NAN};
	double		flat[3] = {0.5, 0.5, 0.5};
	double		endless[4] = {-INFINITY, 0, 1, INFINITY};
	double		huge[3] = {-1.7e308, 0, 1.7e308};
	double		nothing[2] = {NAN, NAN};
	double		only_endless[2] = {INFINITY, -INFINITY};

	is_text(draw(rising, 8, 0), "▁▂▃▄▅▆▇█", "one level per eighth");
	is_text(draw(rising, 8, 100), "▁▂▃▄▅▆▇█",
			"wider than the curve: no wider");
	is_text(draw(rising, 8, 1), "▄", "one character: the middle");
	is_text(draw(pairs, 8, 4), "▂▅▁█",
			"stretches show their mean, without NaN");
	is_text(draw(gaps, 5, 0), " ▁ █ ", "NaN leaves a gap");
	is_text(draw(flat, 3, 0), "▄▄▄", "a flat curve runs in the middle");
	is_text(draw(endless, 4, 0), "▁▁██", "infinities are top and bottom");
	is_text(draw(huge, 3, 0), "▁▅█", "the range may pass the largest float");
	is_text(draw(huge, 3, 1), "▄", "and so may the sum");
	is_text(draw(nothing, 2, 0), "  ", "only NaN");
	is_text(draw(only_endless, 2, 0), "█▁", "only infinities");
	is_text(draw(rising, 0, 0), "", "no values, no text");
	hft_buffer_reset(&out);
	hft_sparkline(&out, &hft_spark_ascii, rising, 8, 0);
	is_text(out.data, "_.,-~=^#", "in ASCII");
}

static const char *
escape(const char *text)
{
	hft_buffer_reset(&out);
	hft_markup_text(&out, text);
	return out.data ? out.data : "";
}

static const char *
clip(const char *text, size_t limit)
{
	hft_buffer_reset(&out);
	hft_markup_clipped(&out, text, limit);
	return out.data ? out.data : "";
}

static void
test_markup(void)
{
	is_text(escape("</script><b a='1' b=\"2\">&amp;"),
			"&lt;/script&gt;&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;",
			"nothing opens a tag, closes an attribute or is an entity");
	is_text(escape("a\x01" "b\x7f\x1b[0m"), "a&#xFFFD;b&#xFFFD;&#xFFFD;[0m",
			"control characters are replaced");
	is_text(escape("a\tb\nc"), "a\tb\nc", "blanks stay");
	is_text(escape("\xef\xbf\xbe|\xef\xbf\xbf|\xef\xbf\xbd"),
			"&#xFFFD;|&#xFFFD;|\xef\xbf\xbd",
			"U+FFFE and U+FFFF are no XML, U+FFFD is");
	is_text(escape("\xef\xbf"), "\xef\xbf", "a cut character is not read past");
	is_text(escape("größer 漢字"), "größer 漢字", "other text is itself");
	is_text(escape(NULL), "", "no text");
	is_text(clip("漢字かな", 2), "漢字&#x2026;", "cut between characters");
	is_text(clip("漢字", 2), "漢字", "what fits is not cut");
	is_text(clip("<<<", 1), "&lt;&#x2026;", "an entity is never cut");
}

int
main(void)
{
	hft_buffer_init(&out, 65536);
	test_sparkline();
	test_markup();
	hft_buffer_free(&out);
	return tap_done();
}
