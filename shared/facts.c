#include "shared/facts.h"

#include "gen/sql.h"
#include "shared/domain.h"
#include "shared/ideal.h"
#include "shared/sb.h"
#include "shared/score.h"
#include "shared/segment.h"
#include "shared/url.h"

#define ENTRY_MAX 500

static const struct fact_field fields[] = {
    {STR_INIT("name"), "Name", FACT_TEXT, 0, 200},
    {STR_INIT("description"), "Description", FACT_LINES, 0, 4000},
    {STR_INIT("industry"), "Industry", FACT_TEXT, 0, 200},
    {STR_INIT("employees"), "Employees", FACT_NUMBER, 1, 50000000},
    {STR_INIT("revenue"), "Revenue", FACT_TEXT, 0, 100},
    {STR_INIT("founded"), "Founded", FACT_NUMBER, 1000, 2100},
    {STR_INIT("legal_type"), "Legal type", FACT_TEXT, 0, 100},
    {STR_INIT("website"), "Website", FACT_LINK, 0, 0},
    {STR_INIT("phone"), "Phone", FACT_PHONE, 0, 60},
    {STR_INIT("emails"), "Emails", FACT_EMAILS, 0, 20},
    {STR_INIT("address"), "Address", FACT_LINES, 0, 500},
    {STR_INIT("city"), "City", FACT_TEXT, 0, 100},
    {STR_INIT("region"), "Region", FACT_TEXT, 0, 100},
    {STR_INIT("country"), "Country", FACT_TEXT, 0, 100},
    {STR_INIT("linkedin"), "LinkedIn", FACT_LINK, 0, 0},
    {STR_INIT("social"), "Social links", FACT_LINKS, 0, 20},
    {STR_INIT("technologies"), "Technologies", FACT_WORDS, 0, 100},
    {STR_INIT("registered"), "Domain since", FACT_TEXT, 0, 20},
    {STR_INIT("registrar"), "Registrar", FACT_TEXT, 0, 200},
};

const struct fact_field *facts_fields(size_t *out_n)
{
    *out_n = sizeof(fields) / sizeof(fields[0]);
    return fields;
}

const struct fact_field *facts_field(struct str name)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (str_eq(fields[i].name, name)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* ---- what was typed ---- */

static enum err read_text(struct ctx *ctx, const struct fact_field *field, struct str text,
                          struct str *out_value)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == 0x7f || (c < ' ' && (c != '\n' || field->kind != FACT_LINES))) {
            return ctx_fail(ctx, ERR_INVALID, "%s has to be on one line, without control %s",
                            field->label, "characters.");
        }
    }
    if (str_utf8_length(text) > (size_t)field->max) {
        return ctx_fail(ctx, ERR_INVALID, "%s can have at most %d characters.", field->label,
                        (int)field->max);
    }
    *out_value = text;
    return ERR_NONE;
}

/* "1,200", "1.200", "1 200" and "1'200" are ways to write 1200. */
static enum err read_number(struct ctx *ctx, const struct fact_field *field, struct str text,
                            struct str *out_value)
{
    struct sb digits;
    int64_t number;
    sb_init(&digits, ctx->arena, 20);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= '0' && text.p[i] <= '9') {
            sb_char(&digits, text.p[i]);
        } else if (memchr(",.' ", text.p[i], 4) == NULL || text.n - i <= 3) {
            return ctx_fail(ctx, ERR_INVALID, "%s is a whole number, like 250.", field->label);
        }
    }
    if (!str_to_i64(sb_view(&digits), &number) || number < field->min || number > field->max) {
        return ctx_fail(ctx, ERR_INVALID, "%s is a whole number from %d to %d.", field->label,
                        (int)field->min, (int)field->max);
    }
    *out_value = arena_print(ctx->arena, "%lld", (long long)number);
    return ERR_NONE;
}

static enum err read_phone(struct ctx *ctx, const struct fact_field *field, struct str text,
                           struct str *out_value)
{
    int digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        digits += digit;
        if (!digit && memchr("+()-./ xet", text.p[i], 10) == NULL) {
            digits = -1000;
        }
    }
    if (digits < 3 || text.n > (size_t)field->max) {
        return ctx_fail(ctx, ERR_INVALID, "This is not a telephone number. Write it like %s",
                        "+31 20 123 4567.");
    }
    *out_value = text;
    return ERR_NONE;
}

static enum err read_link(struct ctx *ctx, struct str text, struct str *out_value)
{
    bool schemed = str_starts(text, STR("http://")) || str_starts(text, STR("https://"));
    struct str link = schemed ? text : arena_print(ctx->arena, "https://%.*s", STR_ARG(text));
    struct str domain;
    struct url url;
    bool good = link.n <= 2000;
    for (size_t i = 0; i < link.n; i++) {
        unsigned char c = (unsigned char)link.p[i];
        good = good && c > ' ' && c != 0x7f && memchr("\"<>\\^`{|}", (int)c, 9) == NULL;
    }
    if (!good || !url_parse(ctx->arena, link, &url) ||
        !domain_normal(ctx->arena, url.host, &domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "\"%.*s\" is not a web address. Write it like https://acme.example/.",
                        STR_ARG(str_cut(text, 80)));
    }
    *out_value = link;
    return ERR_NONE;
}

static enum err read_entry(struct ctx *ctx, const struct fact_field *field, struct str text,
                           struct str *out_value)
{
    struct email email;
    if (field->kind == FACT_LINKS) {
        return read_link(ctx, text, out_value);
    }
    if (field->kind == FACT_EMAILS) {
        if (!email_parse(ctx->arena, text, &email)) {
            return ctx_fail(ctx, ERR_INVALID, "\"%.*s\" is not an email address.",
                            STR_ARG(str_cut(text, 80)));
        }
        *out_value = email.address;
        return ERR_NONE;
    }
    const struct fact_field word = {.label = field->label, .kind = FACT_TEXT, .max = 100};
    return read_text(ctx, &word, text, out_value);
}

static bool has(const struct str *list, size_t n, struct str entry)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq_ci(list[i], entry)) {
            return true;
        }
    }
    return false;
}

/* One a line, or between commas. */
static enum err read_list(struct ctx *ctx, const struct fact_field *field, struct str text,
                          struct str *out_value)
{
    struct str *list = ARENA_ARRAY(ctx->arena, (size_t)field->max, struct str);
    struct str line, piece;
    struct sb sb;
    size_t n = 0;
    sb_init(&sb, ctx->arena, FACT_VALUE_MAX);
    while (str_next(&text, '\n', &line)) {
        while (str_next(&line, ',', &piece)) {
            struct str entry = str_trim(piece);
            if (str_is_empty(entry)) {
                continue;
            }
            TRY(read_entry(ctx, field, entry, &entry));
            if (has(list, n, entry)) {
                continue;
            }
            if (n == (size_t)field->max) {
                return ctx_fail(ctx, ERR_INVALID, "%s can have at most %d entries.",
                                field->label, (int)field->max);
            }
            list[n] = entry;
            sb_printf(&sb, "%s%.*s", n == 0 ? "" : "\n", STR_ARG(entry));
            n++;
        }
    }
    if (sb.overflow) {
        return ctx_fail(ctx, ERR_INVALID, "%s can have at most %d characters in all.",
                        field->label, FACT_VALUE_MAX);
    }
    *out_value = sb_view(&sb);
    return ERR_NONE;
}

static enum err read_by_kind(struct ctx *ctx, const struct fact_field *field, struct str text,
                             struct str *out_value)
{
    switch (field->kind) {
    case FACT_NUMBER:
        return read_number(ctx, field, text, out_value);
    case FACT_PHONE:
        return read_phone(ctx, field, text, out_value);
    case FACT_LINK:
        return read_link(ctx, text, out_value);
    case FACT_EMAILS:
    case FACT_LINKS:
    case FACT_WORDS:
        return read_list(ctx, field, text, out_value);
    case FACT_TEXT:
    case FACT_LINES:
    default:
        return read_text(ctx, field, text, out_value);
    }
}

enum err facts_read(struct ctx *ctx, const struct fact_field *field, struct str text,
                    struct str *out_value)
{
    struct str value;
    if (text.n > FACT_VALUE_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "%s can have at most %d characters.", field->label,
                        FACT_VALUE_MAX);
    }
    TRY(read_by_kind(ctx, field, str_trim(text), &value));
    if (str_is_empty(value)) {
        return ctx_fail(ctx, ERR_INVALID, "%s is empty.", field->label);
    }
    *out_value = value;
    return ERR_NONE;
}

/* ---- storing ---- */

/* The name of a company without a domain is how its leads find it: there is one of each. */
static enum err check_name(struct db *db, const struct facts_put *put)
{
    for (size_t i = 0; i < put->n; i++) {
        struct sql_facts_name_taken taken;
        if (!str_eq(put->fields[i], STR("name"))) {
            continue;
        }
        TRY(sql_facts_name_taken(db,
                                 &(struct sql_facts_name_taken_in){.dataset = put->dataset,
                                                                   .account = put->account,
                                                                   .name = put->values[i]},
                                 &taken));
        if (taken.found) {
            return ctx_fail(
                db_ctx(db), ERR_CONFLICT,
                "Another company without a domain has this name. Merge them if they "
                "are the same.");
        }
    }
    return ERR_NONE;
}

/* All fields that an account has, the logo too. */
static struct sql_strs all_fields(struct db *db)
{
    size_t n = sizeof(fields) / sizeof(fields[0]);
    struct str *names = ARENA_ARRAY(db_ctx(db)->arena, n + 1, struct str);
    for (size_t i = 0; i < n; i++) {
        names[i] = fields[i].name;
    }
    names[n] = STR("logo");
    return (struct sql_strs){.v = names, .n = n + 1};
}

struct change {
    struct db *db;
    int64_t dataset, account, merged_into; /* 0: it is shown itself */
    struct sql_strs names;
};

static enum err begin(struct change *change)
{
    struct sql_facts_lock locked;
    TRY(sql_facts_lock(
        change->db,
        &(struct sql_facts_lock_in){.dataset = change->dataset, .account = change->account},
        &locked));
    change->merged_into = locked.merged_into_null ? 0 : locked.merged_into;
    TRY(sql_facts_keep(change->db,
                       &(struct sql_facts_keep_in){.dataset = change->dataset,
                                                   .account = change->account,
                                                   .fields = change->names},
                       NULL));
    return sql_facts_form(change->db,
                          &(struct sql_facts_form_in){.dataset = change->dataset,
                                                      .account = change->account,
                                                      .fields = change->names},
                          NULL);
}

static enum err settle_one(struct change *change, int64_t account)
{
    TRY(sql_facts_settle(change->db,
                         &(struct sql_facts_settle_in){.dataset = change->dataset,
                                                       .account = account,
                                                       .fields = change->names},
                         NULL));
    const struct sql_i64s accounts = {&account, 1};
    TRY(segment_touch(change->db, &(struct segment_touch){.dataset = change->dataset,
                                                          .on = FILTER_ON_ACCOUNT,
                                                          .accounts = accounts}));
    TRY(ideal_changed(change->db, change->dataset, accounts));
    return score_accounts_changed(change->db, change->dataset, accounts);
}

/* Its own, and that of the company it was merged into, whose gaps it fills. */
static enum err settle(struct change *change)
{
    TRY(settle_one(change, change->account));
    if (change->merged_into == 0) {
        return ERR_NONE;
    }
    struct change head = {.db = change->db,
                          .dataset = change->dataset,
                          .account = change->merged_into,
                          .names = change->names};
    TRY(begin(&head));
    return settle_one(&head, head.account);
}

enum err facts_put(struct db *db, const struct facts_put *put)
{
    struct change change = {.db = db,
                            .dataset = put->dataset,
                            .account = put->account,
                            .names = {.v = put->fields, .n = put->n}};
    TRY(begin(&change));
    TRY(check_name(db, put));
    TRY(sql_facts_put(db,
                      &(struct sql_facts_put_in){.dataset = put->dataset,
                                                 .account = put->account,
                                                 .source = put->source,
                                                 .user = put->user,
                                                 .user_null = put->user == 0,
                                                 .fields = change.names,
                                                 .values = {.v = put->values, .n = put->n}},
                      NULL));
    return settle(&change);
}

enum err facts_take(struct db *db, int64_t dataset, int64_t account, struct str domain,
                    const struct str *sources, size_t n)
{
    struct change change = {
        .db = db, .dataset = dataset, .account = account, .names = all_fields(db)};
    TRY(begin(&change));
    TRY(sql_facts_take(db,
                       &(struct sql_facts_take_in){.dataset = dataset,
                                                   .account = account,
                                                   .domain = domain,
                                                   .sources = {.v = sources, .n = n}},
                       NULL));
    return settle(&change);
}

enum err facts_settle(struct db *db, int64_t dataset, int64_t account)
{
    struct change change = {
        .db = db, .dataset = dataset, .account = account, .names = all_fields(db)};
    TRY(begin(&change));
    return settle(&change);
}

/* All fields but the name, which is the first. */
static struct change all_but_name(struct db *db, int64_t dataset, int64_t account)
{
    struct change change = {
        .db = db, .dataset = dataset, .account = account, .names = all_fields(db)};
    change.names.v++;
    change.names.n--;
    return change;
}

enum err facts_know(struct db *db, int64_t dataset, int64_t account)
{
    struct change change = all_but_name(db, dataset, account);
    return begin(&change);
}

enum err facts_fill(struct db *db, int64_t dataset, int64_t account)
{
    struct change change = all_but_name(db, dataset, account);
    return settle_one(&change, account);
}

enum err facts_remove(struct db *db, int64_t dataset, int64_t account, struct str source,
                      const struct str *field_names, size_t n, int64_t *out_n)
{
    struct change change = {
        .db = db, .dataset = dataset, .account = account, .names = {.v = field_names, .n = n}};
    TRY(begin(&change));
    TRY(sql_facts_remove(
        db,
        &(struct sql_facts_remove_in){
            .dataset = dataset, .account = account, .source = source, .fields = change.names},
        out_n));
    return settle(&change);
}
