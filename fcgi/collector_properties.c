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

/* Letters and digits of name in lower case; as many as there is room for. */
static size_t plain_name(struct str name, char *room, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < max; i++) {
        char c = name.p[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            room[n++] = c;
        }
    }
    return n;
}

struct str collector_standard_name(struct str name)
{
    char room[ALIAS_MAX + 1]; /* one more than any alias */
    struct str plain = {.p = room, .n = plain_name(name, room, sizeof(room))};
    for (size_t i = 0; i < ALIASES; i++) {
        if (str_eq(plain, str_from(aliases[i].name))) {
            return str_from(aliases[i].standard);
        }
    }
    return name;
}

/* Compared like the aliases. What our script leaves out of forms (lb.js), and other trackers
 * and calls of the page may hand over. */
static const char *const secret_parts[] = {"password",   "passwd",     "passwort",
                                           "passphrase", "cardnumber", "creditcard",
                                           "ccnumber",   "iban",       "socialsecurity"};
static const char *const secret_names[] = {"pass", "pwd",  "pin", "cvc",   "cvc2",
                                           "cvv",  "cvv2", "ssn", "token", "secret",
                                           "csrf", "otp",  "cc",  "card",  "csrftoken"};

static bool is_secret_name(struct str name)
{
    char room[COLLECTOR_KEY_MAX];
    struct str plain = {.p = room, .n = plain_name(name, room, sizeof(room))};
    for (size_t i = 0; i < sizeof(secret_parts) / sizeof(*secret_parts); i++) {
        if (str_contains(plain, str_from(secret_parts[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(secret_names) / sizeof(*secret_names); i++) {
        if (str_eq(plain, str_from(secret_names[i]))) {
            return true;
        }
    }
    return false;
}

/* The number of a payment card: 13 to 19 digits with the right check digit (Luhn, ISO/IEC
 * 7812-1), spaces and hyphens between them. */
static bool is_card(struct str value)
{
    int digits = 0;
    int sum = 0;
    for (size_t i = value.n; i > 0; i--) {
        char c = value.p[i - 1];
        if (c >= '0' && c <= '9') {
            int v = (c - '0') * (1 + digits % 2);
            sum += v > 9 ? v - 9 : v;
            digits++;
        } else if (c != ' ' && c != '-') {
            return false;
        }
    }
    return digits >= 13 && digits <= 19 && sum % 10 == 0;
}

static bool is_whole_name(struct str name)
{
    return str_eq_ci(name, STR("name")) || str_eq_ci(name, STR("fullname")) ||
           str_eq_ci(name, STR("full_name")) || str_eq_ci(name, STR("your-name")) ||
           str_eq_ci(name, STR("your name"));
}

/* ---- one object in the making ---- */

void collector_properties_start(struct collector_properties *writer, struct ctx *ctx,
                                enum event_type type)
{
    *writer = (struct collector_properties){.ctx = ctx, .type = type};
    sb_init(&writer->sb, ctx->arena, TEXT_MAX);
}

static bool tells_who(const struct collector_properties *writer)
{
    return writer->type == EVENT_FORM || writer->type == EVENT_LOGIN;
}

/* Writes the name of the next member; false when there may be no more of them. */
static bool write_name(struct collector_properties *writer, struct str name)
{
    name = collector_text(writer->ctx->arena, name, COLLECTOR_KEY_MAX);
    if (writer->n == COLLECTOR_PROPERTIES_MAX || name.n == 0) {
        return false;
    }
    if (tells_who(writer)) {
        if (is_secret_name(name)) {
            return false;
        }
        name = collector_standard_name(name);
        writer->has_name =
            writer->has_name || str_eq(name, STR("firstName")) || str_eq(name, STR("lastName"));
    }
    sb_char(&writer->sb, writer->n++ == 0 ? '{' : ',');
    collector_quote(&writer->sb, name);
    sb_char(&writer->sb, ':');
    return true;
}

static void write_text(struct collector_properties *writer, struct str text)
{
    collector_quote(&writer->sb, collector_text(writer->ctx->arena, text, COLLECTOR_VALUE_MAX));
}

void collector_properties_text(struct collector_properties *writer, struct str name,
                               struct str value)
{
    bool who = tells_who(writer);
    if (value.n == 0 || (who && is_card(value)) || !write_name(writer, name)) {
        return;
    }
    write_text(writer, value);
    if (who && is_whole_name(name)) {
        writer->whole_name = collector_text(writer->ctx->arena, value, COLLECTOR_KEY_MAX);
    }
}

/* "Ann van Dyke": the first word, and the rest. */
static void write_names(struct collector_properties *writer)
{
    struct str whole = writer->whole_name;
    size_t space = str_find(whole, ' ');
    writer->whole_name = (struct str){.p = NULL};
    if (whole.n == 0 || writer->has_name) {
        return;
    }
    collector_properties_text(writer, STR("firstName"), str_slice(whole, 0, space));
    collector_properties_text(writer, STR("lastName"),
                              str_trim(str_slice(whole, space, whole.n)));
}

struct str collector_properties_end(struct collector_properties *writer)
{
    struct str text;
    write_names(writer);
    if (writer->n == 0) {
        return (struct str){.p = NULL};
    }
    sb_char(&writer->sb, '}');
    /* Too long as a whole: stored without, rather than broken. */
    return sb_done(&writer->sb, &text) == ERR_NONE ? text : (struct str){.p = NULL};
}

void collector_properties_raw(struct collector_properties *writer, struct str name,
                              struct str json)
{
    if (json.n > 0 && write_name(writer, name)) {
        sb_str(&writer->sb, json);
    }
}

static void write_value(struct collector_properties *writer, const struct json *value,
                        int depth);

static void write_nested(struct collector_properties *writer, const struct json *value,
                         int depth)
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

static void write_value(struct collector_properties *writer, const struct json *value,
                        int depth)
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
static void write_exit(struct collector_properties *writer, const struct json *value)
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

void collector_properties_json(struct collector_properties *writer, struct str name,
                               const struct json *value)
{
    enum json_kind kind = json_kind(value);
    if (kind == JSON_TEXT) {
        collector_properties_text(writer, name, json_text(value));
    } else if (kind != JSON_NONE && write_name(writer, name)) {
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
    struct collector_properties writer;
    collector_properties_start(&writer, ctx, type);
    for (; at != NULL; at = json_next(at)) {
        if (type == EVENT_EXIT) {
            write_exit(&writer, at);
        } else {
            collector_properties_json(&writer, json_key(at), at);
        }
    }
    return collector_properties_end(&writer);
}

struct str collector_properties_of(struct ctx *ctx, enum event_type type,
                                   const struct request_pair *pairs, size_t n)
{
    struct collector_properties writer;
    collector_properties_start(&writer, ctx, type);
    for (size_t i = 0; i < n; i++) {
        collector_properties_text(&writer, pairs[i].name, pairs[i].value);
    }
    return collector_properties_end(&writer);
}
