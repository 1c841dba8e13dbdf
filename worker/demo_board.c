#include "worker/demo_board.h"

#include "gen/sql.h"
#include "shared/cards.h"
#include "shared/clock.h"
#include "shared/segment.h"
#include "worker/demo_workflow.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define STAGES_MAX 5
#define LEDGER_PER_CARD (STAGES_MAX + 1)
#define FIRST_BOARD "Trials to customers"
#define TAKEN_IN "New this week"

static const struct str sales_stages[] = {STR_INIT("Orientation"), STR_INIT("Discovery"),
                                          STR_INIT("Interest"), STR_INIT("Intent"),
                                          STR_INIT("Decision")};
/* Some are passed, others not; 0: none. */
static const int32_t sales_wip_limits[] = {0, 0, 40, 20, 0};
static const int32_t sales_age_limits[] = {0, 45, 21, 14, 0};
static const int32_t no_limits[STAGES_MAX] = {0};
static const struct str key_stages[] = {STR_INIT("Watching"), STR_INIT("First contact"),
                                        STR_INIT("Meeting"), STR_INIT("Proposal")};

static const char *const reasons[] = {
    "{\"cause\":\"Looked at the prices three times\"}",
    "{\"cause\":\"Signed up for a trial\"}",
    "{\"cause\":\"Read two customer stories\"}",
    "{\"cause\":\"Three people of the company came back within a week\"}",
};

static const char *const notes[] = {
    "Spoke to the plant manager. They plan in a **spreadsheet** and lose a day each month to "
    "it.",
    "Wants to see the SAP integration before anything else. Sent the recording.",
    "Budget is decided in the *first week of next quarter*. Call again then.",
    "Two plants, 340 machines. Would start with the filling line.",
    "Compared us with two others; price is not the problem, the roll-out is.\n\n- needs a "
    "pilot\n- "
    "needs a German handbook",
    "Maintenance lead is convinced, IT asks about our own server. See "
    "[Security](https://www.tidewell.example/security).",
    "No answer to two mails. Trying the shift leader who signed up for the webinar.",
    "Demo went well: 40 minutes became 75. Next step is a plan for one line.",
    "They had an audit finding on overdue inspections. That is why they are looking.",
    "Asked for three references of their size. Harbour Mills agreed to a call.",
};

static const struct {
    struct str name, filter;
} segments[] = {
    {STR_INIT("Engaged companies"),
     STR_INIT("{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"sessions\",\"op\":"
              "\"greater\",\"values\":[\"10\"]},{\"field\":\"last_seen\",\"op\":\"after\","
              "\"values\":[\"14d\"]}]}")},
    {STR_INIT("Mid-size manufacturers"),
     STR_INIT(
         "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"employees\",\"op\":"
         "\"between\",\"values\":[\"200\",\"5000\"]},{\"field\":\"industry\",\"op\":\"is\","
         "\"values\":[\"Machinery\",\"Metals\",\"Automotive\"]}]}")},
    {STR_INIT(TAKEN_IN),
     STR_INIT(
         "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"first_seen\",\"op\":"
         "\"after\",\"values\":[\"7d\"]},{\"field\":\"contacts\",\"op\":\"greater\","
         "\"values\":[\"0\"]}]}")},
    {STR_INIT("On trial"),
     STR_INIT(
         "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"tag\",\"op\":\"is\","
         "\"values\":[\"Trial\"]}]}")},
};

struct filler {
    struct ctx *ctx;
    struct db *db;
    struct demo_random *random;
    const struct demo_team *team;
    const struct demo_company *companies;
    size_t n_companies;
    struct sql_demo_accounts_rows accounts;
    int64_t segment; /* "All companies": where cards came from */
    bool automated;
};

/* An account that is to have a card. */
struct candidate {
    const struct sql_demo_accounts *account;
    size_t stage;
};

static const struct demo_company *company_of(const struct filler *filler, struct str domain)
{
    size_t from = 0;
    size_t to = filler->n_companies;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_cmp(filler->companies[middle].domain, domain);
        if (order == 0) {
            return &filler->companies[middle];
        }
        if (order < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

static int64_t member(struct filler *filler)
{
    return filler->team->user[demo_random_below(filler->random, DEMO_TEAM)];
}

/* --- a board --- */

/* Cards and ledger rows, column by column. */
struct columns {
    size_t n, rows;
    int64_t *account, *stage, *owner, *created_at, *stage_at, *stage_by;
    int32_t *rank;
    int16_t *stage_by_kind;
    int64_t *row_account, *row_at, *row_from, *row_to, *row_actor;
    int16_t *row_kind, *row_actor_kind;
    struct str *row_detail;
};

static void make_columns(struct arena *arena, size_t n, struct columns *out)
{
    int64_t *cards = ARENA_ARRAY(arena, n * 6, int64_t);
    int64_t *rows = ARENA_ARRAY(arena, n * LEDGER_PER_CARD * 5, int64_t);
    int16_t *kinds = ARENA_ARRAY(arena, n * LEDGER_PER_CARD * 2, int16_t);
    size_t step = n * LEDGER_PER_CARD;
    *out = (struct columns){
        .account = cards,
        .stage = cards + n,
        .owner = cards + 2 * n,
        .created_at = cards + 3 * n,
        .stage_at = cards + 4 * n,
        .stage_by = cards + 5 * n,
        .stage_by_kind = ARENA_ARRAY(arena, n, int16_t),
        .rank = ARENA_ARRAY(arena, n, int32_t),
        .row_account = rows,
        .row_at = rows + step,
        .row_from = rows + 2 * step,
        .row_to = rows + 3 * step,
        .row_actor = rows + 4 * step,
        .row_kind = kinds,
        .row_actor_kind = kinds + step,
        .row_detail = ARENA_ARRAY(arena, step, struct str),
    };
}

static void add_row(struct columns *columns, int64_t account, int64_t at, int64_t from,
                    int64_t to)
{
    size_t row = columns->rows++;
    columns->row_account[row] = account;
    columns->row_at[row] = at;
    columns->row_from[row] = from;
    columns->row_to[row] = to;
    columns->row_kind[row] = from == 0 ? CARD_CREATED : CARD_MOVED;
}

/* Who put the card there, and why. */
static void add_reason(struct filler *filler, struct columns *columns, bool by_hand)
{
    size_t row = columns->rows - 1;
    if (columns->row_from[row] == 0) {
        columns->row_actor_kind[row] = ACTOR_REFRESH;
        columns->row_actor[row] = filler->segment;
        columns->row_detail[row] = arena_print(filler->ctx->arena, "{\"segment\":\"%lld\"}",
                                               (long long)filler->segment);
    } else if (by_hand) {
        columns->row_actor_kind[row] = ACTOR_USER;
        columns->row_actor[row] = member(filler);
    } else {
        columns->row_actor_kind[row] = ACTOR_AUTOMATION;
        columns->row_detail[row] =
            str_from(reasons[demo_random_below(filler->random, COUNT(reasons))]);
    }
}

/* The card's way from the first stage to where it is, between the company's first visit and a
 * day after its last. */
static void add_card(struct filler *filler, struct columns *columns,
                     const struct candidate *candidate, const int64_t *stages)
{
    const struct sql_demo_accounts *account = candidate->account;
    struct demo_random *random = filler->random;
    int64_t last = account->last_at + (int64_t)demo_random_below(random, 86400) * CLOCK_SECOND;
    last = last > filler->team->now ? filler->team->now : last;
    int64_t at = account->first_at + (int64_t)demo_random_below(random, 7200) * CLOCK_SECOND;
    at = at > last ? last : at;
    size_t card = columns->n++;
    columns->account[card] = account->id;
    columns->stage[card] = stages[candidate->stage];
    columns->created_at[card] = at;
    columns->rank[card] = (int32_t)card + 1;
    columns->owner[card] = demo_random_chance(random, 65) ? member(filler) : 0;
    add_row(columns, account->id, at, 0, stages[0]);
    add_reason(filler, columns, false);
    for (size_t i = 1; i <= candidate->stage; i++) {
        int64_t left = (last - at) / (int64_t)(candidate->stage - i + 1);
        int64_t step = left / 1000 * (int64_t)demo_random_between(random, 300, 1000);
        at += step;
        add_row(columns, account->id, at, stages[i - 1], stages[i]);
        add_reason(filler, columns, demo_random_chance(random, 60));
    }
    columns->stage_at[card] = at;
    columns->stage_by_kind[card] = columns->row_actor_kind[columns->rows - 1];
    columns->stage_by[card] = columns->row_actor[columns->rows - 1];
}

static enum err write_board(struct filler *filler, int64_t board, const struct columns *columns)
{
    int64_t dataset = filler->team->dataset;
    size_t n = columns->n;
    size_t rows = columns->rows;
    struct sql_demo_cards_add_in cards = {
        .dataset = dataset,
        .board = board,
        .account = {columns->account, n},
        .stage = {columns->stage, n},
        .rank = {columns->rank, n},
        .owner = {columns->owner, n},
        .created_at = {columns->created_at, n},
        .stage_at = {columns->stage_at, n},
        .modified_at = {columns->stage_at, n},
        .stage_by_kind = {columns->stage_by_kind, n},
        .stage_by = {columns->stage_by, n},
    };
    struct sql_demo_ledger_add_in ledger = {
        .dataset = dataset,
        .board = board,
        .account = {columns->row_account, rows},
        .at = {columns->row_at, rows},
        .kind = {columns->row_kind, rows},
        .from_stage = {columns->row_from, rows},
        .to_stage = {columns->row_to, rows},
        .actor_kind = {columns->row_actor_kind, rows},
        .actor = {columns->row_actor, rows},
        .detail = {columns->row_detail, rows},
    };
    struct sql_demo_stages_count_in count = {.dataset = dataset, .board = board};
    struct sql_demo_cards_add_rows made;
    TRY(sql_demo_cards_add(filler->db, &cards, &made));
    TRY(sql_demo_ledger_add(filler->db, &ledger, NULL));
    return sql_demo_stages_count(filler->db, &count, NULL);
}

/* A board to be made. */
struct board {
    struct str name;
    const struct str *stages;
    size_t n_stages;
    const int32_t *wip_limits, *age_limits;
};

static enum err add_board(struct filler *filler, const struct board *plan,
                          const struct candidate *candidates, size_t n, int64_t *out_board)
{
    size_t n_stages = plan->n_stages;
    struct sql_demo_board_add_in board_in = {
        .dataset = filler->team->dataset, .name = plan->name, .user = filler->team->user[0]};
    struct sql_demo_board_add board;
    struct sql_demo_stages_add_rows rows;
    struct columns columns;
    int64_t stages[STAGES_MAX];
    TRY(sql_demo_board_add(filler->db, &board_in, &board));
    struct sql_demo_stages_add_in stages_in = {.dataset = board_in.dataset,
                                               .board = board.id,
                                               .name = {plan->stages, n_stages},
                                               .wip_limit = {plan->wip_limits, n_stages},
                                               .age_limit = {plan->age_limits, n_stages}};
    TRY(sql_demo_stages_add(filler->db, &stages_in, &rows));
    for (size_t i = 0; i < n_stages && i < rows.n; i++) {
        stages[i] = rows.row[i].id;
    }
    make_columns(filler->ctx->arena, n + 1, &columns);
    for (size_t i = 0; i < n; i++) {
        add_card(filler, &columns, &candidates[i], stages);
    }
    *out_board = board.id;
    return write_board(filler, board.id, &columns);
}

/* Ways to look at it, for everyone (fcgi/board_filter.h). */
static enum err add_views(struct filler *filler, int64_t board)
{
    static const struct str names[] = {STR_INIT("By owner"), STR_INIT("Nobody's, hot"),
                                       STR_INIT("By tag, latest activity first")};
    static const struct str queries[] = {STR_INIT("lanes=owner"), STR_INIT("owner=none&min=60"),
                                         STR_INIT("sort=activity&lanes=tag")};
    struct sql_demo_views_add_in in = {.dataset = filler->team->dataset,
                                       .board = board,
                                       .user = filler->team->user[0],
                                       .name = {names, COUNT(names)},
                                       .query = {queries, COUNT(queries)}};
    return sql_demo_views_add(filler->db, &in, NULL);
}

/* --- what else the team did --- */

static enum err enrich(struct filler *filler)
{
    struct arena *arena = filler->ctx->arena;
    size_t n = filler->n_companies;
    struct str *texts = ARENA_ARRAY(arena, n * 7, struct str);
    int32_t *numbers = ARENA_ARRAY(arena, n * 2, int32_t);
    for (size_t i = 0; i < n; i++) {
        const struct demo_company *company = &filler->companies[i];
        const struct str values[] = {company->domain,   company->name,    company->description,
                                     company->industry, company->country, company->city,
                                     company->phone};
        for (size_t k = 0; k < COUNT(values); k++) {
            texts[k * n + i] = values[k];
        }
        numbers[i] = company->employees;
        numbers[n + i] = company->founded;
    }
    struct sql_demo_companies_enrich_in in = {
        .dataset = filler->team->dataset,
        .domain = {texts, n},
        .name = {texts + n, n},
        .description = {texts + 2 * n, n},
        .industry = {texts + 3 * n, n},
        .employees = {numbers, n},
        .country = {texts + 4 * n, n},
        .city = {texts + 5 * n, n},
        .phone = {texts + 6 * n, n},
        .founded = {numbers + n, n},
    };
    TRY(sql_demo_companies_enrich(filler->db, &in, NULL));
    return sql_demo_enrich_forget(
        filler->db, &(struct sql_demo_enrich_forget_in){.dataset = in.dataset}, NULL);
}

static enum err tag_accounts(struct filler *filler)
{
    static const struct str names[] = {STR_INIT("Customer"), STR_INIT("Key account"),
                                       STR_INIT("Partner"), STR_INIT("Competitor")};
    static const uint8_t weights[] = {5, 4, 2, 1};
    size_t n = 0;
    int64_t *accounts = ARENA_ARRAY(filler->ctx->arena, filler->accounts.n + 1, int64_t);
    struct str *tags = ARENA_ARRAY(filler->ctx->arena, filler->accounts.n + 1, struct str);
    for (size_t i = 0; i < filler->accounts.n; i++) {
        if (demo_random_chance(filler->random, 14)) {
            accounts[n] = filler->accounts.row[i].id;
            tags[n++] = names[demo_random_weighted(filler->random, weights, COUNT(weights))];
        }
    }
    struct sql_demo_account_tags_add_in in = {.dataset = filler->team->dataset,
                                              .account = {accounts, n},
                                              .tag = {tags, n},
                                              .user = filler->team->user[0]};
    TRY(sql_demo_tags_add(filler->db, &(struct sql_demo_tags_add_in){.dataset = in.dataset},
                          NULL));
    return sql_demo_account_tags_add(filler->db, &in, NULL);
}

static enum err add_segments(struct filler *filler)
{
    struct str names[COUNT(segments)];
    struct str filters[COUNT(segments)];
    for (size_t i = 0; i < COUNT(segments); i++) {
        names[i] = segments[i].name;
        filters[i] = segments[i].filter;
    }
    struct sql_demo_segments_add_in in = {.dataset = filler->team->dataset,
                                          .user = filler->team->user[0],
                                          .name = {names, COUNT(segments)},
                                          .filter = {filters, COUNT(segments)}};
    TRY(sql_demo_segments_add(filler->db, &in, NULL));
    return segment_touch_all(filler->db, in.dataset, FILTER_ON_ALL);
}

static enum err add_notes(struct filler *filler, const struct candidate *cards, size_t n_cards)
{
    struct arena *arena = filler->ctx->arena;
    size_t n = 0;
    int64_t *numbers = ARENA_ARRAY(arena, n_cards * 3 + 1, int64_t);
    struct str *bodies = ARENA_ARRAY(arena, n_cards + 1, struct str);
    bool *pinned = ARENA_ARRAY(arena, n_cards + 1, bool);
    for (size_t i = 0; i < n_cards; i++) {
        const struct sql_demo_accounts *account = cards[i].account;
        if (cards[i].stage == 0 || !demo_random_chance(filler->random, 45)) {
            continue;
        }
        numbers[n] = account->id;
        numbers[n_cards + n] = member(filler);
        int64_t at =
            account->last_at + (int64_t)demo_random_below(filler->random, 40) * CLOCK_HOUR;
        numbers[2 * n_cards + n] = at > filler->team->now ? filler->team->now : at;
        pinned[n] = demo_random_chance(filler->random, 12);
        bodies[n++] = str_from(notes[demo_random_below(filler->random, COUNT(notes))]);
    }
    struct sql_demo_notes_add_in in = {
        .dataset = filler->team->dataset,
        .account = {numbers, n},
        .user = {numbers + n_cards, n},
        .body = {bodies, n},
        .pinned = {pinned, n},
        .at = {numbers + 2 * n_cards, n},
    };
    return sql_demo_notes_add(filler->db, &in, NULL);
}

/* Which companies are on a board, and how far they got: the keener, the further. */
static size_t choose(struct filler *filler, const uint8_t *chance, const uint8_t (*stages)[5],
                     struct candidate *out)
{
    size_t n = 0;
    for (size_t i = 0; i < filler->accounts.n; i++) {
        const struct demo_company *company = company_of(filler, filler->accounts.row[i].domain);
        if (company != NULL && demo_random_chance(filler->random, chance[company->heat])) {
            out[n++] = (struct candidate){
                .account = &filler->accounts.row[i],
                .stage = demo_random_weighted(filler->random, stages[company->heat], 5)};
        }
    }
    for (size_t i = n; i > 1;
         i--) { /* or each stage would stand in the order of the alphabet */
        size_t other = demo_random_below(filler->random, (uint32_t)i);
        struct candidate last = out[i - 1];
        out[i - 1] = out[other];
        out[other] = last;
    }
    return n;
}

static enum err fill(struct filler *filler)
{
    static const uint8_t sales_chance[] = {22, 62, 95};
    static const uint8_t sales_stage[][5] = {{7, 3, 0, 0, 0}, {3, 5, 4, 1, 0}, {0, 2, 5, 5, 4}};
    static const uint8_t key_chance[] = {3, 12, 40};
    static const uint8_t key_stage[][5] = {{1, 0, 0, 0, 0}, {3, 3, 1, 0, 0}, {1, 3, 4, 2, 0}};
    struct sql_demo_accounts_in accounts_in = {.dataset = filler->team->dataset};
    TRY(enrich(filler));
    TRY(sql_demo_accounts(filler->db, &accounts_in, &filler->accounts));
    TRY(tag_accounts(filler));
    TRY(add_segments(filler));
    struct candidate *cards =
        ARENA_ARRAY(filler->ctx->arena, filler->accounts.n + 1, struct candidate);
    size_t n = choose(filler, key_chance, key_stage, cards);
    int64_t board;
    TRY(add_board(filler,
                  &(struct board){STR("Key accounts"), key_stages, COUNT(key_stages), no_limits,
                                  no_limits},
                  cards, n, &board));
    n = choose(filler, sales_chance, sales_stage, cards);
    TRY(add_board(filler,
                  &(struct board){STR(FIRST_BOARD), sales_stages, COUNT(sales_stages),
                                  sales_wip_limits, sales_age_limits},
                  cards, n, &board));
    TRY(add_views(filler, board));
    struct sql_demo_board_take_in_in take_in = {
        .dataset = filler->team->dataset, .board = STR(FIRST_BOARD), .segment = STR(TAKEN_IN)};
    TRY(sql_demo_board_take_in(filler->db, &take_in, NULL));
    TRY(add_notes(filler, cards, n));
    return filler->automated ? demo_workflow(filler->db, filler->team, board) : ERR_NONE;
}

static enum err start(struct filler *filler, struct ctx *ctx, struct db *db,
                      struct demo_random *random, const struct demo_team *team,
                      struct str board, bool *out_found)
{
    *filler = (struct filler){.ctx = ctx, .db = db, .random = random, .team = team};
    struct sql_demo_segment segment;
    struct sql_demo_boards_exist exist;
    TRY(sql_demo_segment(db, &(struct sql_demo_segment_in){.dataset = team->dataset},
                         &segment));
    TRY(sql_demo_boards_exist(
        db, &(struct sql_demo_boards_exist_in){.dataset = team->dataset, .name = board},
        &exist));
    filler->segment = segment.id;
    *out_found = exist.found;
    return ERR_NONE;
}

enum err demo_board_fill(struct ctx *ctx, struct db *db, struct demo_random *random,
                         const struct demo_team *team, const struct demo_company *companies,
                         size_t n, bool automated)
{
    struct filler filler;
    bool found = false;
    TRY(start(&filler, ctx, db, random, team, STR(FIRST_BOARD), &found));
    filler.companies = companies;
    filler.n_companies = n;
    filler.automated = automated;
    if (found) {
        return ERR_NONE;
    }
    TRY(db_begin(db, &(struct db_scope){.dataset = team->dataset}));
    TRY(fill(&filler));
    return db_commit(db);
}

enum err demo_board_sized(struct ctx *ctx, struct db *db, struct demo_random *random,
                          const struct demo_team *team, size_t n)
{
    struct filler filler;
    bool found = false;
    struct str name = arena_print(ctx->arena, "Board of %zu cards", n);
    TRY(start(&filler, ctx, db, random, team, name, &found));
    if (found) {
        return ERR_NONE;
    }
    TRY(db_begin(db, &(struct db_scope){.dataset = team->dataset}));
    TRY(sql_demo_accounts(db, &(struct sql_demo_accounts_in){.dataset = team->dataset},
                          &filler.accounts));
    if (filler.accounts.n < n) {
        return ctx_fail(ctx, ERR_INVALID,
                        "There are %zu companies, fewer than %zu: raise --companies.",
                        filler.accounts.n, n);
    }
    struct candidate *cards = ARENA_ARRAY(ctx->arena, n + 1, struct candidate);
    for (size_t i = 0; i < n; i++) {
        cards[i] = (struct candidate){.account = &filler.accounts.row[i],
                                      .stage = i % COUNT(sales_stages)};
    }
    int64_t board;
    TRY(add_board(
        &filler, &(struct board){name, sales_stages, COUNT(sales_stages), no_limits, no_limits},
        cards, n, &board));
    return db_commit(db);
}
