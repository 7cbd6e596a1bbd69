/*-------------------------------------------------------------------------
 *
 * page.c
 *	  The report of a job as one HTML page.
 *
 *-------------------------------------------------------------------------
 */
#include "report/page.h"

#include "report/markup.h"

static const char style[] =
":root{color-scheme:light dark;--paper:#f7f7f8;--surface:#fff;--ink:#1c2024;"
"--muted:#60646c;--grid:#e3e3e8;--good:#18794e;--bad:#c62a2f;--busy:#3a5bc7;"
"--wait:#ad5700;--p1:#c1d0ff;--p2:#ffd3b0;--p3:#b9e5dd;--p4:#e4d3f5;"
"--p5:#dddde3;--p6:#3e63dd}"
"@media(prefers-color-scheme:dark){:root{--paper:#101112;--surface:#18191b;"
"--ink:#edeef0;--muted:#b0b4ba;--grid:#2e3135;--good:#3dd68c;--bad:#ff9592;"
"--busy:#9eb1ff;--wait:#ffca16;--p1:#2a3a70;--p2:#66350c;--p3:#0d4b42;"
"--p4:#48295c;--p5:#43484e;"
"--p6:#8da4ff}}"
"*{box-sizing:border-box}"
"body{margin:0;background:var(--paper);color:var(--ink);"
"font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
"'DejaVu Sans',sans-serif}"
"main{max-width:960px;margin:0 auto;padding:40px 24px 56px}"
"header{margin-bottom:24px}"
"h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere;"
"unicode-bidi:isolate}"
"h1 span{display:inline-block;font-size:12px;font-weight:600;padding:2px 10px;"
"border:1px solid;border-radius:99px;vertical-align:5px;margin-left:8px}"
"header p{margin:4px 0 0;color:var(--muted);overflow-wrap:anywhere}"
".succeeded{color:var(--good)}.failed{color:var(--bad)}"
".running,.queued,.creating,.preparing,.uploading{color:var(--busy)}"
".pending,.paused,.cancelled{color:var(--muted)}"
".needs_attention{color:var(--wait)}"
"section,.tiles div,.alert{background:var(--surface);"
"border:1px solid var(--grid);border-radius:10px}"
".alert{border-left:4px solid var(--bad);padding:12px 18px;"
"margin-bottom:16px}.alert p{margin:0;overflow-wrap:anywhere}"
".alert p+p{color:var(--muted)}"
".tiles{display:grid;grid-template-columns:repeat(auto-fit,"
"minmax(165px,1fr));gap:16px;margin-bottom:16px}"
".tiles div{padding:14px 18px}"
".tiles dt{color:var(--muted);font-size:12px}"
".tiles dd{margin:2px 0 0;font-size:22px;font-weight:600;line-height:1.3;"
"font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
".tiles dd+dd{font-size:12px;font-weight:400;color:var(--muted)}"
".grid{display:grid;grid-template-columns:1fr 1fr;gap:16px;margin-top:16px}"
".wide{grid-column:1/-1}"
"section{padding:16px 20px;min-width:0}"
"section.chart{padding:6px}section.chart svg{display:block;width:100%}"
"h2{font-size:14px;margin:0 0 10px}"
"table{width:100%;border-collapse:collapse;"
"font-variant-numeric:tabular-nums}"
"th{font-size:12px;font-weight:400;color:var(--muted);text-align:left}"
"th,td{padding:5px 0;border-bottom:1px solid var(--grid);"
"vertical-align:top}"
"th+th,td+td{padding-left:16px}"
"tr:last-child td{border-bottom:0}"
"td{overflow-wrap:anywhere;unicode-bidi:isolate;white-space:pre-wrap}"
"td.number,th.number{text-align:right;white-space:nowrap}"
"td.key{color:var(--muted);white-space:nowrap}"
".phases{display:flex;gap:2px;height:14px;margin:2px 0 10px}"
".phases i{min-width:4px;flex-basis:0;border-radius:3px}"
".legend{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--muted);"
"font-size:12px;margin:0;padding:0;list-style:none}"
".legend b{color:var(--ink)}"
".legend i{display:inline-block;width:10px;height:10px;border-radius:3px;"
"margin-right:6px}"
"footer{color:var(--muted);font-size:12px;margin-top:24px}"
"@media(max-width:640px){.grid{grid-template-columns:1fr}"
"main{padding:24px 14px}section{overflow-x:auto}}"
"@media print{body{background:none}main{padding:0}"
"section,.tiles div{break-inside:avoid}}";

/* "before", the text or what says that there is none, "after" */
static void
put_text(HftBuffer *out, const char *before, const char *text,
		 const char *after)
{
	hft_buffer_puts(out, before);
	hft_markup_text(out, text);
	hft_buffer_puts(out, after);
}

static void
put_head(HftBuffer *out, const HftPage *page)
{
	hft_buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
					"<meta charset=\"utf-8\"/>"
					"<meta http-equiv=\"Content-Security-Policy\""
					" content=\"default-src 'none';"
					" style-src 'unsafe-inline'\"/>"
					"<meta name=\"viewport\""
					" content=\"width=device-width,initial-scale=1\"/>");
	put_text(out, "<title>", page->title, "</title><style>");
	hft_buffer_puts(out, style);
	put_text(out, "</style></head>\n<body><main><header><h1>", page->title,
			 "");
	put_text(out, " <span class=\"", page->state, "\">");
	put_text(out, "", page->state, "</span></h1>");
	put_text(out, "<p>", page->subtitle, "</p></header>\n");
	if (page->alert != NULL)
	{
		put_text(out, "<div class=\"alert\"><p>", page->alert, "</p>");
		if (page->advice != NULL)
			put_text(out, "<p>", page->advice, "</p>");
		hft_buffer_puts(out, "</div>\n");
	}
}

static void
put_tiles(HftBuffer *out, const HftPage *page)
{
	hft_buffer_puts(out, "<dl class=\"tiles\">");
	for (int i = 0; i < page->ntiles; i++)
	{
		const HftTile *tile = &page->tiles[i];

		put_text(out, "<div><dt>", tile->label, "</dt>");
		put_text(out, "<dd>", tile->value ? tile->value : "unknown", "</dd>");
		if (tile->note != NULL)
			put_text(out, "<dd>", tile->note, "</dd>");
		hft_buffer_puts(out, "</div>");
	}
	hft_buffer_puts(out, "</dl>\n");
}

static void
put_phases(HftBuffer *out, const HftPage *page)
{
	if (page->nphases == 0)
		return;
	hft_buffer_puts(out, "<section class=\"wide\"><h2>Timeline</h2>"
					"<div class=\"phases\">");
	for (int i = 0; i < page->nphases; i++)
		hft_buffer_printf(out, "<i style=\"flex-grow:%.3f;"
						  "background:var(--p%d)\"></i>",
						  page->phases[i].seconds,
						  page->phases[i].colour);
	hft_buffer_puts(out, "</div><ul class=\"legend\">");
	for (int i = 0; i < page->nphases; i++)
	{
		hft_buffer_printf(out, "<li><i style=\"background:var(--p%d)\">"
						  "</i>", page->phases[i].colour);
		put_text(out, "", page->phases[i].name, " <b>");
		put_text(out, "", page->phases[i].duration, "</b></li>");
	}
	hft_buffer_puts(out, "</ul></section>\n");
}

static void
put_cell(HftBuffer *out, const HftTable *table, int column,
		 const char *text)
{
	if (table->numeric[column])
		hft_buffer_puts(out, "<td class=\"number\">");
	else if (column == 0)
		hft_buffer_puts(out, "<td class=\"key\">");
	else
		hft_buffer_puts(out, "<td>");
	put_text(out, "", text, "</td>");
}

static void
put_table(HftBuffer *out, const HftTable *table)
{
	if (table->nrows == 0)
		return;
	put_text(out, table->wide ? "<section class=\"wide\"><h2>"
			 : "<section><h2>", table->title, "</h2><table><thead><tr>");
	for (int i = 0; i < table->ncolumns; i++)
		put_text(out, table->numeric[i] ? "<th class=\"number\">" : "<th>",
				 table->headers[i], "</th>");
	hft_buffer_puts(out, "</tr></thead><tbody>");
	for (size_t row = 0; row < table->nrows; row++)
	{
		hft_buffer_puts(out, "<tr>");
		for (int i = 0; i < table->ncolumns; i++)
			put_cell(out, table, i, table->cells[row * table->ncolumns + i]);
		hft_buffer_puts(out, "</tr>");
	}
	hft_buffer_puts(out, "</tbody></table></section>\n");
}

void
hft_page(HftBuffer *out, const HftPage *page)
{
	put_head(out, page);
	put_tiles(out, page);
	hft_buffer_puts(out, "<section class=\"chart\">");
	hft_loss_chart(out, page->chart);
	hft_buffer_puts(out, "</section>\n<div class=\"grid\">");
	put_phases(out, page);
	for (int i = 0; i < page->ntables; i++)
		put_table(out, &page->tables[i]);
	put_text(out, "</div><footer>", page->footer,
			 "</footer></main></body></html>\n");
}
