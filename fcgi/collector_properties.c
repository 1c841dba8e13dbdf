#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"

#define NESTED_MAX 64                 /* elements or members of what stands below a property */
#define TEXT_MAX ((size_t)160 * 1024) /* more than the members of one level can have */
#define SECONDS_MAX 86400.0

/* Compared in lower case and without what is neither letter nor digit. */
static const struct {
    const char *name, *standard;
} aliases[] = {
    {"email", "email"},
    {"emailaddress", "email"},
    {"mail", "email"},
    {"youremail", "email"},
    {"workemail", "email"},
    {"businessemail", "email"},
    {"firstname", "firstName"},
    {"fname", "firstName"},
    {"givenname", "firstName"},
    {"forename", "firstName"},
    {"yourfirstname", "firstName"},
    {"lastname", "lastName"},
    {"lname", "lastName"},
    {"familyname", "lastName"},
    {"surname", "lastName"},
    {"yourlastname", "lastName"},
    {"company", "company"},
    {"companyname", "company"},
    {"organization", "company"},
    {"organisation", "company"},
    {"yourcompany", "company"},
    {"phone", "phone"},
    {"phonenumber", "phone"},
    {"tel", "phone"},
    {"telephone", "phone"},
    {"mobile", "phone"},
    {"mobilephone", "phone"},
    {"jobtitle", "jobTitle"},
    {"position", "jobTitle"},
};
#define ALIASES (sizeof(aliases) / sizeof(*aliases))
#define ALIAS_MAX 15

static struct str standard_name(struct str name)
{
    char plain[ALIAS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (n == ALIAS_MAX) {
                return name;
            }
            plain[n++] = c;
        }
    }
    struct str looked_for = {.p = plain, .n = n};
    for (size_t i = 0; i < ALIASES; i++) {
        if (str_eq(looked_for, str_from(aliases[i].name))) {
            return str_from(aliases[i].standard);
        }
    }
    return name;
}

/* One object in the making. */
struct writer {
    struct ctx *ctx;
    enum event_type type;
    struct sb sb;
    size_t n;
};

static void start(struct writer *writer, struct ctx *ctx, enum event_type type)
{
    *writer = (struct writer){.ctx = ctx, .type = type};
    sb_init(&writer->sb, ctx->arena, TEXT_MAX);
}

/* Writes the name of the next member; false when there may be no more of them. */
static bool write_name(struct writer *writer, struct str name)
{
    name = collector_text(writer->ctx->arena, name, COLLECTOR_KEY_MAX);
    if (writer->n == COLLECTOR_PROPERTIES_MAX || name.n == 0) {
        return false;
    }
    if (writer->type == EVENT_FORM || writer->type == EVENT_LOGIN) {
        name = standard_name(name);
    }
    sb_char(&writer->sb, writer->n++ == 0 ? '{' : ',');
    collector_quote(&writer->sb, name);
    sb_char(&writer->sb, ':');
    return true;
}

static struct str finish(struct writer *writer)
{
    struct str text;
    if (writer->n == 0) {
        return (struct str){.p = NULL};
    }
    sb_char(&writer->sb, '}');
    /* Too long as a whole: stored without, rather than broken. */
    return sb_done(&writer->sb, &text) == ERR_NONE ? text : (struct str){.p = NULL};
}

static void write_text(struct writer *writer, struct str text)
{
    collector_quote(&writer->sb, collector_text(writer->ctx->arena, text, COLLECTOR_VALUE_MAX));
}

static void write_value(struct writer *writer, const struct json *value, int depth);

static void write_nested(struct writer *writer, const struct json *value, int depth)
{
    bool object = json_kind(value) == JSON_OBJECT;
    size_t n = 0;
    sb_char(&writer->sb, object ? '{' : '[');
    for (const struct json *at = json_first(value); at != NULL && n < NESTED_MAX;
         at = json_next(at)) {
        sb_bytes(&writer->sb, ",", n++ == 0 ? 0 : 1);
        if (object) {
            collector_quote(&writer->sb, collector_text(writer->ctx->arena, json_key(at),
                                                        COLLECTOR_KEY_MAX));
            sb_char(&writer->sb, ':');
        }
        write_value(writer, at, depth + 1);
    }
    sb_char(&writer->sb, object ? '}' : ']');
}

static void write_value(struct writer *writer, const struct json *value, int depth)
{
    double number = 0;
    switch (json_kind(value)) {
    case JSON_TEXT:
        write_text(writer, json_text(value));
        return;
    case JSON_NUMBER:
        if (json_double(value, &number)) {
            json_write_double(&writer->sb, number);
            return;
        }
        break;
    case JSON_BOOL:
        json_write(&writer->sb, value);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (depth < COLLECTOR_DEPTH_MAX) {
            write_nested(writer, value, depth);
            return;
        }
        break;
    case JSON_NULL:
    case JSON_NONE:
        break;
    }
    SB_LIT(&writer->sb, "null");
}

/* What an exit says is shown as a link and added up, so it has to be one. */
static void write_exit(struct writer *writer, const struct json *value)
{
    struct str name = json_key(value);
    double seconds = 0;
    if (str_eq(name, STR("link"))) {
        struct collector_url link;
        collector_url(writer->ctx->arena, json_text(value), &link);
        if (!str_is_null(link.url) && write_name(writer, name)) {
            collector_quote(&writer->sb, link.url);
        }
    } else if (str_eq(name, STR("seconds"))) {
        if (json_double(value, &seconds) && write_name(writer, name)) {
            seconds = seconds < 0 ? 0 : seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
            sb_i64(&writer->sb, (int64_t)seconds);
        }
    } else if (write_name(writer, name)) {
        write_value(writer, value, 1);
    }
}

struct str collector_properties(struct ctx *ctx, enum event_type type,
                                const struct json *properties)
{
    const struct json *at = json_first(properties);
    if (at == NULL) {
        return (struct str){.p = NULL};
    }
    struct writer writer;
    start(&writer, ctx, type);
    for (; at != NULL; at = json_next(at)) {
        if (type == EVENT_EXIT) {
            write_exit(&writer, at);
        } else if (write_name(&writer, json_key(at))) {
            write_value(&writer, at, 1);
        }
    }
    return finish(&writer);
}

struct str collector_properties_of(struct ctx *ctx, enum event_type type,
                                   const struct request_pair *pairs, size_t n)
{
    struct writer writer;
    start(&writer, ctx, type);
    for (size_t i = 0; i < n; i++) {
        if (write_name(&writer, pairs[i].name)) {
            write_text(&writer, pairs[i].value);
        }
    }
    return finish(&writer);
}
