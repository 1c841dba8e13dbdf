#include "shared/slack.h"

#include "shared/json.h"

#define DATA_MAX 20000
#define TEXT_MAX 2900 /* a block takes 3000 characters */
#define NAME_MAX 150
#define BODY_MAX 20000

struct message {
    struct ctx *ctx;
    const struct json *data;
    struct str origin;
    struct sb text;
};

/* & < > as Slack asks; * _ ~ ` are kept from pairing by a word joiner before them. */
static void add_name(struct message *message, struct str name)
{
    struct str cut = str_cut(name, NAME_MAX);
    for (size_t i = 0; i < cut.n; i++) {
        char c = cut.p[i];
        if (c == '&') {
            SB_LIT(&message->text, "&amp;");
        } else if (c == '<') {
            SB_LIT(&message->text, "&lt;");
        } else if (c == '>') {
            SB_LIT(&message->text, "&gt;");
        } else if ((unsigned char)c < ' ' || c == '|') {
            sb_char(&message->text, ' ');
        } else if (c == '*' || c == '_' || c == '~' || c == '`') {
            SB_LIT(&message->text, "\u2060");
            sb_char(&message->text, c);
        } else {
            sb_char(&message->text, c);
        }
    }
    sb_bytes(&message->text, "…", cut.n < name.n ? sizeof("…") - 1 : 0);
}

static struct str text_at(const struct json *object, const char *name, const char *member)
{
    return json_text(json_get(json_get(object, name), member));
}

/* The card's name, as a link where that is possible. Ids are digits, whatever the data says. */
static void add_card(struct message *message)
{
    int64_t board, card;
    struct str title = text_at(message->data, "card", "title");
    bool linked = !str_is_empty(message->origin) &&
                  json_id(json_get(json_get(message->data, "board"), "id"), &board) &&
                  json_id(json_get(json_get(message->data, "card"), "id"), &card);
    if (linked) {
        sb_printf(&message->text, "<%.*s/boards/%lld/cards/%lld|", STR_ARG(message->origin),
                  (long long)board, (long long)card);
    } else {
        sb_char(&message->text, '*');
    }
    add_name(message, str_is_empty(title) ? STR("A card") : title);
    sb_char(&message->text, linked ? '>' : '*');
}

static void add_named(struct message *message, const char *before, struct str name,
                      struct str unknown)
{
    sb_str(&message->text, str_from(before));
    add_name(message, str_is_empty(name) ? unknown : name);
}

static void add_board(struct message *message)
{
    struct str board = text_at(message->data, "board", "name");
    if (!str_is_empty(board)) {
        add_named(message, " on ", board, STR(""));
    }
}

static void add_actor(struct message *message)
{
    struct str kind = text_at(message->data, "actor", "kind");
    struct str name = text_at(message->data, "actor", "name");
    if (!str_is_empty(name)) {
        add_named(message, " by ", name, STR(""));
    } else if (str_eq(kind, STR("automation"))) {
        SB_LIT(&message->text, " by an automation");
    } else if (str_eq(kind, STR("import"))) {
        SB_LIT(&message->text, " by the import");
    }
}

static void add_owner(struct message *message)
{
    struct str to = text_at(message->data, "to_owner", "name");
    if (str_is_empty(to)) {
        SB_LIT(&message->text, " has no owner any more");
    } else {
        add_named(message, " belongs to ", to, STR(""));
        SB_LIT(&message->text, " now");
    }
}

static void say(struct message *message, struct str type)
{
    struct str to = text_at(message->data, "to_stage", "name");
    struct str from = text_at(message->data, "from_stage", "name");
    struct str tag = json_text(json_get(message->data, "tag"));
    if (str_eq(type, STR("card.moved"))) {
        add_named(message, " moved from ", from, STR("a deleted stage"));
        add_named(message, " to ", to, STR("a deleted stage"));
    } else if (str_ends(type, STR(".entered_stage"))) {
        add_named(message, " came into ", to, STR("a deleted stage"));
    } else if (str_eq(type, STR("card.created"))) {
        add_named(message, " was added to ", to, STR("a deleted stage"));
    } else if (str_eq(type, STR("card.owner_changed"))) {
        add_owner(message);
    } else if (str_eq(type, STR("card.tagged"))) {
        add_named(message, " was tagged ", tag, STR("with a tag"));
    } else if (str_eq(type, STR("card.untagged"))) {
        add_named(message, " is not tagged ", tag, STR("any more"));
    } else if (str_eq(type, STR("card.removed"))) {
        SB_LIT(&message->text, " was removed");
    } else if (str_eq(type, STR("card.restored"))) {
        SB_LIT(&message->text, " was put back");
    } else {
        add_named(message, ": ", type, STR(""));
    }
}

/* What a salesperson looks for first: "Publishing · 120 employees · score 81". */
static void add_facts(struct message *message)
{
    const struct json *account = json_get(message->data, "account");
    struct str domain = json_text(json_get(account, "domain"));
    struct str industry = json_text(json_get(account, "industry"));
    int64_t employees, score;
    bool any = false;
    sb_char(&message->text, '\n');
    if (!str_is_empty(domain)) {
        add_name(message, domain);
        any = true;
    }
    if (!str_is_empty(industry)) {
        add_named(message, any ? " · " : "", industry, STR(""));
        any = true;
    }
    if (json_i64(json_get(account, "employees"), &employees)) {
        sb_printf(&message->text, "%s%lld employees", any ? " · " : "", (long long)employees);
        any = true;
    }
    if (json_i64(json_get(json_get(message->data, "card"), "score"), &score)) {
        sb_printf(&message->text, "%sscore %lld", any ? " · " : "", (long long)score);
    }
}

/* What somebody of the team wrote, filled in with names of others: line by line, as plain as
 * they are. */
static void add_written(struct message *message, struct str text)
{
    struct str line;
    for (bool first = true; str_next(&text, '\n', &line); first = false) {
        sb_str(&message->text, first ? STR("") : STR("\n"));
        while (line.n > 0) {
            struct str part = str_cut(line, NAME_MAX);
            add_name(message, part);
            line = str_slice(line, part.n, line.n);
        }
    }
}

static enum err write_body(struct message *message, struct str *out_body)
{
    struct str text;
    struct sb sb;
    TRY(sb_done(&message->text, &text));
    text = str_trim(text);
    sb_init(&sb, message->ctx->arena, BODY_MAX);
    SB_LIT(&sb, "{\"text\":");
    json_write_str(&sb, str_slice(text, 0, str_find(text, '\n')));
    SB_LIT(&sb, ",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":");
    json_write_str(&sb, text);
    SB_LIT(&sb, "}}]}");
    return sb_done(&sb, out_body);
}

enum err slack_message(struct ctx *ctx, struct str type, struct str data, struct str origin,
                       struct str *out_body)
{
    struct message message = {.ctx = ctx, .origin = origin};
    sb_init(&message.text, ctx->arena, TEXT_MAX);
    TRY(json_parse(ctx, data, DATA_MAX, &message.data));
    bool has_card = json_kind(json_get(message.data, "card")) == JSON_OBJECT;
    struct str text = json_text(json_get(message.data, "text"));
    if (str_eq(type, STR("automation.ran")) && !str_is_empty(text)) {
        add_written(&message, text);
        if (has_card) {
            sb_char(&message.text, '\n');
            add_card(&message);
            add_facts(&message);
        }
        return write_body(&message, out_body);
    }
    if (!has_card) {
        add_name(&message, str_is_empty(text) ? type : text);
        return write_body(&message, out_body);
    }
    add_card(&message);
    say(&message, type);
    add_board(&message);
    add_actor(&message);
    add_facts(&message);
    return write_body(&message, out_body);
}
