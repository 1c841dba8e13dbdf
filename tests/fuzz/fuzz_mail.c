/* Header fields of a mail, and a Slack message, from names of any kind: no line ends early,
 * none is long, and no name becomes a link or a command. */
#include "shared/json.h"
#include "shared/slack.h"
#include "worker/mailhead.h"

#include <stdint.h>

static void check_line(struct str line)
{
    size_t length = 0;
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        if (c == '\r') {
            /* Only to fold: CR LF and a space. */
            if (i + 2 >= line.n || line.p[i + 1] != '\n' || line.p[i + 2] != ' ') {
                abort();
            }
            i++;
            length = 0;
        } else if (c < ' ' || c >= 0x7f) {
            abort();
        } else if (++length > 998) {
            abort();
        }
    }
}

static void check_slack(struct ctx *ctx, struct str name)
{
    struct sb data;
    struct str body;
    sb_init(&data, ctx->arena, 40000);
    SB_LIT(&data, "{\"card\":{\"id\":\"1\",\"title\":");
    json_write_str(&data, name);
    SB_LIT(&data, "},\"board\":{\"id\":\"2\",\"name\":");
    json_write_str(&data, name);
    SB_LIT(&data, "},\"to_stage\":{\"name\":");
    json_write_str(&data, name);
    SB_LIT(&data, "}}");
    if (data.overflow || slack_message(ctx, STR("card.created"), sb_view(&data),
                                       STR("https://o"), &body) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    const struct json *json;
    if (json_parse(ctx, body, 40000, &json) != ERR_NONE) {
        abort();
    }
    const struct json *block = json_first(json_get(json, "blocks"));
    struct str text = json_text(json_get(json_get(block, "text"), "text"));
    size_t opened = 0;
    for (size_t i = 0; i < text.n; i++) {
        opened += text.p[i] == '<' ? 1 : 0;
    }
    if (opened != 1 || !str_starts(text, STR("<https://o/boards/2/cards/1|"))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)4 << 20)};
    struct str text = {.p = (const char *)data, .n = size > 2000 ? 2000 : size}, line;
    check_line(mailhead_text(ctx.arena, "Subject", text));
    if (mailhead_address(&ctx, "To", text, STR("a@b.c"), &line) != ERR_NONE) {
        abort();
    }
    check_line(line);
    if (mailhead_is_address(text)) {
        if (mailhead_address(&ctx, "To", STR(""), text, &line) != ERR_NONE) {
            abort();
        }
        check_line(line);
    }
    if (str_is_utf8(text) && str_find(text, '\0') == text.n) {
        check_slack(&ctx, text);
    }
    arena_free(ctx.arena);
    return 0;
}
