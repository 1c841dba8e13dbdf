#include "worker/letter.h"

#include "shared/html.h"

#define TEXT_MAX ((size_t)180000)
#define HTML_MAX ((size_t)380000)

/* Mail programs know no style sheets but these attributes. */
#define BODY_STYLE                                                                             \
    "font:15px/1.5 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;color:#1b2430;"    \
    "background:#ffffff;margin:0;padding:24px"
#define BUTTON_STYLE                                                                           \
    "display:inline-block;padding:10px 16px;border-radius:8px;background:#2457c5;"             \
    "color:#ffffff;text-decoration:none;font-weight:600"

void letter_open(struct letter *letter, struct arena *arena, struct str title)
{
    *letter = (struct letter){.arena = arena};
    sb_init(&letter->text, arena, TEXT_MAX);
    sb_init(&letter->html, arena, HTML_MAX);
    SB_LIT(&letter->html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<title>");
    html_text(&letter->html, title);
    SB_LIT(&letter->html, "</title></head>\n<body style=\"" BODY_STYLE
                          "\">\n<div style=\"max-width:560px\">\n");
}

static void end_list(struct letter *letter)
{
    if (letter->in_list) {
        SB_LIT(&letter->html, "</ul>\n");
        sb_char(&letter->text, '\n');
        letter->in_list = false;
    }
}

void letter_paragraph(struct letter *letter, struct str text)
{
    end_list(letter);
    sb_str(&letter->text, text);
    SB_LIT(&letter->text, "\n\n");
    SB_LIT(&letter->html, "<p>");
    html_text(&letter->html, text);
    SB_LIT(&letter->html, "</p>\n");
}

static void link_to(struct sb *html, struct str text, struct str url)
{
    SB_LIT(html, "<a href=\"");
    html_url(html, url);
    SB_LIT(html, "\" style=\"color:#2457c5\">");
    html_text(html, text);
    SB_LIT(html, "</a>");
}

void letter_item(struct letter *letter, struct str text, struct str url)
{
    if (!letter->in_list) {
        SB_LIT(&letter->html, "<ul style=\"padding-left:20px\">\n");
        letter->in_list = true;
    }
    SB_LIT(&letter->text, "- ");
    sb_str(&letter->text, text);
    sb_char(&letter->text, '\n');
    SB_LIT(&letter->html, "<li style=\"margin:6px 0\">");
    if (str_is_empty(url)) {
        html_text(&letter->html, text);
    } else {
        sb_printf(&letter->text, "  %.*s\n", STR_ARG(url));
        link_to(&letter->html, text, url);
    }
    SB_LIT(&letter->html, "</li>\n");
}

void letter_button(struct letter *letter, struct str label, struct str url)
{
    end_list(letter);
    if (str_is_empty(url)) {
        return;
    }
    sb_printf(&letter->text, "%.*s: %.*s\n\n", STR_ARG(label), STR_ARG(url));
    SB_LIT(&letter->html, "<p style=\"margin:20px 0\"><a href=\"");
    html_url(&letter->html, url);
    SB_LIT(&letter->html, "\" style=\"" BUTTON_STYLE "\">");
    html_text(&letter->html, label);
    SB_LIT(&letter->html, "</a></p>\n");
}

void letter_close(struct letter *letter, struct str foot, struct str *out_text,
                  struct str *out_html)
{
    end_list(letter);
    SB_LIT(&letter->text, "-- \n");
    sb_str(&letter->text, foot);
    sb_char(&letter->text, '\n');
    SB_LIT(&letter->html, "<p style=\"margin-top:24px;color:#5b6776;font-size:13px\">");
    html_text(&letter->html, foot);
    SB_LIT(&letter->html, "</p>\n</div></body></html>\n");
    *out_text = sb_view(&letter->text);
    *out_html = letter->html.overflow ? (struct str){.p = NULL} : sb_view(&letter->html);
}
