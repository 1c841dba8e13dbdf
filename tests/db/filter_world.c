#include "tests/db/filter_world.h"

#include "shared/clock.h"
#include "shared/json.h"
#include "shared/url_pattern.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SQL_MAX ((size_t)4 << 20)

static uint64_t seed = 42;

size_t world_pick(size_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(seed >> 33) % n;
}

/* Every kind of text gets these, so that whatever is asked for is found here and there. */
static const char *const texts[] = {
    "Acme", "ACME Tools", "Müller", "müller & Sohn", "50% off", "a_b", "O'Hara",
    "x\\y", "Steel",      "steel",  "Partner",       NULL,      NULL,  ""};
static const char *const asked[] = {"acme",  "MÜLLER",  "%", "_",      "'", "\\",
                                    "STEEL", "partner", "x", "o'hara", "50"};
static const char *const urls[] = {"https://www.site.example/",
                                   "https://www.site.example/pricing",
                                   "http://site.example/Pricing/?plan=pro",
                                   "https://site.example:8080/pricing/pro#top",
                                   "https://blog.site.example/a*b",
                                   "https://site.example/docs/install.html?x=/pricing",
                                   "https://www.other.example",
                                   NULL};
static const char *const target_pages[WORLD_TARGETS] = {"/pricing*", "*install*"};
static const char *const patterns[] = {"/",
                                       "/pricing",
                                       "/pricing*",
                                       "/PRICING/*",
                                       "site.example",
                                       "www.site.example/*",
                                       "*install*",
                                       "/pricing?plan=*",
                                       "https://www.site*",
                                       "other.example",
                                       "/docs/*.html",
                                       "*site.example/a*",
                                       "*#top",
                                       "blog.site.example/a*b"};
static const char *const numbers[] = {"0", "2", "3", "-1", "40.5", "100"};
static const char *const plans[] = {"pro", "Pro", "3", "40.5", "-1", "1e3", NULL};
static const char *const times[] = {"0d",  "1d",  "10d",        "30d",
                                    "60d", "45d", "2025-12-01", "2026-01-10"};

/* Field of the filter, column of the table; of accounts, then of leads. */
struct text_field {
    const char *field, *column;
};
static const struct text_field account_texts[] = {
    {"company", "name"},
    {"industry", "industry"},
    {"country", "country"},
    {"region", "region"},
    {"city", "city"},
    {"address", "address"},
    {"revenue", "revenue"},
    {"legal_type", "legal_type"},
    {"description", "description"},
    {"website", "website"},
    {"linkedin", "linkedin"},
    {"company_phone", "phone"},
};
static const struct text_field lead_texts[] = {
    {"first_name", "first_name"},         {"last_name", "last_name"},
    {"job_title", "job_title"},           {"phone", "phone"},
    {"lead_company", "company"},          {"last_source", "last_source"},
    {"last_medium", "last_medium"},       {"last_campaign", "last_campaign"},
    {"last_term", "last_term"},           {"last_content", "last_content"},
    {"first_source", "first_source"},     {"first_medium", "first_medium"},
    {"first_campaign", "first_campaign"}, {"first_term", "first_term"},
    {"first_content", "first_content"},
};
static const struct text_field lead_pages[] = {
    {"last_referrer", "last_referrer"},
    {"last_landing", "last_landing"},
    {"first_referrer", "first_referrer"},
    {"first_landing", "first_landing"},
};
static const char *const lists[] = {"company_emails", "social", "technologies"};
static const char *const account_numbers[] = {"employees", "founded",  "leads",
                                              "contacts",  "sessions", "pageviews",
                                              "events",    "visitors", "score"};
static const char *const lead_numbers[] = {"sessions", "pageviews", "forms",
                                           "events",   "visitors",  "score"};
static const char *const channel_fields[] = {"channel", "first_channel"};
static const char *const channel_columns[] = {"last_channel", "first_channel"};

#define PAGES_AT COUNT(lead_texts)
#define CHANNELS_AT COUNT(lead_numbers)

static const int stage_board[WORLD_STAGES] = {0, 0, 0, 1, 1, 2, 2};
static const char *const tag_names[WORLD_TAGS] = {"Customer", "Partner", "Müller", "50%"};

/* Of the first dataset the last board is deleted, the first three segments are of accounts, the
 * tags are as above. What has the same id elsewhere is another. */
static size_t shifted(size_t i, size_t n, int64_t dataset)
{
    return (i + (size_t)dataset - 1) % n;
}

/* ---- writing ---- */

struct writer {
    struct testdb *t;
    struct sb sql;
};

static void put_text(struct sb *sb, const char *text)
{
    if (text == NULL) {
        SB_LIT(sb, "null");
        return;
    }
    SB_LIT(sb, "'");
    for (; *text != '\0'; text++) {
        sb_str(sb, *text == '\'' ? STR("''") : (struct str){.p = text, .n = 1});
    }
    SB_LIT(sb, "'");
}

static void put_number(struct sb *sb, int64_t number)
{
    sb_printf(sb, number < 0 ? "null" : "%lld", (long long)number);
}

static void put_time(struct sb *sb, int64_t at)
{
    sb_printf(sb, at == 0 ? "null" : "to_timestamp(%lld.%06lld)", (long long)(at / 1000000),
              (long long)(at % 1000000));
}

static void put_properties(struct sb *sb, const char *plan)
{
    if (plan == NULL) {
        SB_LIT(sb, "'{}'");
        return;
    }
    SB_LIT(sb, "jsonb_build_object('Plan', ");
    put_text(sb, plan);
    SB_LIT(sb, "::text)");
}

static void run(struct writer *w)
{
    struct str sql;
    if (sb_done(&w->sql, &sql) != ERR_NONE) {
        (void)fprintf(stderr, "the world is too large\n");
        exit(1);
    }
    testdb_exec(w->t, arena_cstr(w->t->keep, sql));
    sb_init(&w->sql, w->t->keep, SQL_MAX);
}

static void write_account(struct writer *w, const struct world_subject *a, size_t i,
                          int64_t dataset)
{
    struct sb *sb = &w->sql;
    sb_printf(sb, "insert into account (dataset_id, id, hidden, domain");
    for (size_t k = 0; k < COUNT(account_texts); k++) {
        sb_printf(sb, ", %s", account_texts[k].column);
    }
    for (size_t k = 0; k < COUNT(account_numbers); k++) {
        sb_printf(sb, ", %s", account_numbers[k]);
    }
    SB_LIT(sb, ", first_at, last_at, properties, emails, social, technologies) values (");
    sb_printf(sb, "%lld, %zu, %d::boolean, 'c%zu.example'", (long long)dataset, i + 1,
              (int)a->hidden, i + 1);
    for (size_t k = 0; k < COUNT(account_texts); k++) {
        SB_LIT(sb, ", ");
        put_text(sb, a->text[k]);
    }
    for (size_t k = 0; k < COUNT(account_numbers); k++) {
        SB_LIT(sb, ", ");
        put_number(sb, a->number[k]);
    }
    SB_LIT(sb, ", ");
    put_time(sb, a->first_at);
    SB_LIT(sb, ", ");
    put_time(sb, a->last_at);
    SB_LIT(sb, ", ");
    put_properties(sb, a->plan);
    for (size_t k = 0; k < 3; k++) {
        SB_LIT(sb, ", array_remove(array[");
        put_text(sb, a->list[k][0]);
        SB_LIT(sb, ", ");
        put_text(sb, a->list[k][1]);
        SB_LIT(sb, "]::text[], null)");
    }
    SB_LIT(sb, ");\n");
}

static void write_lead(struct writer *w, const struct world_subject *l, size_t i,
                       int64_t dataset)
{
    struct sb *sb = &w->sql;
    SB_LIT(sb, "insert into lead (dataset_id, id, hidden, account_id, email");
    for (size_t k = 0; k < COUNT(lead_texts); k++) {
        sb_printf(sb, ", %s", lead_texts[k].column);
    }
    for (size_t k = 0; k < COUNT(lead_pages); k++) {
        sb_printf(sb, ", %s", lead_pages[k].column);
    }
    for (size_t k = 0; k < COUNT(lead_numbers); k++) {
        sb_printf(sb, ", %s", lead_numbers[k]);
    }
    sb_printf(sb, ", %s, %s, first_at, last_at, properties) values (%lld, %zu, %d::boolean, ",
              channel_columns[0], channel_columns[1], (long long)dataset, i + 1,
              (int)l->hidden);
    put_number(sb, l->account < 0 ? -1 : l->account + 1);
    SB_LIT(sb, ", ");
    put_text(sb, l->text[WORLD_TEXTS - 1]);
    for (size_t k = 0; k < COUNT(lead_texts) + COUNT(lead_pages); k++) {
        SB_LIT(sb, ", ");
        put_text(sb, l->text[k]);
    }
    for (size_t k = 0; k < COUNT(lead_numbers) + 2; k++) {
        SB_LIT(sb, ", ");
        put_number(sb, l->number[k]);
    }
    SB_LIT(sb, ", ");
    put_time(sb, l->first_at);
    SB_LIT(sb, ", ");
    put_time(sb, l->last_at);
    SB_LIT(sb, ", ");
    put_properties(sb, l->plan);
    SB_LIT(sb, ");\n");
}

static void write_events(struct writer *w, const struct world *world, int64_t dataset)
{
    struct sb *sb = &w->sql;
    for (size_t i = 0; i < WORLD_SESSIONS; i++) {
        const struct world_session *s = &world->sessions[i];
        sb_printf(sb,
                  "insert into session (dataset_id, visitor, started_at, ended_at, lead_id, "
                  "events, pageviews, channel) values (%lld, md5('v%d')::uuid, ",
                  (long long)dataset, s->visitor);
        put_time(sb, s->started_at);
        SB_LIT(sb, ", ");
        put_time(sb, s->ended_at);
        sb_printf(sb, ", %d, 1, 1, 1);\n", s->lead + 1);
    }
    for (size_t i = 0; i < world->n_events; i++) {
        const struct world_event *e = &world->events[i];
        sb_printf(sb,
                  "insert into event (dataset_id, visitor, type, at, name, url, title, "
                  "properties) values (%lld, md5('v%d')::uuid, %d, ",
                  (long long)dataset, world->sessions[e->session].visitor, e->type);
        put_time(sb, e->at);
        const char *parts[] = {e->name, e->url, e->title};
        for (size_t k = 0; k < 3; k++) {
            SB_LIT(sb, ", ");
            put_text(sb, parts[k]);
        }
        SB_LIT(sb, ", jsonb_strip_nulls(jsonb_build_object('Plan', ");
        put_text(sb, e->plan);
        SB_LIT(sb, "::text, 'link', ");
        put_text(sb, e->link);
        SB_LIT(sb, "::text, 'fromEmail', ");
        put_text(sb, e->sender);
        SB_LIT(sb, "::text)));\n");
    }
}

static void write_work(struct writer *w, const struct world *world, int64_t dataset)
{
    struct sb *sb = &w->sql;
    long long d = (long long)dataset;
    for (size_t i = 0; i < WORLD_TAGS; i++) {
        sb_printf(sb,
                  "insert into tag (dataset_id, id, name) overriding system value values "
                  "(%lld, %zu, ",
                  d, i + 1);
        put_text(sb, tag_names[shifted(i, WORLD_TAGS, dataset)]);
        SB_LIT(sb, ");\n");
    }
    for (size_t i = 0; i < WORLD_BOARDS; i++) {
        sb_printf(sb,
                  "insert into board (dataset_id, id, name, user_id, setup_step, deleted_at) "
                  "overriding system value values (%lld, %zu, 'Board %zu', 1, 0, %s);\n",
                  d, i + 1, i + 1,
                  shifted(i, WORLD_BOARDS, dataset) == WORLD_BOARDS - 1 ? "now()" : "null");
    }
    for (size_t i = 0; i < WORLD_STAGES; i++) {
        sb_printf(sb,
                  "insert into stage (dataset_id, id, board_id, position, name) overriding "
                  "system value values (%lld, %zu, %d, %zu, 'Stage %zu');\n",
                  d, i + 1, stage_board[i] + 1, i + 1, i + 1);
    }
    for (size_t i = 0; i < WORLD_CARDS; i++) {
        const struct world_card *c = &world->cards[i];
        sb_printf(sb,
                  "insert into card (dataset_id, id, board_id, stage_id, rank, title, "
                  "account_id, lead_id, owner_id, stage_at) overriding system value values "
                  "(%lld, %zu, %d, %d, %zu, 'Card', ",
                  d, i + 1, c->board + 1, c->stage + 1, i);
        put_number(sb, c->account < 0 ? -1 : c->account + 1);
        SB_LIT(sb, ", ");
        put_number(sb, c->lead < 0 ? -1 : c->lead + 1);
        SB_LIT(sb, ", ");
        put_number(sb, c->owner < 0 ? -1 : c->owner + 1);
        SB_LIT(sb, ", ");
        put_time(sb, c->stage_at);
        SB_LIT(sb, ") on conflict do nothing;\n");
    }
    for (size_t i = 0; i < world->n_moves; i++) {
        const struct world_move *m = &world->moves[i];
        sb_printf(sb,
                  "insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, "
                  "from_stage, to_stage, at) values (%lld, %d, %d, %d, 1, ",
                  d, m->card + 1, world->cards[m->card].board + 1, m->from < 0 ? 1 : 2);
        put_number(sb, m->from < 0 ? -1 : m->from + 1);
        sb_printf(sb, ", %d, ", m->to + 1);
        put_time(sb, m->at);
        SB_LIT(sb, ");\n");
    }
    for (size_t i = 0; i < WORLD_SEGMENTS; i++) {
        sb_printf(sb,
                  "insert into segment (dataset_id, id, name, subject, filter) overriding "
                  "system value values (%lld, %zu, 'S%zu', %d, '{}');\n",
                  d, i + 1, i + 1, shifted(i, WORLD_SEGMENTS, dataset) < 3 ? 1 : 2);
    }
}

/* Views that reach a target, by session. */
static void count_hits(struct world *world, size_t target, struct arena *arena)
{
    struct ctx ctx = {.arena = arena};
    struct url_pattern pattern;
    if (url_pattern_read(&ctx, str_from(target_pages[target]), &pattern) != ERR_NONE) {
        exit(1);
    }
    for (size_t k = 0; k < world->n_events; k++) {
        const struct world_event *e = &world->events[k];
        int64_t *last_at = &world->hit_at[e->session][target];
        if ((e->type == 1 || e->type == 4) && e->url != NULL &&
            url_pattern_matches(&pattern, str_from(e->url))) {
            world->hits[e->session][target]++;
            *last_at = e->at > *last_at ? e->at : *last_at;
        }
    }
}

/* Hits as the database finds them. */
static void write_targets(struct writer *w, int64_t dataset)
{
    struct sb *sb = &w->sql;
    long long d = (long long)dataset;
    for (size_t i = 0; i < WORLD_TARGETS; i++) {
        struct ctx ctx = {.arena = w->t->keep};
        struct url_pattern pattern;
        if (url_pattern_read(&ctx, str_from(target_pages[i]), &pattern) != ERR_NONE) {
            exit(1);
        }
        sb_printf(
            sb,
            "insert into page_pattern (dataset_id, id, patterns) overriding system value "
            "values (%lld, %zu, '{%s}');"
            "insert into conversion_target (dataset_id, id, name, pages, pattern_id) "
            "overriding system value values (%lld, %zu, 'Target %zu', '{}', %zu);"
            "insert into session_hit select %lld, s.visitor, s.started_at, %zu, count(*), "
            "min(e.at), max(e.at) from session s join event e on e.dataset_id = %lld and "
            "e.visitor = s.visitor and e.at between s.started_at and s.ended_at "
            "where s.dataset_id = %lld and e.type in (1, 4) and e.url ~ '%.*s' "
            "group by 2, 3;\n",
            d, i + 1, target_pages[i], d, i + 1, i + 1, i + 1, d, i + 1, d, d,
            STR_ARG(url_pattern_regex(w->t->keep, &pattern, 1)));
    }
    sb_printf(sb,
              "insert into lead_hit select %lld, s.lead_id, h.pattern_id, sum(h.n), "
              "min(h.first_at), max(h.last_at) from session s join session_hit h using "
              "(dataset_id, visitor, started_at) where s.dataset_id = %lld group by 2, 3;\n",
              d, d);
}

static void write_marks(struct writer *w, const struct world_subject *subjects, size_t n,
                        bool leads, int64_t dataset)
{
    long long d = (long long)dataset;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < WORLD_TAGS; k++) {
            if (subjects[i].tag[k]) {
                sb_printf(&w->sql,
                          "insert into %s (dataset_id, %s, tag_id) values (%lld, %zu, "
                          "%zu);\n",
                          leads ? "lead_tag" : "account_tag", leads ? "lead_id" : "account_id",
                          d, i + 1, k + 1);
            }
        }
        for (size_t k = leads ? 3 : 0; k < (leads ? WORLD_SEGMENTS : 3); k++) {
            if (subjects[i].member[k]) {
                sb_printf(&w->sql,
                          "insert into segment_member (dataset_id, segment_id, "
                          "member_id) values (%lld, %zu, %zu);\n",
                          d, k + 1, i + 1);
            }
        }
    }
}

/* ---- making ---- */

static const char *any_text(const char *const *list, size_t n)
{
    return list[world_pick(n)];
}

static int64_t any_time(void)
{
    return WORLD_NOW - (int64_t)world_pick(70) * CLOCK_DAY - (int64_t)world_pick(3) * 1000 +
           (world_pick(4) == 0 ? (int64_t)world_pick(86400) * CLOCK_SECOND : 0);
}

static int64_t any_number(void)
{
    static const int64_t some[] = {-1, 0, 2, 3, 100, 40};
    return some[world_pick(COUNT(some))];
}

static void make_subject(struct world_subject *s, size_t n_texts, size_t n_numbers)
{
    *s = (struct world_subject){.hidden = world_pick(10) == 0, .account = -1};
    for (size_t k = 0; k < n_texts; k++) {
        s->text[k] = any_text(texts, COUNT(texts));
    }
    for (size_t k = 0; k < n_numbers; k++) {
        s->number[k] = any_number();
    }
    s->first_at = any_time();
    s->last_at = any_time();
    s->plan = any_text(plans, COUNT(plans));
    for (size_t k = 0; k < WORLD_TAGS; k++) {
        s->tag[k] = world_pick(6) == 0;
    }
    for (size_t k = 0; k < WORLD_SEGMENTS; k++) {
        s->member[k] = world_pick(3) == 0;
    }
}

static void make_account(struct world_subject *a)
{
    make_subject(a, COUNT(account_texts), COUNT(account_numbers));
    a->text[0] = a->text[0] == NULL || *a->text[0] == '\0' ? "Zeta" : a->text[0]; /* a name */
    for (size_t k = 2; k < COUNT(account_numbers);
         k++) { /* only the first two may be unknown */
        a->number[k] = a->number[k] < 0 ? 1 : a->number[k];
    }
    a->first_at = world_pick(8) == 0 ? 0 : a->first_at;
    for (size_t k = 0; k < 6; k++) {
        a->list[k / 2][k % 2] = any_text(texts, COUNT(texts));
    }
}

static void make_lead(struct world_subject *l, size_t i, struct arena *keep)
{
    make_subject(l, COUNT(lead_texts), COUNT(lead_numbers) + 2);
    l->account = world_pick(4) == 0 ? -1 : (int)world_pick(WORLD_ACCOUNTS);
    for (size_t k = 0; k < COUNT(lead_pages); k++) {
        l->text[PAGES_AT + k] = any_text(urls, COUNT(urls));
    }
    for (size_t k = 0; k < COUNT(lead_numbers); k++) {
        l->number[k] = l->number[k] < 0 ? 1 : l->number[k];
    }
    for (size_t k = 0; k < 2; k++) {
        l->number[CHANNELS_AT + k] = world_pick(7) == 0 ? -1 : 1 + (int64_t)world_pick(6);
    }
    if (world_pick(2) == 0) {
        l->text[WORLD_TEXTS - 1] =
            arena_print(keep, "%s%zu@steel.example", i % 2 == 0 ? "ACME" : "x", i).p;
    }
}

/* A visitor's sessions follow one another; some browsers are used by two people. */
static void make_events(struct world *world)
{
    for (size_t i = 0; i < WORLD_SESSIONS; i++) {
        struct world_session *s = &world->sessions[i];
        s->visitor = (int)(i / 3);
        s->lead = i % 3 == 0 || world_pick(4) == 0 ? (int)world_pick(WORLD_LEADS)
                                                   : world->sessions[i - 1].lead;
        s->started_at = WORLD_NOW - (int64_t)(60 - 20 * (i % 3)) * CLOCK_DAY +
                        (int64_t)(i * 7919 % (15 * 24)) * CLOCK_HOUR; /* as in other datasets */
        size_t n = world_pick(5);
        for (size_t k = 0; k < n && world->n_events < WORLD_EVENTS; k++) {
            world->events[world->n_events++] =
                (struct world_event){.session = (int)i,
                                     .type = 1 + (int)world_pick(7),
                                     .at = s->started_at + (int64_t)k * CLOCK_MINUTE,
                                     .name = any_text(texts, COUNT(texts)),
                                     .url = any_text(urls, COUNT(urls)),
                                     .title = any_text(texts, COUNT(texts)),
                                     .plan = any_text(plans, COUNT(plans)),
                                     .link = any_text(urls, COUNT(urls)),
                                     .sender = any_text(texts, COUNT(texts))};
        }
        s->ended_at = s->started_at + (int64_t)(n == 0 ? 0 : n - 1) * CLOCK_MINUTE;
    }
}

static bool has_card(const struct world *world, size_t n, const struct world_card *card)
{
    for (size_t i = 0; i < n; i++) {
        const struct world_card *other = &world->cards[i];
        if (other->board == card->board && other->account == card->account &&
            other->lead == card->lead) {
            return true;
        }
    }
    return false;
}

static void make_cards(struct world *world)
{
    for (size_t i = 0; i < WORLD_CARDS; i++) {
        struct world_card *c = &world->cards[i];
        do {
            int stage = (int)world_pick(WORLD_STAGES);
            bool of_lead = world_pick(3) == 0;
            *c = (struct world_card){.board = stage_board[stage],
                                     .stage = stage,
                                     .account = of_lead ? -1 : (int)world_pick(WORLD_ACCOUNTS),
                                     .lead = of_lead ? (int)world_pick(WORLD_LEADS) : -1,
                                     .owner = (int)world_pick(3) - 1,
                                     .stage_at = any_time()};
        } while (has_card(world, i, c));
        for (size_t k = 0; k < 2; k++) {
            int to = (int)world_pick(WORLD_STAGES),
                from = (int)world_pick(WORLD_STAGES + 1) - 1;
            world->moves[world->n_moves++] =
                (struct world_move){.card = (int)i, .from = from, .to = to, .at = any_time()};
        }
    }
}

void world_make(struct testdb *t, struct world *world, int64_t dataset)
{
    struct writer w = {.t = t};
    sb_init(&w.sql, t->keep, SQL_MAX);
    *world = (struct world){0};
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        make_account(&world->accounts[i]);
        write_account(&w, &world->accounts[i], i, dataset);
    }
    for (size_t i = 0; i < WORLD_LEADS; i++) {
        make_lead(&world->leads[i], i, t->keep);
        write_lead(&w, &world->leads[i], i, dataset);
    }
    make_events(world);
    make_cards(world);
    for (size_t i = 0; i < WORLD_TARGETS; i++) {
        count_hits(world, i, t->keep);
    }
    write_events(&w, world, dataset);
    write_targets(&w, dataset);
    write_work(&w, world, dataset);
    write_marks(&w, world->accounts, WORLD_ACCOUNTS, false, dataset);
    write_marks(&w, world->leads, WORLD_LEADS, true, dataset);
    run(&w);
}

/* ---- random filters ---- */

static struct str any_value(struct arena *arena, const struct filter_field *field,
                            enum filter_op op)
{
    switch (field->kind) {
    case FILTER_NUMBER:
        return str_from(any_text(numbers, COUNT(numbers)));
    case FILTER_TIME:
        return str_from(any_text(times, COUNT(times)));
    case FILTER_CHOICE: {
        size_t n = 0;
        while (field->choices[n] != NULL) {
            n++;
        }
        return str_from(field->choices[world_pick(n)]);
    }
    case FILTER_PAGE:
        return str_from(op <= FILTER_IS_NOT ? any_text(patterns, COUNT(patterns))
                                            : any_text(asked, COUNT(asked)));
    case FILTER_PROPERTY:
        return str_from(op >= FILTER_GREATER ? any_text(numbers, COUNT(numbers))
                                             : any_text(plans, COUNT(plans) - 1));
    case FILTER_TAG:
        return str_from(world_pick(9) == 0 ? "none of these"
                                           : tag_names[world_pick(WORLD_TAGS)]);
    case FILTER_BOARD:
        return arena_print(arena, "%zu", 1 + world_pick(WORLD_BOARDS + 1));
    case FILTER_STAGE:
        return arena_print(arena, "%zu", 1 + world_pick(WORLD_STAGES + 1));
    case FILTER_USER:
        return arena_print(arena, "%zu", world_pick(WORLD_USERS + 2));
    case FILTER_SEGMENT:
        return arena_print(arena, "%zu", 1 + world_pick(WORLD_SEGMENTS + 1));
    case FILTER_TARGET:
        return arena_print(arena, "%zu", 1 + world_pick(WORLD_TARGETS + 1));
    case FILTER_TEXT:
    case FILTER_LIST:
    case FILTER_SEARCH:
    case FILTER_KIND__COUNT:
        break;
    }
    return str_from(any_text(asked, COUNT(asked)));
}

static size_t n_fields(void)
{
    size_t n = 0;
    while (filter_field(n) != NULL) {
        n++;
    }
    return n;
}

static struct filter_node any_condition(struct arena *arena, bool of_event)
{
    struct filter_node node = {0};
    const struct filter_field *field;
    do {
        node.field = world_pick(n_fields());
        node.op = (enum filter_op)world_pick(FILTER_OP__COUNT);
        field = filter_field(node.field);
    } while ((of_event && !field->event) || !filter_op_fits(node.op, field));
    size_t wanted = filter_op_values(node.op);
    node.n_values = wanted == FILTER_VALUES ? 1 + world_pick(2) : wanted;
    node.values = ARENA_ARRAY(arena, node.n_values, struct str);
    for (size_t i = 0; i < node.n_values; i++) {
        node.values[i] = any_value(arena, field, node.op);
    }
    node.key = field->kind == FILTER_PROPERTY ? STR("Plan") : (struct str){0};
    if (!of_event && (field->event || field->counted)) {
        node.times = (int32_t)world_pick(4);
    }
    if (field->days == FILTER_DAYS_MUST ||
        (!of_event && field->days != FILTER_DAYS_NONE && world_pick(2) == 0)) {
        node.days = 1 + (int32_t)world_pick(60);
    }
    return node;
}

struct filter_node world_event_condition(struct arena *arena)
{
    return any_condition(arena, true);
}

static struct filter_node any_tree(struct arena *arena, size_t depth)
{
    if (depth == 3 || (depth > 0 && world_pick(3) == 0)) {
        return any_condition(arena, false);
    }
    struct filter_node group = {.is_group = true,
                                .match = (enum filter_match)world_pick(FILTER_MATCH__COUNT),
                                .n_nodes = world_pick(4)};
    group.nodes = ARENA_ARRAY(arena, 4, struct filter_node);
    if (group.match == FILTER_EVENT) {
        group.n_nodes = 1 + world_pick(2);
        group.times = (int32_t)world_pick(3);
        group.days = world_pick(2) == 0 ? 1 + (int32_t)world_pick(60) : 0;
    }
    if (group.match == FILTER_ANY && group.n_nodes > 1) {
        group.least = (int32_t)world_pick(group.n_nodes + 1);
    }
    for (size_t i = 0; i < group.n_nodes; i++) {
        group.nodes[i] = group.match == FILTER_EVENT ? any_condition(arena, true)
                                                     : any_tree(arena, depth + 1);
    }
    return group;
}

struct filter world_filter(struct arena *arena)
{
    return (struct filter){.subject = world_pick(2) == 0 ? FILTER_ACCOUNTS : FILTER_LEADS,
                           .root = any_tree(arena, 0)};
}

/* ---- the evaluator: values ---- */

/* Lower case of the letters that occur here. */
static struct str lowered(struct arena *arena, struct str s, bool ascii)
{
    char *p = arena_cstr(arena, s);
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] >= 'A' && p[i] <= 'Z') {
            p[i] = (char)(p[i] + 'a' - 'A');
        } else if (!ascii && (unsigned char)p[i] == 0x9c && i > 0 &&
                   (unsigned char)p[i - 1] == 0xc3) {
            p[i] = (char)0xbc; /* Ü */
        }
    }
    return (struct str){.p = p, .n = s.n};
}

static enum filter_op positive(enum filter_op op)
{
    return op == FILTER_IS_NOT         ? FILTER_IS
           : op == FILTER_CONTAINS_NOT ? FILTER_CONTAINS
           : op == FILTER_UNKNOWN      ? FILTER_KNOWN
           : op == FILTER_BETWEEN_NOT  ? FILTER_BETWEEN
                                       : op;
}

static bool text_holds(const struct filter_node *node, const char *text, bool ascii)
{
    struct arena *arena = arena_new(1 << 16);
    bool found = false;
    if (positive(node->op) == FILTER_KNOWN) {
        found = text != NULL;
    } else if (text != NULL) {
        struct str have = lowered(arena, str_from(text), ascii);
        for (size_t i = 0; i < node->n_values; i++) {
            struct str value = lowered(arena, node->values[i], ascii);
            found = found || (positive(node->op) == FILTER_CONTAINS ? str_contains(have, value)
                                                                    : str_eq(have, value));
        }
    }
    arena_free(arena);
    return found;
}

static bool page_holds(const struct filter_node *node, const char *url)
{
    if (positive(node->op) != FILTER_IS || url == NULL) {
        return text_holds(node, url, true);
    }
    struct ctx ctx = {.arena = arena_new(1 << 16)};
    bool found = false;
    for (size_t i = 0; i < node->n_values; i++) {
        struct url_pattern pattern;
        found = found || (url_pattern_read(&ctx, node->values[i], &pattern) == ERR_NONE &&
                          url_pattern_matches(&pattern, str_from(url)));
    }
    arena_free(ctx.arena);
    return found;
}

static bool between(double number, double a, double b)
{
    return (number >= a && number <= b) || (number >= b && number <= a);
}

static bool order_holds(enum filter_op op, double number, const double v[2])
{
    switch ((int)positive(op)) {
    case FILTER_GREATER:
    case FILTER_AFTER:
        return number > v[0];
    case FILTER_LESS:
    case FILTER_BEFORE:
        return number < v[0];
    default:
        return between(number, v[0], v[1]);
    }
}

static bool number_holds(const struct filter_node *node, double number)
{
    double v[2] = {0, 0};
    for (size_t i = 0; i < node->n_values; i++) {
        (void)str_to_double(node->values[i], &v[i]);
        if (positive(node->op) == FILTER_IS && v[i] >= number && v[i] <= number) {
            return true;
        }
    }
    return positive(node->op) == FILTER_KNOWN ||
           (positive(node->op) != FILTER_IS && order_holds(node->op, number, v));
}

static bool time_holds(const struct filter_node *node, int64_t at, int64_t now)
{
    double v[2] = {0, 0};
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t days, value = 0;
        if (str_to_i64(str_slice(node->values[i], 0, node->values[i].n - 1), &days)) {
            value = now - days * CLOCK_DAY;
        } else if (!clock_parse_day(node->values[i], &value)) {
            return false;
        }
        v[i] = (double)value;
    }
    return at != 0 &&
           (positive(node->op) == FILTER_KNOWN || order_holds(node->op, (double)at, v));
}

/* "1e3" is a number for JSON, but no text that looks like one. */
static bool property_holds(const struct filter_node *node, const char *value, bool ascii)
{
    double number;
    if (positive(node->op) < FILTER_GREATER) {
        return text_holds(node, value, ascii);
    }
    return value != NULL && strchr(value, 'e') == NULL &&
           str_to_double(str_from(value), &number) && number_holds(node, number);
}

static bool choice_holds(const struct filter_node *node, int64_t number)
{
    const char *const *choices = filter_field(node->field)->choices;
    for (size_t i = 0; i < node->n_values; i++) {
        if (number > 0 && str_eq(node->values[i], str_from(choices[number - 1]))) {
            return true;
        }
    }
    return false;
}

static bool id_holds(const struct filter_node *node, int64_t id)
{
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t value;
        if (str_to_i64(node->values[i], &value) && value == id) {
            return true;
        }
    }
    return false;
}

/* ---- the evaluator: events ---- */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Not negated. */
static bool event_column_holds(const struct world_event *e, const struct filter_node *node,
                               bool *out_type)
{
    const char *field = filter_field(node->field)->name;
    *out_type = true;
    if (is(field, "page") || is(field, "page_title")) {
        *out_type = e->type == 1 || e->type == 4;
    } else if (is(field, "form")) {
        *out_type = e->type == 5;
    } else if (is(field, "exit_link")) {
        *out_type = e->type == 2;
    } else if (is(field, "from_email")) {
        *out_type = e->type == 3 || e->type == 4;
    }
    if (is(field, "page") || is(field, "event_url")) {
        return page_holds(node, e->url);
    }
    if (is(field, "exit_link")) {
        return page_holds(node, e->link);
    }
    if (is(field, "event_type")) {
        return choice_holds(node, e->type);
    }
    if (is(field, "event_property")) {
        return property_holds(node, e->plan, true);
    }
    return text_holds(node,
                      is(field, "page_title")   ? e->title
                      : is(field, "from_email") ? e->sender
                                                : e->name,
                      true);
}

bool world_event_holds(const struct world_event *event, const struct filter_node *condition)
{
    bool of_type;
    bool negated = positive(condition->op) != condition->op;
    bool holds = event_column_holds(event, condition, &of_type);
    return of_type && holds != negated;
}

static bool counts(const struct world_event *e, const struct filter_node *node)
{
    bool of_type;
    if (!node->is_group) {
        bool holds = event_column_holds(e, node, &of_type);
        return of_type && holds;
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        if (!world_event_holds(e, &node->nodes[i])) {
            return false;
        }
    }
    return true;
}

struct eval {
    const struct world *world;
    bool leads;
    size_t i; /* the subject */
    int64_t now;
};

/* The lead is the subject, or one of its people who is not hidden. */
static bool is_of(const struct eval *v, size_t lead)
{
    return v->leads
               ? lead == v->i
               : !v->world->leads[lead].hidden && v->world->leads[lead].account == (int)v->i;
}

static int account_of(const struct eval *v)
{
    return v->leads ? v->world->leads[v->i].account : (int)v->i;
}

static bool happened(const struct eval *v, const struct filter_node *node)
{
    int n = 0;
    for (size_t k = 0; k < v->world->n_events; k++) {
        const struct world_event *e = &v->world->events[k];
        bool in_time = node->days == 0 || e->at >= v->now - node->days * CLOCK_DAY;
        n +=
            in_time && is_of(v, (size_t)v->world->sessions[e->session].lead) && counts(e, node);
    }
    return n >= (node->times > 1 ? node->times : 1);
}

/* ---- the evaluator: targets ---- */

/* Of sessions that reached it in time, all views count. */
static bool reached(const struct eval *v, const struct filter_node *node)
{
    int n = 0;
    for (size_t target = 0; target < WORLD_TARGETS; target++) {
        bool wanted = positive(node->op) == FILTER_KNOWN || id_holds(node, (int64_t)target + 1);
        for (int s = 0; s < WORLD_SESSIONS && wanted; s++) {
            int64_t last_at = v->world->hit_at[s][target];
            bool in_time = node->days == 0 || last_at >= v->now - node->days * CLOCK_DAY;
            n += in_time && is_of(v, (size_t)v->world->sessions[s].lead)
                     ? v->world->hits[s][target]
                     : 0;
        }
    }
    return n >= (node->times > 1 ? node->times : 1);
}

/* ---- the evaluator: cards, tags, segments ---- */

static bool is_card_of(const struct eval *v, const struct world_card *card)
{
    bool alive = card->board != WORLD_BOARDS - 1;
    return alive && ((card->account >= 0 && card->account == account_of(v)) ||
                     (v->leads && card->lead == (int)v->i));
}

static bool card_holds(const struct eval *v, const struct filter_node *node, const char *field)
{
    for (size_t k = 0; k < WORLD_CARDS; k++) {
        const struct world_card *c = &v->world->cards[k];
        bool any = positive(node->op) == FILTER_KNOWN;
        int64_t id = is(field, "owner")   ? c->owner + 1
                     : is(field, "board") ? c->board + 1
                                          : c->stage + 1;
        bool in_time = node->days == 0 || c->stage_at < v->now - node->days * CLOCK_DAY;
        if (is_card_of(v, c) && in_time && (any || id_holds(node, id))) {
            return true;
        }
    }
    return false;
}

static bool move_holds(const struct eval *v, const struct filter_node *node)
{
    for (size_t k = 0; k < v->world->n_moves; k++) {
        const struct world_move *m = &v->world->moves[k];
        bool in_time = node->days == 0 || m->at >= v->now - node->days * CLOCK_DAY;
        if (m->from != m->to && in_time && id_holds(node, m->to + 1) &&
            is_card_of(v, &v->world->cards[m->card])) {
            return true;
        }
    }
    return false;
}

static bool has_tag(const struct world_subject *s, const struct filter_node *node)
{
    for (size_t k = 0; k < WORLD_TAGS; k++) {
        struct filter_node named = *node;
        named.op = FILTER_IS;
        if (s->tag[k] && text_holds(&named, tag_names[k], false)) {
            return true;
        }
    }
    return false;
}

static bool is_member(const struct world_subject *s, const struct filter_node *node, bool leads)
{
    for (size_t k = leads ? 3 : 0; k < (leads ? WORLD_SEGMENTS : 3); k++) {
        if (s->member[k] && id_holds(node, (int64_t)k + 1)) {
            return true;
        }
    }
    return false;
}

static bool mark_holds(const struct eval *v, const struct filter_node *node, const char *field)
{
    bool segment = is(field, "segment");
    int account = account_of(v);
    bool found = false;
    if (account >= 0 && !is(field, "lead_tag")) {
        const struct world_subject *a = &v->world->accounts[account];
        found = segment ? is_member(a, node, false) : has_tag(a, node);
    }
    for (size_t k = 0; k < WORLD_LEADS && !is(field, "account_tag"); k++) {
        const struct world_subject *l = &v->world->leads[k];
        found =
            found || (is_of(v, k) && (segment ? is_member(l, node, true) : has_tag(l, node)));
    }
    return found;
}

/* ---- the evaluator: columns ---- */

static bool find_text(const struct text_field *list, size_t n, const char *field, size_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (is(list[i].field, field)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool find_word(const char *const *list, size_t n, const char *field, size_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (is(list[i], field)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static const char *domain_of(struct arena *arena, int account)
{
    return arena_print(arena, "c%d.example", account + 1).p;
}

static bool list_holds(const struct world_subject *a, const struct filter_node *node, size_t k)
{
    for (size_t i = 0; i < 2; i++) {
        if (a->list[k][i] != NULL && text_holds(node, a->list[k][i], false)) {
            return true;
        }
    }
    return false;
}

/* True when the field is one of the company's; *out_holds then says whether it holds. */
static bool account_column(const struct eval *v, const struct filter_node *node,
                           const char *field, bool *out_holds)
{
    size_t k;
    bool text = find_text(account_texts, COUNT(account_texts), field, &k), list = false;
    bool number = !text && find_word(account_numbers, 4, field, &k);
    list = !text && !number && find_word(lists, 3, field, &k);
    bool domain = is(field, "domain"), property = is(field, "account_property");
    if (!text && !number && !list && !domain && !property) {
        return false;
    }
    int account = account_of(v);
    if (account < 0) {
        *out_holds = false;
        return true;
    }
    const struct world_subject *a = &v->world->accounts[account];
    struct arena *arena = arena_new(1 << 12);
    *out_holds = text     ? text_holds(node, a->text[k], false)
                 : number ? a->number[k] >= 0 && number_holds(node, (double)a->number[k])
                 : list   ? list_holds(a, node, k)
                 : domain ? text_holds(node, domain_of(arena, account), false)
                          : property_holds(node, a->plan, false);
    arena_free(arena);
    return true;
}

static bool lead_column_holds(const struct world_subject *l, const struct filter_node *node,
                              const char *field)
{
    size_t k;
    if (find_text(lead_texts, COUNT(lead_texts), field, &k)) {
        return text_holds(node, l->text[k], false);
    }
    if (find_text(lead_pages, COUNT(lead_pages), field, &k)) {
        return page_holds(node, l->text[PAGES_AT + k]);
    }
    if (find_word(channel_fields, 2, field, &k)) {
        return l->number[CHANNELS_AT + k] > 0 && choice_holds(node, l->number[CHANNELS_AT + k]);
    }
    if (is(field, "person")) {
        return choice_holds(node, l->text[WORLD_TEXTS - 1] != NULL ? 1 : 2);
    }
    return is(field, "email") ? text_holds(node, l->text[WORLD_TEXTS - 1], false)
                              : property_holds(node, l->plan, false);
}

static bool own_number(const struct eval *v, const struct filter_node *node, const char *field)
{
    size_t k;
    const struct world_subject *s =
        v->leads ? &v->world->leads[v->i] : &v->world->accounts[v->i];
    if (v->leads ? find_word(lead_numbers, COUNT(lead_numbers), field, &k)
                 : find_word(account_numbers, COUNT(account_numbers), field, &k)) {
        return number_holds(node, (double)s->number[k]);
    }
    int64_t forms = 0; /* an account's: the sum of its leads' */
    for (size_t i = 0; i < WORLD_LEADS; i++) {
        forms += is_of(v, i) ? v->world->leads[i].number[2] : 0;
    }
    return number_holds(node, (double)forms);
}

static bool named(const struct eval *v, const struct filter_node *node)
{
    struct arena *arena = arena_new(1 << 14);
    int account = account_of(v);
    bool found =
        account >= 0 && (text_holds(node, v->world->accounts[account].text[0], false) ||
                         text_holds(node, domain_of(arena, account), false));
    for (size_t k = 0; k < WORLD_LEADS; k++) {
        const struct world_subject *l = &v->world->leads[k];
        const char *first = l->text[0], *last = l->text[1];
        struct str name =
            arena_print(arena, "%s%s%s", first == NULL ? "" : first,
                        first != NULL && last != NULL ? " " : "", last == NULL ? "" : last);
        found = found || (is_of(v, k) && (text_holds(node, l->text[WORLD_TEXTS - 1], false) ||
                                          text_holds(node, name.p, false) ||
                                          text_holds(node, l->text[4], false)));
    }
    arena_free(arena);
    return found;
}

static bool column_holds(const struct eval *v, const struct filter_node *node,
                         const char *field)
{
    bool holds = false;
    size_t k;
    bool time = is(field, "first_seen") || is(field, "last_seen");
    if (account_column(v, node, field, &holds)) {
        return holds;
    }
    if (time) {
        const struct world_subject *s =
            v->leads ? &v->world->leads[v->i] : &v->world->accounts[v->i];
        return time_holds(node, is(field, "first_seen") ? s->first_at : s->last_at, v->now);
    }
    if (is(field, "forms") || find_word(lead_numbers, COUNT(lead_numbers), field, &k)) {
        return own_number(v, node, field);
    }
    for (size_t i = 0; i < WORLD_LEADS; i++) {
        holds = holds || (is_of(v, i) && lead_column_holds(&v->world->leads[i], node, field));
    }
    return holds;
}

/* ---- the evaluator: trees ---- */

static bool condition_holds(const struct eval *v, const struct filter_node *node)
{
    const struct filter_field *field = filter_field(node->field);
    const char *name = field->name;
    bool holds = field->event                                       ? happened(v, node)
                 : field->kind == FILTER_TARGET                     ? reached(v, node)
                 : is(name, "stage_entered")                        ? move_holds(v, node)
                 : field->kind == FILTER_TAG || is(name, "segment") ? mark_holds(v, node, name)
                 : filter_kind_has_ids(field->kind)                 ? card_holds(v, node, name)
                 : is(name, "text")                                 ? named(v, node)
                                    : column_holds(v, node, name);
    return holds != (positive(node->op) != node->op);
}

bool world_together(const struct filter_node *group, size_t n)
{
    size_t least = group->least > 1 ? (size_t)group->least : 1;
    return group->n_nodes == 0 || (group->match == FILTER_ALL   ? n == group->n_nodes
                                   : group->match == FILTER_ANY ? n >= least
                                                                : n == 0);
}

static bool holds(const struct eval *v, const struct filter_node *node)
{
    if (!node->is_group) {
        return condition_holds(v, node);
    }
    if (node->match == FILTER_EVENT) {
        return happened(v, node);
    }
    size_t n = 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        n += holds(v, &node->nodes[i]);
    }
    return world_together(node, n);
}

bool world_holds(const struct world *world, const struct filter *filter, size_t subject,
                 int64_t now)
{
    struct eval v = {
        .world = world, .leads = filter->subject == FILTER_LEADS, .i = subject, .now = now};
    const struct world_subject *s =
        v.leads ? &world->leads[subject] : &world->accounts[subject];
    return !s->hidden && holds(&v, &filter->root);
}

struct filter_event world_event(struct arena *arena, const struct world_event *event)
{
    struct filter_event out = {.type = event->type,
                               .name = str_from(event->name),
                               .url = str_from(event->url),
                               .title = str_from(event->title)};
    struct str *keys = ARENA_ARRAY(arena, 3, struct str);
    struct str *values = ARENA_ARRAY(arena, 3, struct str);
    const char *const names[] = {"Plan", "link", "fromEmail"};
    const char *const found[] = {event->plan, event->link, event->sender};
    for (size_t i = 0; i < 3; i++) {
        if (found[i] != NULL) {
            keys[out.n_properties] = str_from(names[i]);
            values[out.n_properties++] = str_from(found[i]);
        }
    }
    out.keys = keys;
    out.values = values;
    return out;
}
